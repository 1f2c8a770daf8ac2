#include "apply/batch_runner.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "apply/needs_copy.h"
#include "apply/net_changes.h"
#include "apply/net_script.h"
#include "base/backoff.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/task_group.h"
#include "schema/row_versions.h"

namespace flyover::apply {
namespace {

using base::Action;
using base::Error;
using base::ErrorException;

constexpr std::size_t kRoundTripBytesMax = 1024 * 1024;
constexpr std::size_t kRoundTripStatementsMax = 1000;
constexpr int kTogetherAttemptsMax = 3;
constexpr int kAloneAttemptsMax = 12;
constexpr std::chrono::minutes kReconnectFor{10};
constexpr std::uint32_t kDuplicateKey = 1062;
constexpr int kLockWaitS = 15;
constexpr int kLongestLockWaitS = 1073741824;
constexpr std::string_view kUnsettledCode = "apply.unsettled";

bool is_lock_conflict(const Error& error) {
  return error.mysql_errno == 1213 || error.mysql_errno == 1205 || error.mysql_errno == 3572;
}

std::string copy_again(const schema::Table& table) {
  return fmt::format(
      "`flyover reload --table '{}'` and then `flyover run` copy the table again, while the "
      "application goes on.",
      table.name.to_string());
}

/// What to look at when the target's rows are not the source's.
std::string row_hint(const schema::Table& table) {
  std::string hint =
      "The target's rows are not the source's. Does something else write to the target? " +
      copy_again(table);
  if (schema::has_text_prefix_key(table)) {
    hint +=
        " Its primary key has a prefix of a text column: servers from 8.0.29 on to which columns "
        "were added at once lose what is behind the prefix at a rollback. ALTER TABLE … FORCE on "
        "the active server ends that; what is lost there already, only a backup has.";
  }
  return hint;
}

Error row_error(const Statement& statement, std::uint64_t matched) {
  const bool insert = statement.change->kind == binlog::ChangeKind::insert;
  return {.code = insert ? "apply.duplicate" : "apply.row_missing",
          .side = base::Side::target,
          .action = Action::fail,
          .message = fmt::format(
              "{} of {} rows that the source's transaction ending at {} {} were found in the "
              "target; the first of them: {}",
              matched, statement.rows, statement.position->to_string(),
              statement.change->kind == binlog::ChangeKind::update ? "updated" : "deleted",
              describe_row(*statement.plan, *statement.change, statement.row)),
          .hint = row_hint(statement.plan->table)};
}

Error with_place(Error error, const Statement& statement) {
  if (statement.plan == nullptr) return error;
  if (error.mysql_errno == kDuplicateKey) {
    error.code = "apply.duplicate";
    error.action = Action::fail;
    error.hint =
        "The target has a row that the source does not have. Does something else write to "
        "the target? " +
        copy_again(statement.plan->table);
  }
  error.message = fmt::format("{}, source transaction ending at {}: {}",
                              describe_row(*statement.plan, *statement.change, statement.row),
                              statement.position->to_string(), error.message);
  return error;
}

}  // namespace

db::Connection open_apply_session(const db::Endpoint& target) {
  db::Connection connection = db::Connection::open(target);
  // Where the server carries out foreign keys itself, a wait that times out inside a cascade is
  // answered with success, and neither the parent nor the child is changed (docs/adr/0012).
  const bool hides_timeouts = connection.version().at_least(9, 6);
  connection.execute(
      fmt::format("SET SESSION sql_mode='{}', foreign_key_checks=1, unique_checks=1, autocommit=1, "
                  "innodb_lock_wait_timeout={}",
                  kStrictMode, hides_timeouts ? kLongestLockWaitS : kLockWaitS));
  // Fewer gap locks, so fewer deadlocks between workers.
  connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  return connection;
}

BatchRunner::BatchRunner(const db::Endpoint& target, mysql::Version version, BatchForm form,
                         const PlanSet& plans, const Checkpoint& checkpoint,
                         const UnsettledTables& unsettled, WindowApplier& window,
                         ApplyCounters& counters)
    : endpoint_(&target),
      version_(version),
      form_(form),
      plans_(&plans),
      checkpoint_(&checkpoint),
      counters_(&counters),
      unsettled_(&unsettled),
      window_(&window),
      plain_(plans) {}

void BatchRunner::run(const PreparedBatch& batch, const std::function<void()>& blocked,
                      std::stop_token stop) {
  stop_ = stop;
  if (batch.tasks.front().part()) return run_part(batch, stop);
  for (int attempt = 1;; ++attempt) {
    try {
      run_once(batch, stop);
      outcome_unknown_ = false;
      return;
    } catch (const ErrorException& e) {
      if (stop.stop_requested() || e.error().code == kUnsettledCode ||
          e.error().code == kNeedsCopyCode) {
        throw;
      }
      if (e.error().action != Action::retry) {
        base::throw_error(explain(e.error(), batch.tasks));
      }
      if (attempt >= kAloneAttemptsMax) throw;
      ++counters_->retries;
      if (is_lock_conflict(e.error())) blocked();
      recover(e.error(), stop);
      // Several transactions at once hold more locks for longer.
      if (is_lock_conflict(e.error()) && batch.tasks.size() > 1 &&
          attempt >= kTogetherAttemptsMax) {
        const bool unknown = outcome_unknown_;
        for (const Task& task : batch.tasks) {
          outcome_unknown_ = unknown;
          run(prepare({&task, 1}), blocked, stop);
        }
        return;
      }
    }
  }
}

bool BatchRunner::run_ahead(const PreparedBatch& batch, const std::function<bool()>& wait_to_commit,
                            std::stop_token stop) {
  stop_ = stop;
  try {
    if (!connection_) reconnect(stop);
    const db::InterruptOnStop interrupt(*connection_, stop);
    connection_->begin();
    apply_rows(batch);
    if (wait_to_commit()) {
      commit(batch);
      return true;
    }
    ++counters_->retries;
    rollback();
  } catch (const ErrorException& e) {
    // Whatever it was, it counts when everything before is applied.
    ++counters_->retries;
    base::log::info("apply.ahead", "{}", e.error().message);
    outcome_unknown_ = true;
    connection_.reset();
  }
  return false;
}

void BatchRunner::run_once(const PreparedBatch& batch, std::stop_token stop) {
  if (!connection_) reconnect(stop);
  const db::InterruptOnStop interrupt(*connection_, stop);
  if (begin(batch.tasks)) {
    marked_.clear();
    return;
  }
  if (!marked_.empty()) {
    base::throw_error(
        {.code = std::string(kUnsettledCode),
         .side = base::Side::target,
         .action = Action::retry,
         .message = fmt::format("{} has neither transactions nor a key, and writing its rows was "
                                "interrupted: some may be there, so they can not be written again",
                                (*marked_.begin())->table.name.to_string())});
  }
  apply_fitting(batch);
  commit(batch);
}

bool BatchRunner::begin(std::span<const Task> tasks) {
  connection_->begin();
  if (!outcome_unknown_) return false;
  // A COMMIT is sent when the checkpoint has been moved, so a session that may still commit holds
  // its row, and reading waits for it.
  const mysql::BinlogPosition& end = tasks.back().transaction.end;
  const auto state = checkpoint_->read_locked(*connection_);
  if (!state || state->position < end) return false;
  connection_->rollback();
  base::log::info("apply.commit_confirmed",
                  "the transaction ending at {} was committed before the session was lost",
                  end.to_string());
  return true;
}

void BatchRunner::apply_fitting(const PreparedBatch& batch) {
  if (!batch.nets) return apply_rows(batch);
  // The parts before this one are in the same target transaction, and no longer in memory.
  const bool part = batch.tasks.front().part();
  if (part) connection_->execute("SAVEPOINT `flyover_part`");
  try {
    return apply_rows(batch);
  } catch (const ErrorException& e) {
    if (e.error().action == Action::retry || e.error().code == kNeedsCopyCode || !marked_.empty()) {
      throw;
    }
    ++counters_->not_netted;
    base::log::warn("apply.not_netted",
                    "the net changes up to {} do not fit the target's rows; they are applied one "
                    "by one: {}",
                    batch.tasks.back().transaction.end.to_string(), e.error().message);
  }
  if (part) {
    connection_->execute("ROLLBACK TO SAVEPOINT `flyover_part`");
    reset_session();
  } else {
    rollback();
    connection_->begin();
  }
  apply_rows(prepare_one_by_one(batch.tasks));
}

void BatchRunner::apply_rows(const PreparedBatch& batch) {
  if (batch.problem) std::rethrow_exception(batch.problem);
  try {
    for (const Step& step : batch.steps) {
      if (step.stepwise != nullptr) {
        apply_stepwise(*step.stepwise);
      } else {
        execute(*connection_, step.statements);
      }
    }
    for (const Task& task : batch.tasks) apply_unrepeatable(task);
  } catch (const ErrorException&) {
    // In the midst of something, perhaps with other settings.
    outside_.reset();
    throw;
  }
}

void BatchRunner::apply_stepwise(const Task& task) {
  ScriptBuilder builder(*plans_);
  for (const binlog::Change& change : task.transaction.changes) {
    const auto* rows = std::get_if<binlog::RowsChange>(&change);
    const TablePlan* plan = rows == nullptr ? nullptr : plans_->find(rows->table);
    if (plan == nullptr || !plan->cut.counts(task.transaction.end)) continue;
    if (task.window) window_->require_near_cascades(*plan, *rows, task.transaction.end);
    if (plan->plain()) {
      if (plan->keyless()) continue;
      outside([&](db::Connection& session) {
        plain_.apply(session, *plan, *rows, task.transaction.end);
      });
      continue;
    }
    if (plan->cut.idempotent_until < task.transaction.end) {
      builder.add_rows(task.transaction, *plan, *rows);
      execute(*connection_, builder.take());
      continue;
    }
    try {
      window_->apply(*connection_, *plan, *rows, task.transaction.end);
    } catch (const ErrorException& e) {
      if (e.error().action == Action::retry) throw;
      base::throw_error(
          with_place(e.error(), {.plan = plan,
                                 .change = rows,
                                 .row = std::min(window_->row(), rows->row_count() - 1),
                                 .position = &task.transaction.end}));
    }
  }
}

void BatchRunner::apply_unrepeatable(const Task& task) {
  if (!task.plain) return;
  ScriptBuilder builder(*plans_);
  for (const binlog::Change& change : task.transaction.changes) {
    const auto* rows = std::get_if<binlog::RowsChange>(&change);
    const TablePlan* plan = rows == nullptr ? nullptr : plans_->find(rows->table);
    if (plan == nullptr || !plan->plain() || !plan->keyless()) continue;
    if (!plan->cut.counts(task.transaction.end)) continue;
    if (takes_inserts_only(*plan) && rows->kind != binlog::ChangeKind::insert) {
      throw_inserts_only(*plan, *rows, 0, task.transaction.end);
    }
    builder.add_rows(task.transaction, *plan, *rows);
    outside([&](db::Connection& session) {
      mark_unsettled(session, *plan);
      execute(session, builder.take());
    });
    FLYOVER_FAULT("apply.unsettled_rows");
  }
}

void BatchRunner::mark_unsettled(db::Connection& session, const TablePlan& plan) {
  if (!marked_.insert(&plan).second) return;
  try {
    session.execute(unsettled_->mark_sql(plan.table.name));
  } catch (const ErrorException&) {
    // Nothing of the table is written yet.
    marked_.erase(&plan);
    throw;
  }
}

void BatchRunner::outside(const std::function<void(db::Connection&)>& write) {
  if (!outside_) outside_.emplace(open_apply_session(*endpoint_), unsettled_->lock_name());
  const db::InterruptOnStop interrupt(outside_->connection(), stop_);
  outside_->work();
  write(outside_->connection());
  // At once: a worker that waits for this one's lock may have rows that this one is to wait for.
  outside_->rest();
}

void BatchRunner::execute(db::Connection& session, const std::vector<Statement>& statements) {
  const std::size_t count_max = one_by_one_ ? 1 : kRoundTripStatementsMax;
  std::string sql;
  std::size_t first = 0;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (i > first &&
        (i - first >= count_max || sql.size() + statements[i].sql.size() > kRoundTripBytesMax)) {
      execute_chunk(session, std::span(statements).subspan(first, i - first), sql);
      sql.clear();
      first = i;
    }
    if (!sql.empty()) sql += ';';
    sql += statements[i].sql;
  }
  if (!sql.empty()) execute_chunk(session, std::span(statements).subspan(first), sql);
}

