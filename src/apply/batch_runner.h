#pragma once
// One worker's session with the target: runs batches of source transactions, each batch as one
// target transaction, exactly once whatever breaks.
//
// A batch is prepared, which needs no server and may happen while another worker's batch is under
// way, and then run, in its turn.

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "apply/checkpoint.h"
#include "apply/plain_tables.h"
#include "apply/prepared_batch.h"
#include "apply/sql_builder.h"
#include "apply/table_plan.h"
#include "apply/window_applier.h"
#include "base/error.h"
#include "binlog/transaction.h"
#include "db/connection.h"
#include "mysql/version.h"

namespace flyover::apply {

/// What happened besides plain progress. Thread-safe.
struct ApplyCounters {
  std::atomic<std::uint64_t> retries{0};        ///< target transactions run again
  std::atomic<std::uint64_t> reconnects{0};     ///< sessions with the target opened again
  std::atomic<std::uint64_t> cascade_gone{0};   ///< rows a cascade on the target took first
  std::atomic<std::uint64_t> commits{0};        ///< target transactions
  std::atomic<std::uint64_t> batch_changes{0};  ///< row changes of the last target transaction
  std::atomic<std::uint64_t> batch_rows{0};     ///< and the rows it wrote for them
  /// Batches whose net changes did not meet the rows they should, so that they were done again
  /// change by change.
  std::atomic<std::uint64_t> not_netted{0};
};

/// Opens a session for writing rows: strict, READ COMMITTED, short lock waits where a timeout is
/// told.
db::Connection open_apply_session(const db::Endpoint& target);

/// Used by one thread. `window` is shared by all workers of a link: the scheduler runs what uses it
/// one at a time, in the source's order.
class BatchRunner {
 public:
  /// `form`: what prepare() makes of changes. `version`: of the target.
  BatchRunner(const db::Endpoint& target, mysql::Version version, BatchForm form,
              const PlanSet& plans, const Checkpoint& checkpoint, const UnsettledTables& unsettled,
              WindowApplier& window, ApplyCounters& counters);

  PreparedBatch prepare(std::span<const Task> tasks) {
    return prepare_batch(tasks, form_, *plans_, version_);
  }
  /// Applies and commits the batch, or the one part. Everything before it is committed, nothing
  /// behind it has begun. Deadlocks, lock waits and lost sessions are repeated; anything else
  /// throws an Error that names table, key and position.
  /// `blocked` is called when a lock of another session is in the way, before trying again.
  void run(const PreparedBatch& batch, const std::function<void()>& blocked, std::stop_token stop);
  /// The same before its turn: applies the rows and commits when `wait_to_commit` says so. False:
  /// nothing is done, or it is not known; then run() has to do it, in its turn. Only for batches
  /// that nothing under way conflicts with.
  bool run_ahead(const PreparedBatch& batch, const std::function<bool()>& wait_to_commit,
                 std::stop_token stop);

 private:
  PreparedBatch prepare_one_by_one(std::span<const Task> tasks) {
    return prepare_batch(tasks, BatchForm::one_by_one, *plans_, version_);
  }
  void run_once(const PreparedBatch& batch, std::stop_token stop);
  void run_part(const PreparedBatch& part, std::stop_token stop);
  /// The batch's rows; where its net changes do not fit the target, the changes as they came, one
  /// of which will say why, or fit.
  void apply_fitting(const PreparedBatch& batch);
  /// True when the batch turned out to be committed already.
  bool begin(std::span<const Task> tasks);
  void apply_rows(const PreparedBatch& batch);
  void apply_stepwise(const Task& task);
  /// Rows of tables that know neither transactions nor keys, last of all and under a mark.
  void apply_unrepeatable(const Task& task);
  void mark_unsettled(db::Connection& session, const TablePlan& plan);
  /// Runs `write` with the session for tables without transactions.
  void outside(const std::function<void(db::Connection&)>& write);
  void execute(db::Connection& session, const std::vector<Statement>& statements);
  void execute_chunk(db::Connection& session, std::span<const Statement> statements,
                     const std::string& sql);
  void check(const Statement& statement, std::uint64_t rows);
  /// Moves the checkpoint behind the batch and commits.
  void commit(const PreparedBatch& batch);
  void recover(const base::Error& error, std::stop_token stop);
  void rollback();
  void reset_session();
  /// The error with the statement that caused it, found by running them one at a time.
  base::Error explain(const base::Error& error, std::span<const Task> tasks);
  void reconnect(std::stop_token stop);

  const db::Endpoint* endpoint_;
  const mysql::Version version_;
  const BatchForm form_;
  const PlanSet* plans_;
  const Checkpoint* checkpoint_;
  ApplyCounters* counters_;
  std::optional<db::Connection> connection_;
  const UnsettledTables* unsettled_;
  WindowApplier* window_;
  PlainApplier plain_;
  std::optional<OutsideSession> outside_;  ///< opened when it is needed
  std::set<const TablePlan*> marked_;      ///< since the last commit
  std::stop_token stop_;                   ///< of the batch under way
  bool one_by_one_ = false;       ///< execute() sends statements alone, to name the culprit
  bool outcome_unknown_ = false;  ///< a session was lost: the batch may be committed
  bool in_parts_ = false;
};

}  // namespace flyover::apply
