#include "apply/applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

#include "apply/batch_runner.h"
#include "apply/checkpoint.h"
#include "apply/conflict_keys.h"
#include "apply/control_rows.h"
#include "apply/plain_tables.h"
#include "apply/statement_policy.h"
#include "apply/work_board.h"
#include "base/log.h"
#include "base/task_group.h"
#include "schema/control_schema.h"

namespace flyover::apply {
namespace {

using binlog::RowsChange;
using binlog::StatementChange;
using binlog::Transaction;

constexpr std::chrono::milliseconds kIdleTick{100};
constexpr std::chrono::seconds kLockWait{5};
constexpr std::size_t kStatementShown = 200;
// More row changes make a window's commit cheaper, and the changes of one row fewer; below some ten
// thousand that stops to be felt.
constexpr std::size_t kNetRowsMax = 50'000;
// Where rows meet each is a statement here, and what is committed together waits together.
constexpr std::size_t kWholeRowsMax = 2000;
constexpr std::size_t kNetWorkers = 2;
// So few rows are prepared in less time than the target needs to commit.
constexpr std::size_t kRowsAhead = 1000;

BatchLimits batch_limits(const ApplierOptions& options) {
  const bool net = options.mode == ApplyMode::batch;
  const std::size_t rows = options.batch_rows_max != 0 ? options.batch_rows_max
                           : net                       ? kNetRowsMax
                                                       : kWholeRowsMax;
  return {.transactions = options.batch_transactions_max,
          .rows = rows,
          .bytes = options.batch_bytes_max,
          .rows_ahead = std::min(rows, kRowsAhead)};
}

// The end of a transaction whose parts do not say it: some point inside it. Marker transactions
// stand by themselves, so every point of a transaction is on the same side of each.
void set_inner_end(Transaction& part) {
  if (part.last || part.start < part.end) return;
  part.end = {.file = part.start.file, .offset = part.start.offset + 1};
}

}  // namespace

class Applier::Impl {
 public:
  Impl(ApplierOptions options, base::BoundedQueue<Transaction>& queue)
      : options_(std::move(options)),
        queue_(&queue),
        plans_(options_.tables, options_.cuts, options_.source_logs_cascades),
        checkpoint_(options_.migration, options_.link),
        unsettled_(options_.migration, options_.link),
        board_(plans_, batch_limits(options_), options_.in_flight_bytes_max),
        window_(plans_) {
    for (const schema::Table& table : options_.tables) schemas_.insert(table.name.schema);
    if (!options_.schema_selected) {
      options_.schema_selected = [this](std::string_view schema) {
        return schemas_.contains(schema);
      };
    }
  }

  mysql::BinlogPosition prepare();
  void run(std::stop_token stop);
  ApplierStats stats() const;

  const mysql::BinlogPosition& read_from() const { return read_from_; }
  WorkBoard& board() { return board_; }
  const WorkBoard& board() const { return board_; }
  const ApplierOptions& options() const { return options_; }

 private:
  void take_link_lock();
  void dispatch_all(std::stop_token stop);
  void dispatch(Transaction transaction, std::stop_token stop);
  /// What flyover's own rows say; throws at a statement that must not be passed over.
  ControlRows inspect(const Transaction& transaction, std::stop_token stop);
  /// Throws when the link has to begin anew behind the statement, and when stopped.
  void carry_out(const Transaction& transaction, const StatementChange& statement,
                 std::stop_token stop);
  /// True when the statement may be passed: every table it may have changed is suspended, or has
  /// its effect already. Suspends them otherwise, and throws for the applier to begin anew.
  bool passes(const StatementChange& statement, const Transaction& transaction,
              std::stop_token stop);
  bool has_work(const Transaction& transaction) const;
  bool in_window(const Transaction& transaction) const;
  bool already_applied(const Transaction& transaction) const;
  void work(std::size_t worker, std::stop_token stop);
  /// What the batch may not change places with.
  ConflictKeys keys_of(const Batch& batch) const;
  /// False when stopped.
  bool run(BatchRunner& runner, const Batch& batch, const PreparedBatch& prepared,
           std::stop_token stop);
  void tick();
  void move_checkpoint();

