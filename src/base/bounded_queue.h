#pragma once
// A queue bounded in bytes, so that a slow consumer slows its producer instead of filling memory.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace flyover::base {

/// Any number of producers and consumers. Carry batches, not rows: the lock is taken per item.
/// close() finishes (consumers drain what is left); a stop request abandons.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  /// Waits until there is room. An item larger than the capacity is admitted when the queue is
  /// empty. False: stopped or closed, the item was not taken.
  bool push(T item, std::size_t bytes, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    const bool room = changed_.wait(lock, stop, [&] {
      return closed_ || items_.empty() || used_bytes_ + bytes <= capacity_bytes_;
    });
    if (!room || closed_) return false;
    used_bytes_ += bytes;
    items_.emplace_back(std::move(item), bytes);
    changed_.notify_all();
    return true;
  }

  /// The oldest item; nothing when stopped, or closed and empty.
  std::optional<T> pop(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return closed_ || !items_.empty(); });
    if (stop.stop_requested()) return std::nullopt;
    return take_front();
  }

  /// The same, but gives up after `timeout`; finished() tells whether more may come.
  std::optional<T> pop_for(std::chrono::milliseconds timeout, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, timeout, [&] { return closed_ || !items_.empty(); });
    if (stop.stop_requested()) return std::nullopt;
    return take_front();
  }

  /// The oldest item if there is one now.
  std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    return take_front();
  }

  /// No more items will come.
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  /// Closed, and everything was taken.
  bool finished() const {
    std::unique_lock lock(mutex_);
    return closed_ && items_.empty();
  }

  std::size_t used_bytes() const {
    std::unique_lock lock(mutex_);
    return used_bytes_;
  }

 private:
  std::optional<T> take_front() {
    if (items_.empty()) return std::nullopt;
    auto [item, bytes] = std::move(items_.front());
    items_.pop_front();
    used_bytes_ -= bytes;
    changed_.notify_all();
    return std::move(item);
  }

  const std::size_t capacity_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<T, std::size_t>> items_;
  std::size_t used_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace flyover::base
