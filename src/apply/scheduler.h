#pragma once
// Which worker may take which transaction. Pure: no threads, no clock.
//
// Transactions are offered in the source's order. One that conflicts with nothing in flight goes to
// the least loaded worker. One whose conflicts all sit with a single worker goes behind them in
// that worker's queue, which keeps their order. One that conflicts with several workers has to
// wait, and everything after it waits too.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "apply/conflict_keys.h"

namespace flyover::apply {

/// Not thread-safe.
class Scheduler {
 public:
  struct Assignment {
    std::uint64_t sequence = 0;  ///< 1, 2, 3 … in the order of the offers that were taken
    std::size_t worker = 0;
    friend bool operator==(const Assignment&, const Assignment&) = default;
  };

  explicit Scheduler(std::size_t workers);

  /// Assigns the next transaction, or nothing when it conflicts with several workers: offer it
  /// again after a completion. `weight`: what it adds to the worker's load.
  std::optional<Assignment> offer(ConflictKeys keys, std::uint64_t weight);
  /// Counts a transaction that needs no worker; it is completed at once.
  std::uint64_t skip();
  void complete(std::uint64_t sequence);

  /// Every transaction up to this sequence is completed.
  std::uint64_t low_water() const { return low_water_; }
  std::size_t in_flight() const { return running_.size(); }
  bool idle() const { return running_.empty(); }

 private:
  /// Transactions of one worker that hold a key.
  struct Holder {
    std::size_t worker = 0;
    std::uint32_t exclusive = 0;
    std::uint32_t shared = 0;
  };
  struct Running {
    std::size_t worker = 0;
    std::uint64_t weight = 0;
    ConflictKeys keys{};
  };
  struct Worker {
    std::uint64_t load = 0;
    std::size_t transactions = 0;
    std::size_t serial = 0;
  };

  /// The one worker it must follow, `workers_.size()` when it is free, nothing when there are
  /// several.
  std::optional<std::size_t> worker_to_follow(const ConflictKeys& keys) const;
  std::size_t least_loaded() const;
  void release(const Running& running);
  void finish(std::uint64_t sequence);

  std::vector<Worker> workers_;
  std::unordered_map<std::uint64_t, std::vector<Holder>> holders_;
  std::unordered_map<std::uint64_t, Running> running_;
  std::set<std::uint64_t> completed_beyond_;
  std::uint64_t next_sequence_ = 1;
  std::size_t last_worker_ = 0;
  std::uint64_t low_water_ = 0;
};

}  // namespace flyover::apply