void BatchRunner::execute_chunk(db::Connection& session, std::span<const Statement> statements,
                                const std::string& sql) {
  std::vector<db::ExecResult> results;
  try {
    results = session.execute_many(sql, statements.size());
  } catch (const ErrorException& e) {
    if (!one_by_one_ || e.error().action == Action::retry) throw;
    base::throw_error(with_place(e.error(), statements.front()));
  }
  for (std::size_t i = 0; i < statements.size(); ++i) {
    check(statements[i], results[i].affected_rows);
  }
}

void BatchRunner::check(const Statement& statement, std::uint64_t rows) {
  if (statement.check == RowCheck::none || rows == statement.rows) return;
  if (statement.check == RowCheck::exact || rows > statement.rows) {
    base::throw_error(row_error(statement, rows));
  }
  counters_->cascade_gone += statement.rows - rows;
}

void BatchRunner::commit(const PreparedBatch& batch) {
  const binlog::Transaction& last = batch.tasks.back().transaction;
  for (const TablePlan* plan : marked_) {
    connection_->execute(unsettled_->forget_sql(plan->table.name));
  }
  checkpoint_->move_to(*connection_, last.end, last.needs_from);
  FLYOVER_FAULT("apply.before_commit");
  connection_->commit();
  marked_.clear();
  FLYOVER_FAULT("apply.after_commit");
  ++counters_->commits;
  counters_->batch_changes = batch.changes;
  counters_->batch_rows = batch.rows;
}