  ApplierOptions options_;
  base::BoundedQueue<Transaction>* queue_;
  PlanSet plans_;
  Checkpoint checkpoint_;
  UnsettledTables unsettled_;
  WorkBoard board_;
  WindowApplier window_;
  ApplyCounters counters_;
  std::atomic<std::uint64_t> ignored_statements_{0};
  std::set<std::string, std::less<>> schemas_;
  std::optional<db::Connection> connection_;
  mysql::Version target_version_;
  mysql::BinlogPosition start_;
  mysql::BinlogPosition read_from_;
  std::chrono::steady_clock::time_point next_checkpoint_{};
};

mysql::BinlogPosition Applier::Impl::prepare() {
  connection_ = open_apply_session(options_.target);
  target_version_ = connection_->version();
  take_link_lock();
  plans_.set_target_engines(
      options_.plain_engines
          ? *options_.plain_engines
          : read_plain_engines(*connection_, {schemas_.begin(), schemas_.end()}));
  auto state = checkpoint_.read(*connection_);
  if (!state) {
    if (!options_.initial_position) {
      base::throw_error({.code = "apply.no_checkpoint",
                         .side = base::Side::target,
                         .action = base::Action::fail,
                         .message = fmt::format("the target has no checkpoint of migration {}, "
                                                "link {}",
                                                options_.migration, options_.link),
                         .hint = "Its flyover schema was dropped or restored. Load again."});
    }
    state = CheckpointState{.position = *options_.initial_position,
                            .read_from = *options_.initial_position};
    checkpoint_.initialise(*connection_, state->position);
  }
  start_ = state->position;
  read_from_ = state->read_from;
  board_.start_at(start_);
  window_.resume_at(start_);
  return start_;
}

// Two appliers of one link would only stop at each other's rows, late; so one may begin. The server
// drops the lock with the session, which after a crash may take a moment.
void Applier::Impl::take_link_lock() {
  const std::string name = fmt::format(
      "flyover.{:016x}", std::hash<std::string>{}(options_.migration + '\0' + options_.link));
  const auto got =
      connection_->query_value(fmt::format("SELECT GET_LOCK('{}', {})", name, kLockWait.count()));
  if (got == "1") return;
  base::throw_error({.code = "apply.already_running",
                     .side = base::Side::target,
                     .action = base::Action::retry,
                     .message = fmt::format("another flyover applies the {} link of migration {}",
                                            options_.link, options_.migration),
                     .hint = "Stop it first; SHOW PROCESSLIST on the target shows its sessions."});
}

void Applier::Impl::run(std::stop_token stop) {
  FLYOVER_CHECK(connection_.has_value());
  // With the session goes the lock on the link's name: the next applier need not wait until nobody
  // looks at this one any more.
  struct EndSession {
    std::optional<db::Connection>& session;
    ~EndSession() { session.reset(); }
  } const end_session{connection_};
  try {
    base::TaskGroup group(stop);
    // Net changes are written by one session at a time, while the next are prepared.
    const std::size_t workers_max =
        options_.mode == ApplyMode::batch ? kNetWorkers : options_.workers;
    for (std::size_t i = 0;
         i < std::clamp<std::size_t>(options_.workers, 1, std::max<std::size_t>(1, workers_max));
         ++i) {
      group.start(fmt::format("apply-{}", i),
                  [this, i](std::stop_token group_stop) { work(i, std::move(group_stop)); });
    }
    try {
      dispatch_all(group.stop_token());
      board_.finish();
    } catch (...) {
      // What the dispatching thread meets after a worker has failed only follows from it.
      const bool worker_failed = group.stop_token().stop_requested() && !stop.stop_requested();
      group.request_stop();
      if (worker_failed) group.join();
      throw;
    }
    group.join();
    if (!stop.stop_requested()) move_checkpoint();
    board_.end(std::nullopt);
  } catch (...) {
    board_.end(base::to_error(std::current_exception()));
    throw;
  }
}

void Applier::Impl::dispatch_all(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto transaction = queue_->pop_for(kIdleTick, stop);
    if (transaction) dispatch(std::move(*transaction), stop);
    if (!transaction && queue_->finished()) break;
    tick();
  }
  board_.drain(stop);
}

void Applier::Impl::dispatch(Transaction transaction, std::stop_token stop) {
  set_inner_end(transaction);
  ControlRows control = inspect(transaction, stop);
  const bool hold = board_.hold_requested(control);
  const ControlRows held_at = hold ? control : ControlRows{};
  const mysql::BinlogPosition end = transaction.last ? transaction.end : mysql::BinlogPosition{};
  if (already_applied(transaction) || !has_work(transaction)) {
    board_.skip(end, transaction.needs_from, std::move(control));
  } else {
    Task task{.bytes = transaction.memory_bytes(),
              .rows = transaction.row_count(),
              .window = in_window(transaction),
              .plain = plans_.touches_plain(transaction)};
    task.transaction = std::move(transaction);
    if (!board_.submit(std::move(task), std::move(control), stop)) return;
  }
  if (!hold || !board_.drain(stop)) return;
  move_checkpoint();
  board_.stay_held(held_at, stop);
}

