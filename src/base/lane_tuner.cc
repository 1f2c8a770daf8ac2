#include "base/lane_tuner.h"

#include <algorithm>

namespace flyover::base {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr unsigned kLanesLeast = 2;
constexpr unsigned kLanesMost = 8;
// Long enough for several chunks of every lane.
constexpr std::chrono::seconds kInterval{2};

unsigned most_lanes(const LaneTuner::Options& options) {
  if (options.lanes != 0) return options.lanes;
  // A session on either side is worth it only when there is a chunk for each.
  const std::uint64_t chunks = options.data_bytes / std::max<std::uint64_t>(1, options.chunk_bytes);
  return static_cast<unsigned>(std::clamp<std::uint64_t>(chunks, kLanesLeast, kLanesMost));
}

}  // namespace

LaneTuner::LaneTuner(const Options& options)
    : fixed_(options.lanes != 0),
      most_(most_lanes(options)),
      controller_(fixed_ ? most_ : kLanesLeast, most_) {}

unsigned LaneTuner::lanes() const {
  const std::unique_lock lock(mutex_);
  return controller_.lanes();
}

void LaneTuner::begin() {
  const std::unique_lock lock(mutex_);
  nothing_left_ = false;
  interval_begun_ = {};
  interval_bytes_ = 0;
  settling_ = true;
}

void LaneTuner::nothing_left() {
  const std::unique_lock lock(mutex_);
  nothing_left_ = true;
  turn_.notify_all();
}

void LaneTuner::wait_for_turn(unsigned lane, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  turn_.wait(lock, stop, [&] { return nothing_left_ || lane < controller_.lanes(); });
}

void LaneTuner::passed(std::uint64_t bytes) {
  if (fixed_) return;
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

}  // namespace flyover::base
