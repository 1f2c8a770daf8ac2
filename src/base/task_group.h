#pragma once
// Threads that belong to one unit of work: the first error stops them all and reaches the owner.

#include <chrono>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace flyover::base {

/// Not thread-safe itself: one owner starts and joins. Destruction abandons: stop, then join.
class TaskGroup {
 public:
  /// `parent`: a stop request there is passed on to the group.
  explicit TaskGroup(std::stop_token parent = {});
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Runs `task` in a thread of its own. `name` (at most 15 characters) is seen in top and gdb.
  void start(std::string name, std::function<void(std::stop_token)> task);

  void request_stop() { stop_.request_stop(); }
  std::stop_token stop_token() const { return stop_.get_token(); }

  /// Waits for every task and rethrows the first error, if there was one.
  void join();

 private:
  void fail(std::exception_ptr error);

  std::stop_source stop_;
  std::stop_callback<std::function<void()>> on_parent_stop_;
  std::mutex mutex_;
  std::exception_ptr first_error_;
  std::vector<std::thread> threads_;
};

/// Sleeps, but wakes on a stop request. False when stopped.
bool sleep_for(std::chrono::milliseconds duration, std::stop_token stop);

}  // namespace flyover::base