ControlRows Applier::Impl::inspect(const Transaction& transaction, std::stop_token stop) {
  ControlRows control;
  for (const binlog::Change& change : transaction.changes) {
    if (const auto* rows = std::get_if<RowsChange>(&change)) {
      if (rows->table.schema == schema::kControlSchema) {
        read_control_rows(*rows, options_.migration, control);
      }
      continue;
    }
    const auto& statement = std::get<StatementChange>(change);
    if (options_.statements != nullptr && !already_applied(transaction) &&
        options_.statements->concerns(statement)) {
      carry_out(transaction, statement, stop);
      continue;
    }
    const StatementVerdict verdict = judge_statement(statement, options_.schema_selected);
    // Whoever carries definitions out has read which objects it names: none of ours.
    const bool of_others = verdict == StatementVerdict::ddl && options_.statements != nullptr;
    if (verdict == StatementVerdict::ignore || of_others || already_applied(transaction) ||
        (verdict == StatementVerdict::statement_dml && passes(statement, transaction, stop))) {
      ++ignored_statements_;
      base::log::debug("apply.statement_ignored", "{}: {}", transaction.end.to_string(),
                       std::string_view(statement.sql).substr(0, 200));
      continue;
    }
    if (board_.drain(stop)) move_checkpoint();
    base::throw_error(statement_error(verdict, statement, transaction.end));
  }
  return control;
}

void Applier::Impl::carry_out(const Transaction& transaction, const StatementChange& statement,
                              std::stop_token stop) {
  const auto ended = [&](const char* code, std::string message) {
    base::throw_error({.code = code, .action = base::Action::retry, .message = std::move(message)});
  };
  if (!board_.drain(stop)) ended("apply.stopped", "stopped before a statement");
  move_checkpoint();
  // A resume must not meet rows from before the statement with the definitions from behind it.
  if (board_.resumable_position() < board_.applied_position()) {
    ended("apply.checkpoint", "the checkpoint could not be moved up to a statement");
  }
  if (!options_.statements->carry_out(transaction, statement, stop)) return;
  ended(kDefinitionsChanged, fmt::format("definitions changed at {}", transaction.end.to_string()));
}

bool Applier::Impl::passes(const StatementChange& statement, const Transaction& transaction,
                           std::stop_token stop) {
  if (!options_.reached_by) return false;
  std::vector<mysql::TableName> reached;
  for (const mysql::TableName& name : options_.reached_by(statement)) {
    const TablePlan* plan = plans_.find(name);
    if (plan != nullptr && plan->cut.counts(transaction.end)) reached.push_back(name);
  }
  if (reached.empty()) return true;
  if (board_.drain(stop)) move_checkpoint();
  const std::string why = fmt::format(
      "session {} wrote with a statement that is logged as text, at {}: {}", statement.thread_id,
      transaction.end.to_string(), std::string_view(statement.sql).substr(0, kStatementShown));
  if (!stop.stop_requested()) options_.suspend(reached, why);
  base::throw_error({.code = kSuspendedCode,
                     .side = base::Side::source,
                     .action = base::Action::retry,
                     .message = fmt::format("{} tables are suspended: {}", reached.size(), why)});
}

bool Applier::Impl::has_work(const Transaction& transaction) const {
  // Parts always: the target transaction must begin and end with them.
  if (!transaction.first || !transaction.last) return true;
  return std::any_of(transaction.changes.begin(), transaction.changes.end(),
                     [&](const binlog::Change& change) {
                       const auto* rows = std::get_if<RowsChange>(&change);
                       if (rows == nullptr || rows->row_count() == 0) return false;
                       const TablePlan* plan = plans_.find(rows->table);
                       return plan != nullptr && plan->cut.counts(transaction.end);
                     });
}

bool Applier::Impl::in_window(const Transaction& transaction) const {
  return transaction.end <= plans_.window_end();
}

bool Applier::Impl::already_applied(const Transaction& transaction) const {
  return transaction.end <= start_;
}

void Applier::Impl::work(std::size_t worker, std::stop_token stop) {
  const BatchForm form =
      options_.mode == ApplyMode::batch ? BatchForm::collapsed : BatchForm::staged;
  BatchRunner runner(options_.target, target_version_, form, plans_, checkpoint_, unsettled_,
                     window_, counters_);
  while (true) {
    const Batch batch = board_.take(worker, stop);
    if (batch.tasks.empty()) return;
    const PreparedBatch prepared = runner.prepare(batch.tasks);
    if (!board_.wait_to_run(batch, keys_of(batch), stop)) return;
    try {
      if (!run(runner, batch, prepared, stop)) return;
    } catch (const base::ErrorException&) {
      // A stop cuts the session; what was under way is found out at the next start.
      if (stop.stop_requested()) return;
      throw;
    }
    const Task& last = batch.tasks.back();
    board_.complete(batch);
    if (last.transaction.last) board_.set_resumable_position(last.transaction.end);
  }
}

