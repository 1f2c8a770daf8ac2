#pragma once
// One worker's session with the target: runs batches of source transactions, each batch as one
// target transaction, exactly once whatever breaks.

#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "apply/checkpoint.h"
#include "apply/plain_tables.h"
#include "apply/sql_builder.h"
#include "apply/table_plan.h"
#include "apply/window_applier.h"
#include "base/error.h"
#include "binlog/transaction.h"
#include "db/connection.h"

namespace flyover::apply {

/// A transaction on its way to the target.
struct Task {
  std::uint64_t sequence = 0;
  binlog::Transaction transaction{};
  std::uint64_t bytes = 0;
  bool window = false;  ///< in some table's idempotent window
  bool plain = false;   ///< changes a table of the target without transactions

  /// A part of a large transaction; the parts share one target transaction.
  bool part() const { return !transaction.first || !transaction.last; }
};

/// What happened besides plain progress. Thread-safe.
struct ApplyCounters {
  std::atomic<std::uint64_t> retries{0};       ///< target transactions run again
  std::atomic<std::uint64_t> reconnects{0};    ///< sessions with the target opened again
  std::atomic<std::uint64_t> cascade_gone{0};  ///< rows a cascade on the target took first
  std::atomic<std::uint64_t> commits{0};       ///< target transactions
};

/// Opens a session for writing rows: strict, READ COMMITTED, short lock waits where a timeout is
/// told.
db::Connection open_apply_session(const db::Endpoint& target);

/// Used by one thread. `window` is shared by all workers of a link: the scheduler runs what uses it
/// one at a time, in the source's order.
class BatchRunner {
 public:
  BatchRunner(const db::Endpoint& target, const PlanSet& plans, const Checkpoint& checkpoint,
              const UnsettledTables& unsettled, WindowApplier& window, ApplyCounters& counters);

  /// Applies and commits the batch, or the one part. Deadlocks, lock waits and lost sessions are
  /// repeated; anything else throws an Error that names table, key and position.
  void run(std::span<const Task> batch, std::stop_token stop);

 private:
  void run_once(std::span<const Task> batch, std::stop_token stop);
  void run_part(const Task& part, std::stop_token stop);
  /// True when the batch turned out to be committed already.
  bool begin(std::span<const Task> batch);
  void apply_rows(std::span<const Task> batch);
  void apply_stepwise(const Task& task);
  /// Rows of tables that know neither transactions nor keys, last of all and under a mark.
  void apply_unrepeatable(const Task& task);
  void mark_unsettled(const TablePlan& plan);
  void execute(const std::vector<Statement>& statements);
  void execute_chunk(std::span<const Statement> statements, const std::string& sql);
  void check(const Statement& statement, std::uint64_t rows);
  void commit();
  void recover(const base::Error& error, std::stop_token stop);
  void rollback();
  /// The error with the statement that caused it, found by running them one at a time.
  base::Error explain(const base::Error& error, std::span<const Task> batch);
  void reconnect(std::stop_token stop);

  const db::Endpoint* endpoint_;
  const PlanSet* plans_;
  const Checkpoint* checkpoint_;
  ApplyCounters* counters_;
  std::optional<db::Connection> connection_;
  const UnsettledTables* unsettled_;
  WindowApplier* window_;
  PlainApplier plain_;
  std::optional<db::Connection> marks_;  ///< commits marks by themselves
  std::set<const TablePlan*> marked_;    ///< since the last commit
  bool one_by_one_ = false;              ///< execute() sends statements alone, to name the culprit
  bool outcome_unknown_ = false;         ///< a session was lost: the batch may be committed
  bool in_parts_ = false;
};

}  // namespace flyover::apply
