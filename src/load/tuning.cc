#include "load/tuning.h"

#include <algorithm>

namespace flyover::load {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr unsigned kLanesLeast = 2;
constexpr unsigned kLanesMost = 8;
// Long enough for several chunks of every lane.
constexpr std::chrono::seconds kInterval{2};

constexpr std::uint64_t kChunkBytesFirst = 16ULL << 20;
constexpr std::uint64_t kChunkBytesLeast = 1ULL << 20;
constexpr std::uint64_t kChunkBytesMost = 64ULL << 20;
// Of smaller ones most of the time goes into other things than rows.
constexpr std::uint64_t kChunkBytesTelling = 512ULL << 10;
constexpr double kChunkSeconds = 1;

unsigned most_lanes(const Tuning::Options& options) {
  if (options.lanes != 0) return options.lanes;
  // A session on either side is worth it only when there is a chunk for each.
  const std::uint64_t chunks = options.data_bytes / kChunkBytesFirst;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(chunks, kLanesLeast, kLanesMost));
}

}  // namespace

Tuning::Tuning(const Options& options)
    : lanes_fixed_(options.lanes != 0),
      chunk_fixed_(options.chunk_bytes != 0),
      lanes_most_(most_lanes(options)),
      controller_(lanes_fixed_ ? lanes_most_ : kLanesLeast, lanes_most_),
      chunk_bytes_(chunk_fixed_ ? options.chunk_bytes : kChunkBytesFirst) {}

std::uint64_t Tuning::chunk_bytes() const {
  const std::unique_lock lock(mutex_);
  return chunk_bytes_;
}

Decisions Tuning::decisions() const {
  const std::unique_lock lock(mutex_);
  return {.lanes = controller_.lanes(),
          .lanes_fixed = lanes_fixed_,
          .chunk_bytes = chunk_bytes_,
          .chunk_bytes_fixed = chunk_fixed_};
}

void Tuning::wait_for_turn(unsigned lane, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  turn_.wait(lock, stop, [&] { return nothing_left_ || lane < controller_.lanes(); });
}

void Tuning::nothing_left() {
  const std::unique_lock lock(mutex_);
  nothing_left_ = true;
  turn_.notify_all();
}

void Tuning::passed(std::uint64_t bytes) {
  if (lanes_fixed_) return;
  const auto now = steady_clock::now();
  const std::unique_lock lock(mutex_);
  interval_bytes_ += bytes;
  if (interval_begun_ == steady_clock::time_point{}) interval_begun_ = now;
  if (now - interval_begun_ < kInterval) return;
  const double rate =
      static_cast<double>(interval_bytes_) / duration<double>(now - interval_begun_).count();
  interval_bytes_ = 0;
  interval_begun_ = now;
  // Lanes begin and end between chunks: the interval of a change is of neither number.
  if (settling_) {
    settling_ = false;
    return;
  }
  const unsigned before = controller_.lanes();
  controller_.observe(rate);
  if (controller_.lanes() == before) return;
  settling_ = true;
  turn_.notify_all();
}

void Tuning::chunk_written(std::uint64_t bytes, steady_clock::duration took) {
  if (chunk_fixed_ || bytes < kChunkBytesTelling) return;
  const double seconds = std::max(duration<double>(took).count(), 1e-3);
  const double aim = static_cast<double>(bytes) / seconds * kChunkSeconds;
  const std::unique_lock lock(mutex_);
  // Half the way each time, so that one slow chunk is not the measure.
  const double next = (static_cast<double>(chunk_bytes_) + aim) / 2;
  chunk_bytes_ = std::clamp(static_cast<std::uint64_t>(next), kChunkBytesLeast, kChunkBytesMost);
}

}  // namespace flyover::load
