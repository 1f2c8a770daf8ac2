#pragma once
// What a load decides for itself while it runs, from what it measures: how many lanes work, and how
// much a chunk holds. Either may be fixed.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "base/lane_controller.h"
#include "load/progress.h"

namespace flyover::load {

/// Thread-safe.
class Tuning {
 public:
  struct Options {
    unsigned lanes = 0;             ///< 0: as many as bring something
    std::uint64_t chunk_bytes = 0;  ///< 0: what one lane writes in about a second
    std::uint64_t data_bytes = 0;   ///< what is to be loaded, by the server's estimate
  };

  explicit Tuning(const Options& options);

  /// How many lanes the load needs sessions for.
  unsigned lanes_most() const { return lanes_most_; }
  std::uint64_t chunk_bytes() const;
  Decisions decisions() const;

  /// Returns when the lane is one of those that work, when nothing is left to be given out, or on a
  /// stop request.
  void wait_for_turn(unsigned lane, std::stop_token stop);
  /// There is nothing left to be given out.
  void nothing_left();

  /// Rows on their way to the target.
  void passed(std::uint64_t bytes);
  /// A whole chunk, and how long it took to write.
  void chunk_written(std::uint64_t bytes, std::chrono::steady_clock::duration took);

 private:
  const bool lanes_fixed_;
  const bool chunk_fixed_;
  const unsigned lanes_most_;
  mutable std::mutex mutex_;
  std::condition_variable_any turn_;
  base::LaneController controller_;
  std::uint64_t chunk_bytes_;
  bool nothing_left_ = false;
  std::uint64_t interval_bytes_ = 0;
  std::chrono::steady_clock::time_point interval_begun_{};
  bool settling_ = true;  ///< the number of lanes has just changed
};

}  // namespace flyover::load