// The net changes of two batches nearly always meet, where some rows are changed often.
ConflictKeys Applier::Impl::keys_of(const Batch& batch) const {
  if (options_.mode == ApplyMode::batch) return {.serial = true};
  std::vector<ConflictKeys> all;
  for (const Task& task : batch.tasks) {
    all.push_back(task.plain ? ConflictKeys{.serial = true}
                             : conflict_keys(task.transaction, plans_));
    if (all.back().serial) break;
  }
  return conflict_keys(all);
}

bool Applier::Impl::run(BatchRunner& runner, const Batch& batch, const PreparedBatch& prepared,
                        std::stop_token stop) {
  if (!board_.has_turn(batch)) {
    if (runner.run_ahead(
            prepared, [&] { return board_.wait_to_commit(batch, stop); }, stop)) {
      return true;
    }
    if (!board_.wait_turn(batch, stop)) return false;
  }
  runner.run(
      prepared, [&] { board_.make_way(batch); }, stop);
  return true;
}

void Applier::Impl::tick() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_checkpoint_) return;
  next_checkpoint_ = now + options_.checkpoint_interval;
  board_.sample();
  move_checkpoint();
}

// Batches move the checkpoint themselves; this is for what the target has no work with. A
// checkpoint that could not be moved costs nothing but time at a resume, so trouble that passes is
// left to the next tick.
void Applier::Impl::move_checkpoint() {
  if (!board_.idle()) return;  // Nothing begins meanwhile: this thread hands out the work.
  const CheckpointState state = board_.progress_to_keep();
  if (state.position <= board_.resumable_position()) return;
  try {
    if (!connection_) connection_ = open_apply_session(options_.target);
    checkpoint_.move_to(*connection_, state.position, state.read_from);
    board_.set_resumable_position(state.position);
  } catch (const base::ErrorException& e) {
    connection_.reset();
    if (e.error().action != base::Action::retry) throw;
    base::log::warn("apply.checkpoint", "{}", e.error().message);
  }
}

ApplierStats Applier::Impl::stats() const {
  ApplierStats stats;
  board_.read_progress([&](const Progress& progress) {
    stats.tables = progress.tables();
    stats.transactions = progress.transactions();
    stats.rows = progress.rows();
    stats.rows_per_second = progress.rows_per_second();
    stats.applied_position = progress.applied_position();
  });
  stats.commits = counters_.commits;
  stats.retries = counters_.retries;
  stats.reconnects = counters_.reconnects;
  stats.cascade_gone = counters_.cascade_gone;
  stats.batch_changes = counters_.batch_changes;
  stats.batch_rows = counters_.batch_rows;
  stats.not_netted = counters_.not_netted;
  stats.ignored_statements = ignored_statements_;
  stats.resumable_position = board_.resumable_position();
  stats.lag = board_.lag(2 * options_.heartbeat_interval);
  stats.idle = board_.idle() && queue_->used_bytes() == 0;
  stats.held = board_.held();
  return stats;
}

Applier::Applier(ApplierOptions options, base::BoundedQueue<Transaction>& queue)
    : impl_(std::make_unique<Impl>(std::move(options), queue)) {}
Applier::~Applier() = default;

mysql::BinlogPosition Applier::prepare() {
  return impl_->prepare();
}

const mysql::BinlogPosition& Applier::read_from() const {
  return impl_->read_from();
}

void Applier::run(std::stop_token stop) {
  impl_->run(std::move(stop));
}

void Applier::hold_at_marker(const std::string& token) {
  impl_->board().request_hold(token);
}

mysql::BinlogPosition Applier::wait_held(std::chrono::steady_clock::time_point deadline,
                                         std::stop_token stop) {
  return impl_->board().wait_held(deadline, std::move(stop));
}

void Applier::release() {
  impl_->board().release();
}

mysql::BinlogPosition Applier::wait_marker_applied(const std::string& token,
                                                   std::chrono::steady_clock::time_point deadline,
                                                   std::stop_token stop) {
  return impl_->board().wait_marker(token, deadline, std::move(stop));
}

std::optional<std::int64_t> Applier::lag_ms() const {
  const auto lag = impl_->board().lag(2 * impl_->options().heartbeat_interval);
  return lag ? std::optional<std::int64_t>(lag->count()) : std::nullopt;
}

mysql::BinlogPosition Applier::applied_position() const {
  return impl_->board().applied_position();
}

mysql::BinlogPosition Applier::resumable_position() const {
  return impl_->board().resumable_position();
}

std::vector<RecentRow> Applier::recent_rows() const {
  std::vector<RecentRow> rows;
  impl_->board().read_progress([&](const Progress& progress) {
    rows.assign(progress.recent_rows().begin(), progress.recent_rows().end());
  });
  return rows;
}

ApplierStats Applier::stats() const {
  return impl_->stats();
}

}  // namespace flyover::apply
