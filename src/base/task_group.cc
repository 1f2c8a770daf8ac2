#include "base/task_group.h"

#include <pthread.h>

#include <condition_variable>
#include <utility>

namespace flyover::base {

TaskGroup::TaskGroup(std::stop_token parent)
    : on_parent_stop_(std::move(parent), [this] { stop_.request_stop(); }) {}

TaskGroup::~TaskGroup() {
  request_stop();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void TaskGroup::start(std::string name, std::function<void(std::stop_token)> task) {
  threads_.emplace_back([this, name = std::move(name), task = std::move(task)] {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    try {
      task(stop_.get_token());
    } catch (...) {
      fail(std::current_exception());
    }
  });
}

void TaskGroup::join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  threads_.clear();
  std::unique_lock lock(mutex_);
  if (first_error_) std::rethrow_exception(std::exchange(first_error_, nullptr));
}

void TaskGroup::fail(std::exception_ptr error) {
  {
    std::unique_lock lock(mutex_);
    if (!first_error_) first_error_ = std::move(error);
  }
  request_stop();
}

bool sleep_for(std::chrono::milliseconds duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace flyover::base