void BatchRunner::run_part(const PreparedBatch& part, std::stop_token stop) {
  const binlog::Transaction& transaction = part.tasks.front().transaction;
  try {
    if (transaction.first) {
      if (!connection_) reconnect(stop);
      connection_->begin();
      in_parts_ = true;
    }
    FLYOVER_CHECK(in_parts_ && connection_.has_value());
    const db::InterruptOnStop interrupt(*connection_, stop);
    apply_fitting(part);
    if (!transaction.last) return;
    in_parts_ = false;
    commit(part);
  } catch (const ErrorException& e) {
    if (e.error().action != Action::retry || e.error().code == kNeedsCopyCode) throw;
    // The parts before are rolled back and their rows are no longer in memory.
    Error error = e.error();
    error.code = "apply.large_transaction";
    error.message =
        fmt::format("a large source transaction (it begins at {}) has to be read again: {}",
                    transaction.start.to_string(), error.message);
    base::throw_error(std::move(error));
  }
}

void BatchRunner::recover(const Error& error, std::stop_token stop) {
  base::log::warn("apply.retry", "{}", error.message);
  if (is_lock_conflict(error)) {
    try {
      rollback();
      return;
    } catch (const ErrorException&) {
      // The session went meanwhile; a new one is opened below.
    }
  }
  outcome_unknown_ = true;
  ++counters_->reconnects;
  connection_.reset();
  reconnect(stop);
}

