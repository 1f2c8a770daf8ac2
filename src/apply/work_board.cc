#include "apply/work_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace flyover::apply {
namespace {

// As many as fill Progress::recent_rows() with one row each.
constexpr std::size_t kRecentTransactions = 256;
// How long a batch that ran ahead keeps its locks while the one before it does not end.
constexpr std::chrono::seconds kLocksKept{2};

}  // namespace

WorkBoard::WorkBoard(const PlanSet& plans, const BatchLimits& limits,
                     std::size_t in_flight_bytes_max)
    : plans_(&plans),
      limits_(limits),
      in_flight_bytes_max_(in_flight_bytes_max),
      progress_(plans, {}) {}

void WorkBoard::start_at(const mysql::BinlogPosition& position) {
  const std::unique_lock lock(mutex_);
  progress_ = Progress(*plans_, position);
  resumable_position_ = position;
}

bool WorkBoard::submit(Task task, ControlRows control, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const bool room = changed_.wait(lock, stop, [&] {
    return open_.empty() || in_flight_bytes_ + task.bytes <= in_flight_bytes_max_;
  });
  if (!room) return false;
  task.sequence = ++last_sequence_;
  open_.push_back(task.sequence);
  in_flight_bytes_ += task.bytes;
  queued_rows_ += task.rows;
  // Only the last part says where the whole ends.
  progress_.begin(task.sequence,
                  task.transaction.last ? task.transaction.end : mysql::BinlogPosition{},
                  task.transaction.needs_from, std::move(control));
  queue_.push_back(std::move(task));
  if (last_ticket_ == completed_ticket_ || queued_rows_ >= limits_.rows_ahead) work_.notify_all();
  return true;
}

void WorkBoard::skip(mysql::BinlogPosition end, mysql::BinlogPosition needs_from,
                     ControlRows control) {
  const std::unique_lock lock(mutex_);
  progress_.begin(++last_sequence_, std::move(end), std::move(needs_from), std::move(control));
  advance();
}

bool WorkBoard::drain(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [&] { return open_.empty(); });
}

void WorkBoard::finish() {
  const std::unique_lock lock(mutex_);
  finishing_ = true;
  work_.notify_all();
}

bool WorkBoard::may_take(std::size_t worker) const {
  if (queue_.empty() || (parts_of_ && *parts_of_ != worker)) return false;
  // While a batch is under way others gather: each commit costs the target the same, however few.
  return last_ticket_ == completed_ticket_ || queued_rows_ >= limits_.rows_ahead;
}

Batch WorkBoard::take(std::size_t worker, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  work_.wait(lock, stop, [&] { return may_take(worker) || (finishing_ && queue_.empty()); });
  Batch batch;
  if (stop.stop_requested() || queue_.empty()) return batch;
  batch.ticket = ++last_ticket_;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.tasks.size() < limits_.transactions) {
    Task& next = queue_.front();
    rows += next.rows;
    bytes += next.bytes;
    const bool part = next.part();
    const bool fits = rows <= limits_.rows && bytes <= limits_.bytes && !part;
    if (!batch.tasks.empty() && !fits) break;
    if (part) parts_of_ = next.transaction.last ? std::nullopt : std::optional(worker);
    queued_rows_ -= next.rows;
    batch.tasks.push_back(std::move(next));
    queue_.pop_front();
    if (!fits) break;
  }
  return batch;
}

bool WorkBoard::wait_to_run(const Batch& batch, ConflictKeys keys, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const ConflictKeys& mine = running_[batch.ticket] = std::move(keys);
  changed_.notify_all();
  return changed_.wait(lock, stop, [&] {
    // Every batch before has to have said what it holds.
    std::uint64_t before = completed_ticket_ + 1;
    for (auto each = running_.begin(); before < batch.ticket; ++each, ++before) {
      if (each->first != before || conflict(each->second, mine)) return false;
    }
    return true;
  });
}

bool WorkBoard::has_turn(const Batch& batch) const {
  const std::unique_lock lock(mutex_);
  return completed_ticket_ + 1 == batch.ticket;
}

bool WorkBoard::wait_turn(const Batch& batch, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [&] { return completed_ticket_ + 1 == batch.ticket; });
}

bool WorkBoard::wait_to_commit(const Batch& batch, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const auto turn = [&] { return completed_ticket_ + 1 == batch.ticket; };
  const auto in_the_way = [&] { return completed_ticket_ < way_for_ && way_for_ < batch.ticket; };
  // The batch before may wait for one of our locks without being told when it waits too long: the
  // server sees a session that waits for a lock, not that this one waits for that one.
  while (!turn() && !in_the_way() && !stop.stop_requested()) {
    const std::uint64_t seen = completed_ticket_;
    const bool moved = changed_.wait_for(lock, stop, kLocksKept,
                                         [&] { return completed_ticket_ != seen || in_the_way(); });
    if (!moved) break;
  }
  return turn();
}

void WorkBoard::make_way(const Batch& batch) {
  const std::unique_lock lock(mutex_);
  way_for_ = batch.ticket;
  changed_.notify_all();
}

void WorkBoard::complete(const Batch& batch) {
  const std::unique_lock lock(mutex_);
  FLYOVER_CHECK(completed_ticket_ + 1 == batch.ticket);
  completed_ticket_ = batch.ticket;
  running_.erase(batch.ticket);
  for (std::size_t i = 0; i < batch.tasks.size(); ++i) {
    const Task& task = batch.tasks[i];
    FLYOVER_CHECK(open_.front() == task.sequence);
    open_.pop_front();
    in_flight_bytes_ -= task.bytes;
    progress_.count(task.transaction, *plans_, batch.tasks.size() - i <= kRecentTransactions);
  }
  advance();
  work_.notify_all();
}

std::uint64_t WorkBoard::low_water() const {
  return open_.empty() ? last_sequence_ : open_.front() - 1;
}

void WorkBoard::advance() {
  const auto now_us = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  progress_.advance(low_water(), std::chrono::steady_clock::now(),
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
       .message = fmt::format("waited in vain for {}; applied up to {}, {} transactions under way",
                              what, progress_.applied_position().to_string(), open_.size()),
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
  if (resumable_position_ < position) resumable_position_ = std::move(position);
}

std::optional<std::chrono::milliseconds> WorkBoard::lag(std::chrono::milliseconds patience) const {
  const std::unique_lock lock(mutex_);
  return progress_.lag(std::chrono::steady_clock::now(), patience);
}

bool WorkBoard::idle() const {
  const std::unique_lock lock(mutex_);
  return open_.empty();
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
