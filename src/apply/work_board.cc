#include "apply/work_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace flyover::apply {

WorkBoard::WorkBoard(std::size_t workers, const PlanSet& plans, std::size_t in_flight_bytes_max)
    : plans_(&plans),
      in_flight_bytes_max_(in_flight_bytes_max),
      scheduler_(workers),
      progress_(plans, {}),
      queues_(workers) {}

void WorkBoard::start_at(const mysql::BinlogPosition& position) {
  const std::unique_lock lock(mutex_);
  progress_ = Progress(*plans_, position);
  resumable_position_ = position;
}

bool WorkBoard::submit(Task task, ConflictKeys keys, ControlRows control, std::stop_token stop) {
  const std::uint64_t weight = 1 + task.transaction.row_count();
  std::unique_lock lock(mutex_);
  std::optional<Scheduler::Assignment> assigned;
  const bool taken = changed_.wait(lock, stop, [&] {
    const bool room = scheduler_.idle() || in_flight_bytes_ + task.bytes <= in_flight_bytes_max_;
    if (room) assigned = scheduler_.offer(keys, weight);
    return assigned.has_value();
  });
  if (!taken) return false;
  task.sequence = assigned->sequence;
  in_flight_bytes_ += task.bytes;
  // Only the last part says where the whole ends.
  progress_.begin(task.sequence,
                  task.transaction.last ? task.transaction.end : mysql::BinlogPosition{},
                  task.transaction.needs_from, std::move(control));
  queues_[assigned->worker].push_back(std::move(task));
  changed_.notify_all();
  return true;
}

void WorkBoard::skip(mysql::BinlogPosition end, mysql::BinlogPosition needs_from,
                     ControlRows control) {
  const std::unique_lock lock(mutex_);
  const std::uint64_t sequence = scheduler_.skip();
  progress_.begin(sequence, std::move(end), std::move(needs_from), std::move(control));
  advance();
}

bool WorkBoard::drain(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [&] { return scheduler_.idle(); });
}

void WorkBoard::finish() {
  const std::unique_lock lock(mutex_);
  finishing_ = true;
  changed_.notify_all();
}

std::vector<Task> WorkBoard::take(std::size_t worker, const BatchLimits& limits,
                                  std::stop_token stop) {
  std::unique_lock lock(mutex_);
  std::deque<Task>& queue = queues_[worker];
  changed_.wait(lock, stop, [&] { return finishing_ || !queue.empty(); });
  std::vector<Task> batch;
  if (stop.stop_requested()) return batch;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  while (!queue.empty() && batch.size() < limits.transactions) {
    Task& next = queue.front();
    rows += next.transaction.row_count();
    bytes += next.bytes;
    const bool fits = rows <= limits.rows && bytes <= limits.bytes && !next.part();
    if (!batch.empty() && !fits) break;
    batch.push_back(std::move(next));
    queue.pop_front();
    if (!fits) break;
  }
  return batch;
}

void WorkBoard::complete(const std::vector<Task>& batch) {
  const std::unique_lock lock(mutex_);
  for (const Task& task : batch) {
    scheduler_.complete(task.sequence);
    in_flight_bytes_ -= task.bytes;
    progress_.count(task.transaction, *plans_);
  }
  advance();
}

void WorkBoard::advance() {
  const auto now_us = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  progress_.advance(scheduler_.low_water(), std::chrono::steady_clock::now(),
                    static_cast<std::uint64_t>(now_us.count()));
  changed_.notify_all();
}

void WorkBoard::request_hold(const std::string& token) {
  const std::unique_lock lock(mutex_);
  holds_.insert(token);
}

bool WorkBoard::hold_requested(const ControlRows& control) const {
  const std::unique_lock lock(mutex_);
  return std::any_of(control.markers.begin(), control.markers.end(),
                     [&](const MarkerRow& marker) { return holds_.contains(marker.token); });
}

bool WorkBoard::stay_held(const ControlRows& control, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  for (const MarkerRow& marker : control.markers) held_ = holds_.erase(marker.token) > 0 || held_;
  changed_.notify_all();
  const bool released = changed_.wait(lock, stop, [&] { return !held_; });
  held_ = false;
  return released;
}

void WorkBoard::release() {
  const std::unique_lock lock(mutex_);
  if (!held_) holds_.clear();
  held_ = false;
  changed_.notify_all();
}

mysql::BinlogPosition WorkBoard::wait_held(Deadline deadline, std::stop_token stop) {
  return wait_for(
      "the applier to reach the marker it is to hold at",
      [&] { return held_ ? std::optional(progress_.applied_position()) : std::nullopt; }, deadline,
      std::move(stop));
}

mysql::BinlogPosition WorkBoard::wait_marker(const std::string& token, Deadline deadline,
                                             std::stop_token stop) {
  return wait_for(
      "the marker to be applied", [&] { return progress_.marker_position(token); }, deadline,
      std::move(stop));
}

mysql::BinlogPosition WorkBoard::wait_for(
    const char* what, const std::function<std::optional<mysql::BinlogPosition>()>& reached,
    Deadline deadline, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  std::optional<mysql::BinlogPosition> position;
  changed_.wait_until(lock, stop, deadline, [&] {
    position = reached();
    return position.has_value() || ended_;
  });
  if (position) return *position;
  if (end_error_) base::throw_error(*end_error_);
  if (ended_ || stop.stop_requested()) {
    base::throw_error({.code = "apply.stopped",
                       .action = base::Action::retry,
                       .message = fmt::format("stopped while waiting for {}", what)});
  }
  base::throw_error(
      {.code = "apply.marker_timeout",
       .action = base::Action::retry,
       .message =
           fmt::format("waited in vain for {}; applied up to {}, {} transactions under way", what,
                       progress_.applied_position().to_string(), scheduler_.in_flight()),
       .hint = "Look at the lag: a long transaction, or a target that can not keep up, holds it "
               "back; so does a stream that has lost its source."});
}

void WorkBoard::end(std::optional<base::Error> error) {
  const std::unique_lock lock(mutex_);
  ended_ = true;
  end_error_ = std::move(error);
  changed_.notify_all();
}

void WorkBoard::sample() {
  const std::unique_lock lock(mutex_);
  progress_.sample(std::chrono::steady_clock::now());
}

mysql::BinlogPosition WorkBoard::applied_position() const {
  const std::unique_lock lock(mutex_);
  return progress_.applied_position();
}

CheckpointState WorkBoard::progress_to_keep() const {
  const std::unique_lock lock(mutex_);
  const mysql::BinlogPosition& applied = progress_.applied_position();
  const mysql::BinlogPosition& from = progress_.needs_from();
  return {.position = applied, .read_from = from.empty() ? applied : from};
}

mysql::BinlogPosition WorkBoard::resumable_position() const {
  const std::unique_lock lock(mutex_);
  return resumable_position_;
}

void WorkBoard::set_resumable_position(mysql::BinlogPosition position) {
  const std::unique_lock lock(mutex_);
  resumable_position_ = std::move(position);
}

std::optional<std::chrono::milliseconds> WorkBoard::lag(std::chrono::milliseconds patience) const {
  const std::unique_lock lock(mutex_);
  return progress_.lag(std::chrono::steady_clock::now(), patience);
}

bool WorkBoard::idle() const {
  const std::unique_lock lock(mutex_);
  return scheduler_.idle();
}

bool WorkBoard::held() const {
  const std::unique_lock lock(mutex_);
  return held_;
}

void WorkBoard::read_progress(const std::function<void(const Progress&)>& read) const {
  const std::unique_lock lock(mutex_);
  read(progress_);
}

}  // namespace flyover::apply
