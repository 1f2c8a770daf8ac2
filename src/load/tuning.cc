#include "load/tuning.h"

#include <algorithm>

namespace flyover::load {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr std::uint64_t kChunkBytesFirst = 16ULL << 20;
constexpr std::uint64_t kChunkBytesLeast = 1ULL << 20;
constexpr std::uint64_t kChunkBytesMost = 64ULL << 20;
// Of smaller ones most of the time goes into other things than rows.
constexpr std::uint64_t kChunkBytesTelling = 512ULL << 10;
constexpr double kChunkSeconds = 1;

}  // namespace

Tuning::Tuning(const Options& options)
    : chunk_fixed_(options.chunk_bytes != 0),
      lanes_({.lanes = options.lanes,
              .data_bytes = options.data_bytes,
              .chunk_bytes = kChunkBytesFirst}),
      chunk_bytes_(chunk_fixed_ ? options.chunk_bytes : kChunkBytesFirst) {}

std::uint64_t Tuning::chunk_bytes() const {
  const std::unique_lock lock(mutex_);
  return chunk_bytes_;
}

Decisions Tuning::decisions() const {
  const std::unique_lock lock(mutex_);
  return {.lanes = lanes_.lanes(),
          .lanes_fixed = lanes_.fixed(),
          .chunk_bytes = chunk_bytes_,
          .chunk_bytes_fixed = chunk_fixed_};
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
