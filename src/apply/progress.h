#pragma once
// How far the link has come: positions of what is under way, markers, lag, counts.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apply/control_rows.h"
#include "apply/table_plan.h"
#include "mysql/position.h"

namespace flyover::apply {

/// What was applied to one table since the applier was made; statements as well as rows.
struct TableCounts {
  mysql::TableName name{};
  std::uint64_t inserts = 0;
  std::uint64_t updates = 0;
  std::uint64_t deletes = 0;
  std::uint64_t ddls = 0;
};

/// A row that was changed lately: its table and the condition of its key (" WHERE `id`=5").
struct RecentRow {
  mysql::TableName table{};
  std::string where{};
};

/// Not thread-safe: the applier guards it. Time comes from the caller.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  Progress(const PlanSet& plans, mysql::BinlogPosition start);

  /// Announces the next sequence, in order. `end` is empty for all but the last part of a
  /// transaction.
  /// `needs_from`: Transaction::needs_from.
  void begin(std::uint64_t sequence, mysql::BinlogPosition end, mysql::BinlogPosition needs_from,
             ControlRows control);
  /// The transaction's rows are in the target. `recent`: some of them are kept as recent_rows().
  void count(const binlog::Transaction& transaction, const PlanSet& plans, bool recent = true);
  /// Everything up to `low_water` is done.
  void advance(std::uint64_t low_water, Clock::time_point now, std::uint64_t now_us);
  /// Call about once a second: the rate is taken over the last ten samples.
  void sample(Clock::time_point now);

  const mysql::BinlogPosition& applied_position() const { return applied_position_; }
  /// Transaction::needs_from at the applied position.
  const mysql::BinlogPosition& needs_from() const { return needs_from_; }
  std::optional<mysql::BinlogPosition> marker_position(const std::string& token) const;
  /// Age of the newest heartbeat that has passed, when it passed; it grows when none follows for
  /// `patience`. Nothing before the first.
  std::optional<std::chrono::milliseconds> lag(Clock::time_point now,
                                               std::chrono::milliseconds patience) const;
  const std::vector<TableCounts>& tables() const { return tables_; }
  /// The rows changed last, one of each rows event, of tables with a key; oldest first.
  const std::deque<RecentRow>& recent_rows() const { return recent_rows_; }
  std::uint64_t transactions() const { return transactions_; }
  std::uint64_t rows() const { return rows_; }
  double rows_per_second() const;

 private:
  struct Pending {
    std::uint64_t sequence = 0;
    mysql::BinlogPosition end{};
    mysql::BinlogPosition needs_from{};
    ControlRows control{};
  };
  struct Sample {
    Clock::time_point time{};
    std::uint64_t rows = 0;
  };

  mysql::BinlogPosition applied_position_;
  mysql::BinlogPosition needs_from_;
  std::deque<Pending> pending_;
  std::map<std::string, mysql::BinlogPosition> markers_;
  std::vector<TableCounts> tables_;
  void remember(const TablePlan& plan, const binlog::RowsChange& change);

  std::deque<RecentRow> recent_rows_;
  std::uint64_t transactions_ = 0;
  std::uint64_t rows_ = 0;
  std::deque<Sample> samples_;
  std::optional<Clock::time_point> heartbeat_passed_{};
  std::chrono::microseconds heartbeat_age_{};
};

}  // namespace flyover::apply
