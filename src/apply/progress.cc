#include "apply/progress.h"

#include <algorithm>
#include <utility>

#include "apply/sql_builder.h"

namespace flyover::apply {
namespace {

constexpr std::size_t kSamplesMax = 10;
constexpr std::size_t kMarkersMax = 1000;
constexpr std::size_t kRecentRowsMax = 256;

}  // namespace

Progress::Progress(const PlanSet& plans, mysql::BinlogPosition start)
    : applied_position_(std::move(start)) {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    tables_.push_back({.name = plans.at(i).table.name});
  }
}

void Progress::begin(std::uint64_t sequence, mysql::BinlogPosition end,
                     mysql::BinlogPosition needs_from, ControlRows control) {
  pending_.push_back({sequence, std::move(end), std::move(needs_from), std::move(control)});
}

void Progress::count(const binlog::Transaction& transaction, const PlanSet& plans, bool recent) {
  for (const binlog::Change& change : transaction.changes) {
    const auto* rows = std::get_if<binlog::RowsChange>(&change);
    const TablePlan* plan = rows == nullptr ? nullptr : plans.find(rows->table);
    if (plan == nullptr || !plan->cut.counts(transaction.end)) continue;
    TableCounts& counts = tables_[plan->index];
    std::uint64_t& of_kind = rows->kind == binlog::ChangeKind::insert   ? counts.inserts
                             : rows->kind == binlog::ChangeKind::update ? counts.updates
                                                                        : counts.deletes;
    of_kind += rows->row_count();
    rows_ += rows->row_count();
    if (recent && !plan->keyless() && rows->row_count() > 0 && plan->fits(*rows)) {
      remember(*plan, *rows);
    }
  }
  if (transaction.last) ++transactions_;
}

void Progress::remember(const TablePlan& plan, const binlog::RowsChange& change) {
  const bool removed = change.kind == binlog::ChangeKind::remove;
  const binlog::Value* const row = removed ? change.before(0) : change.after(0);
  const bool whole = std::none_of(
      plan.key_columns.begin(), plan.key_columns.end(),
      [&](std::size_t column) { return row[column].type == binlog::ValueType::absent; });
  if (!whole) return;
  if (recent_rows_.size() == kRecentRowsMax) recent_rows_.pop_front();
  RecentRow& recent = recent_rows_.emplace_back();
  recent.table = plan.table.name;
  append_where(recent.where, plan, row);
}

void Progress::advance(std::uint64_t low_water, Clock::time_point now, std::uint64_t now_us) {
  while (!pending_.empty() && pending_.front().sequence <= low_water) {
    Pending& done = pending_.front();
    // Never backwards: a stream may begin before the checkpoint.
    if (applied_position_ < done.end) {
      applied_position_ = std::move(done.end);
      needs_from_ = std::move(done.needs_from);
    }
    for (MarkerRow& marker : done.control.markers) {
      if (markers_.size() >= kMarkersMax) markers_.clear();
      markers_[std::move(marker.token)] = applied_position_;
    }
    if (done.control.heartbeat) {
      const std::uint64_t written = done.control.heartbeat->written_us;
      heartbeat_passed_ = now;
      // Clocks of two machines may differ by a little.
      heartbeat_age_ = std::chrono::microseconds(now_us > written ? now_us - written : 0);
    }
    pending_.pop_front();
  }
}

void Progress::sample(Clock::time_point now) {
  samples_.push_back({now, rows_});
  if (samples_.size() > kSamplesMax) samples_.pop_front();
}

std::optional<mysql::BinlogPosition> Progress::marker_position(const std::string& token) const {
  const auto found = markers_.find(token);
  return found == markers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::chrono::milliseconds> Progress::lag(Clock::time_point now,
                                                       std::chrono::milliseconds patience) const {
  if (!heartbeat_passed_) return std::nullopt;
  auto lag = std::chrono::duration_cast<std::chrono::milliseconds>(heartbeat_age_);
  const auto silence =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - *heartbeat_passed_);
  if (silence > patience) lag += silence;
  return lag;
}

double Progress::rows_per_second() const {
  if (samples_.size() < 2) return 0;
  const std::chrono::duration<double> span = samples_.back().time - samples_.front().time;
  if (span.count() <= 0) return 0;
  return static_cast<double>(samples_.back().rows - samples_.front().rows) / span.count();
}

}  // namespace flyover::apply