void BatchRunner::rollback() {
  connection_->rollback();
  reset_session();
}

void BatchRunner::reset_session() {
  connection_->execute(fmt::format("SET foreign_key_checks=1, sql_mode='{}'", kStrictMode));
}

Error BatchRunner::explain(const Error& error, std::span<const Task> tasks) {
  // A check of ours names its row already; so does the idempotent form. Marked rows must not be
  // written once more.
  if (error.code.starts_with("apply.") || !connection_ || !marked_.empty()) return error;
  Error found = error;
  one_by_one_ = true;
  try {
    rollback();
    connection_->begin();
    apply_rows(prepare_one_by_one(tasks));
  } catch (const ErrorException& e) {
    if (e.error().action != Action::retry) found = e.error();
  }
  one_by_one_ = false;
  try {
    connection_->rollback();
  } catch (const ErrorException&) {
    connection_.reset();
  }
  if (found.message == error.message) {
    found.message = fmt::format("source transactions ending at {} to {}: {}",
                                tasks.front().transaction.end.to_string(),
                                tasks.back().transaction.end.to_string(), found.message);
  }
  return found;
}

void BatchRunner::reconnect(std::stop_token stop) {
  base::Backoff backoff(std::chrono::milliseconds(100), std::chrono::seconds(5));
  const auto deadline = std::chrono::steady_clock::now() + kReconnectFor;
  while (true) {
    try {
      connection_ = open_apply_session(*endpoint_);
      // Statements behind one at which the server gave the transaction up are not to be committed
      // one by one.
      connection_->execute("SET SESSION autocommit = 0");
      return;
    } catch (const ErrorException& e) {
      if (e.error().action != Action::retry || stop.stop_requested() ||
          std::chrono::steady_clock::now() > deadline) {
        throw;
      }
      base::log::warn("apply.reconnect", "{}", e.error().message);
    }
    if (!base::sleep_for(backoff.next(), stop)) {
      base::throw_error({.code = "apply.stopped", .action = Action::retry, .message = "stopped"});
    }
  }
}

}  // namespace flyover::apply
