#pragma once
// Where the applier's threads meet: what each worker has to do, what is done, who waits for what.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "apply/checkpoint.h"
#include "apply/conflict_keys.h"
#include "apply/control_rows.h"
#include "apply/progress.h"
#include "apply/task.h"
#include "base/error.h"

namespace flyover::apply {

/// How much one target transaction takes.
struct BatchLimits {
  std::size_t transactions = 0;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  /// A batch of so many rows is worth preparing while another is under way.
  std::size_t rows_ahead = 0;
};

/// Consecutive transactions that one worker carries out as one target transaction.
struct Batch {
  std::uint64_t ticket = 0;  ///< 1, 2, 3 …: the order in which batches are carried out
  std::vector<Task> tasks{};
};

/// Thread-safe.
class WorkBoard {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  WorkBoard(const PlanSet& plans, const BatchLimits& limits, std::size_t in_flight_bytes_max);

  /// Where the link stands before its first transaction.
  void start_at(const mysql::BinlogPosition& position);

  /// Hands a transaction to the workers; waits while too much is under way. `task.sequence` is
  /// filled in. False when stopped.
  bool submit(Task task, ControlRows control, std::stop_token stop);
  /// Passes over a transaction without work for the target.
  void skip(mysql::BinlogPosition end, mysql::BinlogPosition needs_from, ControlRows control);
  /// Waits until nothing is under way. False when stopped.
  bool drain(std::stop_token stop);
  /// No more work will come: workers end when theirs is done.
  void finish();

  /// The next batch for a worker to prepare; without tasks when it has to end. Parts of one large
  /// transaction all go to the worker that has the first.
  Batch take(std::size_t worker, std::stop_token stop);
  /// Waits until the batch conflicts with none before it that is not completed; serial keys: until
  /// all before it are. False when stopped.
  bool wait_to_run(const Batch& batch, ConflictKeys keys, std::stop_token stop);
  /// Whether all batches before are completed.
  bool has_turn(const Batch& batch) const;
  /// Waits until then. False when stopped.
  bool wait_turn(const Batch& batch, std::stop_token stop);
  /// The same for a batch that has run ahead and holds locks; false also when one before it may
  /// need them: it has to undo what it did, and wait for its turn.
  bool wait_to_commit(const Batch& batch, std::stop_token stop);
  /// A lock that some later batch holds is in this one's way.
  void make_way(const Batch& batch);
  /// Everything of the batch is committed (or, of a part, written).
  void complete(const Batch& batch);

  /// Holds: asked for, entered by the dispatching thread, ended by release() or a stop.
  void request_hold(const std::string& token);
  bool hold_requested(const ControlRows& control) const;
  /// Holds at the markers of `control`, unless release() came first. False when stopped.
  bool stay_held(const ControlRows& control, std::stop_token stop);
  void release();
  mysql::BinlogPosition wait_held(Deadline deadline, std::stop_token stop);
  mysql::BinlogPosition wait_marker(const std::string& token, Deadline deadline,
                                    std::stop_token stop);

  /// The applier ended; those who wait get `error`, or that it has ended.
  void end(std::optional<base::Error> error);

  void sample();
  mysql::BinlogPosition applied_position() const;
  /// The applied position, and where a resume there has to read from.
  CheckpointState progress_to_keep() const;
  mysql::BinlogPosition resumable_position() const;
  void set_resumable_position(mysql::BinlogPosition position);
  std::optional<std::chrono::milliseconds> lag(std::chrono::milliseconds patience) const;
  bool idle() const;
  bool held() const;
  /// Runs `read` on the progress under the lock.
  void read_progress(const std::function<void(const Progress&)>& read) const;

 private:
  bool may_take(std::size_t worker) const;
  std::uint64_t low_water() const;
  void advance();
  mysql::BinlogPosition wait_for(
      const char* what, const std::function<std::optional<mysql::BinlogPosition>()>& reached,
      Deadline deadline, std::stop_token stop);

  const PlanSet* plans_;
  const BatchLimits limits_;
  const std::size_t in_flight_bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::condition_variable_any work_;  ///< for take()
  Progress progress_;
  std::uint64_t last_sequence_ = 0;
  std::deque<std::uint64_t> open_;  ///< sequences of what is submitted and not completed
  std::deque<Task> queue_;          ///< not taken
  std::size_t queued_rows_ = 0;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t completed_ticket_ = 0;
  std::map<std::uint64_t, ConflictKeys> running_;  ///< by ticket, until completed
  std::uint64_t way_for_ = 0;            ///< later batches than this one must not wait with locks
  std::optional<std::size_t> parts_of_;  ///< the worker that has begun a transaction in parts
  std::size_t in_flight_bytes_ = 0;
  bool finishing_ = false;
  std::set<std::string> holds_;
  bool held_ = false;
  mysql::BinlogPosition resumable_position_;
  bool ended_ = false;
  std::optional<base::Error> end_error_;
};

}  // namespace flyover::apply
