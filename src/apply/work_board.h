#pragma once
// Where the applier's threads meet: what each worker has to do, what is done, who waits for what.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "apply/batch_runner.h"
#include "apply/conflict_keys.h"
#include "apply/control_rows.h"
#include "apply/progress.h"
#include "apply/scheduler.h"

namespace flyover::apply {

/// How much one target transaction takes.
struct BatchLimits {
  std::size_t transactions = 0;
  std::size_t rows = 0;
  std::size_t bytes = 0;
};

/// Thread-safe.
class WorkBoard {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  WorkBoard(std::size_t workers, const PlanSet& plans, std::size_t in_flight_bytes_max);

  /// Where the link stands before its first transaction.
  void start_at(const mysql::BinlogPosition& position);

  /// Hands a transaction to a worker; waits while it conflicts with several, or too much is under
  /// way. `task.sequence` is filled in. False when stopped.
  bool submit(Task task, ConflictKeys keys, ControlRows control, std::stop_token stop);
  /// Passes over a transaction without work for the target.
  void skip(mysql::BinlogPosition end, mysql::BinlogPosition needs_from, ControlRows control);
  /// Waits until nothing is under way. False when stopped.
  bool drain(std::stop_token stop);
  /// No more work will come: workers end when theirs is done.
  void finish();

  /// The next batch of a worker; empty when it has to end.
  std::vector<Task> take(std::size_t worker, const BatchLimits& limits, std::stop_token stop);
  void complete(const std::vector<Task>& batch);

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
  void advance();
  mysql::BinlogPosition wait_for(
      const char* what, const std::function<std::optional<mysql::BinlogPosition>()>& reached,
      Deadline deadline, std::stop_token stop);

  const PlanSet* plans_;
  const std::size_t in_flight_bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Scheduler scheduler_;
  Progress progress_;
  std::vector<std::deque<Task>> queues_;
  std::size_t in_flight_bytes_ = 0;
  bool finishing_ = false;
  std::set<std::string> holds_;
  bool held_ = false;
  mysql::BinlogPosition resumable_position_;
  bool ended_ = false;
  std::optional<base::Error> end_error_;
};

}  // namespace flyover::apply
