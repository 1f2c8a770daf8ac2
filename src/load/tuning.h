#pragma once
// What a load decides for itself while it runs, from what it measures: how many lanes work, and how
// much a chunk holds. Either may be fixed.

#include <chrono>
#include <cstdint>
#include <mutex>

#include "base/lane_tuner.h"
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

  base::LaneTuner& lanes() { return lanes_; }
  std::uint64_t chunk_bytes() const;
  Decisions decisions() const;

  /// A whole chunk, and how long it took to write.
  void chunk_written(std::uint64_t bytes, std::chrono::steady_clock::duration took);

 private:
  const bool chunk_fixed_;
  base::LaneTuner lanes_;
  mutable std::mutex mutex_;
  std::uint64_t chunk_bytes_;
};

}  // namespace flyover::load
