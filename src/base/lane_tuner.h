#pragma once
// How many of a bulk job's lanes work, while it runs: the threads' side of a LaneController.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "base/lane_controller.h"

namespace flyover::base {

/// Thread-safe.
class LaneTuner {
 public:
  struct Options {
    unsigned lanes = 0;             ///< 0: as many as bring something
    std::uint64_t data_bytes = 0;   ///< what is to be moved, by the server's estimate
    std::uint64_t chunk_bytes = 1;  ///< what a lane moves at a time
  };

  explicit LaneTuner(const Options& options);

  bool fixed() const { return fixed_; }
  /// How many lanes need sessions.
  unsigned most() const { return most_; }
  /// How many work now.
  unsigned lanes() const;

  /// There is something to be given out, again.
  void begin();
  /// There is nothing left to be given out.
  void nothing_left();
  /// Returns when the lane is one of those that work, when nothing is left to be given out, or on a
  /// stop request.
  void wait_for_turn(unsigned lane, std::stop_token stop);
  /// What the lanes have moved, since the last call of any of them.
  void passed(std::uint64_t bytes);

 private:
  const bool fixed_;
  const unsigned most_;
  mutable std::mutex mutex_;
  std::condition_variable_any turn_;
  LaneController controller_;
  bool nothing_left_ = false;
  std::uint64_t interval_bytes_ = 0;
  std::chrono::steady_clock::time_point interval_begun_{};
  bool settling_ = true;  ///< the number of lanes has just changed
};

}  // namespace flyover::base
