#pragma once
// Exponential backoff with jitter, in one place.

#include <algorithm>
#include <chrono>
#include <random>

namespace flyover::base {

/// Delays that double from `first` to `longest`, each shortened at random by up to a half so that
/// several clients do not come back in step.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : first_(first), longest_(longest), next_(first) {}

  std::chrono::milliseconds next() {
    const auto delay = next_;
    next_ = std::min(longest_, next_ * 2);
    std::uniform_int_distribution<long> shorter(delay.count() / 2, delay.count());
    return std::chrono::milliseconds(shorter(random_));
  }
  void reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds next_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace flyover::base
