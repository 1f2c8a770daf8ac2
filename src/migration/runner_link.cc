// The runner's link: made, started, looked after and started again.

#include <algorithm>
#include <utility>

#include "apply/checkpoint.h"
#include "apply/plain_tables.h"
#include "apply/statement_reach.h"
#include "base/backoff.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/task_group.h"
#include "migration/control_rows.h"
#include "migration/log_record.h"
#include "migration/runner.h"
#include "migration/state_keys.h"
#include "migration/structure.h"
#include "migration/suspension.h"
#include "schema/introspect.h"
#include "schema/schema_collation.h"

namespace flyover::migration {
namespace {

constexpr std::chrono::seconds kCountsInterval{5};

bool contains(const std::vector<schema::Table>& tables, const mysql::TableName& name) {
  return std::any_of(tables.begin(), tables.end(),
                     [&](const schema::Table& table) { return table.name == name; });
}

/// MySQL logs what a cascade does to the children from 9.6 on; before, the target must cascade.
bool logs_cascades(db::Connection& connection) {
  if (!connection.version().at_least(9, 6)) return false;
  return connection.query_value("SELECT @@global.innodb_native_foreign_keys").value_or("0") == "0";
}

}  // namespace

std::shared_ptr<Link> Runner::make_link(base::Side from, TableCuts cuts) {
  db::Connection from_session = db::Connection::open(endpoints_.of(from));
  LinkOptions options;
  options.migration = config_.name;
  options.name = link_name(from);
  options.from = endpoints_.of(from);
  options.to = endpoints_.of(other(from));
  options.history = recorded_history(state_, options.name);
  options.keep_history = [this, name = options.name](const stream::LogHistory& history) {
    record_history(state_, name, history);
  };
  options.workers = static_cast<std::size_t>(config_.apply_workers);
  options.mode =
      config_.apply_mode == "batch" ? apply::ApplyMode::batch : apply::ApplyMode::transactional;
  options.batch_rows = static_cast<std::size_t>(config_.apply_batch_rows);
  read_link_tables(from_session, options);
  const std::size_t cuts_before = cuts.size();
  std::erase_if(cuts, [&](const auto& cut) {
    return !cut.second.suspended && !contains(options.tables, cut.first);
  });
  bool changed = cuts.size() != cuts_before;
  db::Connection to_session = db::Connection::open(options.to);
  if (const auto applied = apply::Checkpoint(config_.name, options.name).read(to_session)) {
    changed |= settle(cuts, applied->position);
  }
  changed |= suspend_inexact(cuts, options.tables);
  changed |= close_over_foreign_keys(cuts, options.tables);
  if (changed) record_cuts(state_, cuts);
  options.cuts = std::move(cuts);
  options.suspend = [this, tables = options.tables](const auto& names, const std::string& why) {
    suspend_tables(tables, names, why);
  };
  if (config_.apply_statement_dml == "reload") {
    options.reached_by =
        [reach = apply::StatementReach(options.tables, apply::read_stored_texts(from_session))](
            const binlog::StatementChange& statement) { return reach.tables_of(statement); };
  }
  options.ddl = std::make_shared<DdlHandler>(ddl_options(options));
  options.from_logs_cascades = logs_cascades(from_session);
  options.selects_schema = [selection = selection_](std::string_view name) {
    return selection.selects_schema(name);
  };
  for (const mysql::TableName& name : {marker_table(), heartbeat_table()}) {
    auto table = schema::read_table(from_session, name);
    FLYOVER_CHECK(table.has_value());
    options.control_tables.push_back(std::move(*table));
  }
  return std::make_shared<Link>(std::move(options));
}

/// Everything that takes long where there are very many tables: a link may have to start while the
/// application waits.
void Runner::read_link_tables(db::Connection& from, LinkOptions& options) const {
  db::Connection to_session = db::Connection::open(options.to);
  const db::InterruptOnStop interrupt(to_session, stop_);
  FLYOVER_FAULT("link.definitions");
  options.tables = schema::read_catalog_but_views(to_session, selection_).tables;
  const db::Table engines = from.query(
      "SELECT table_schema AS s, table_name AS t, engine AS e FROM information_schema.tables WHERE "
      "table_type = 'BASE TABLE' AND engine IS NOT NULL");
  std::map<mysql::TableName, std::string> engine_of;
  for (std::size_t i = 0; i < engines.rows.size(); ++i) {
    engine_of[{engines.text(i, "s"), engines.text(i, "t")}] = engines.text(i, "e");
  }
  for (schema::Table& table : options.tables) {
    if (!table.transactional()) options.plain_engines[table.name] = table.engine;
    if (const auto found = engine_of.find(table.name); found != engine_of.end()) {
      table.engine = found->second;
    }
  }
}

DdlHandlerOptions Runner::ddl_options(const LinkOptions& link) {
  const bool forward = link.from.side == base::Side::source;
  return {.migration = config_.name,
          .link = link.name,
          .from = link.from,
          .to = link.to,
          .policy = DdlPolicy(selection_, config_.ddl),
          .tables = link.tables,
          .cuts = link.cuts,
          .schema_as_of = forward ? recorded_schema_position(state_) : mysql::BinlogPosition{},
          .suspend = link.suspend,
          .carried_out = [this](DdlAction done, const auto& names, const auto& info,
                                const std::string& sql) { count_ddl(done, names, info, sql); },
          .make_way = [this] { comparison_.make_way(); }};
}

void Runner::drop_link() {
  std::shared_ptr<Link> link;
  AppliedCounts::Counted before;
  {
    const std::unique_lock lock(mutex_);
    link = std::exchange(link_, nullptr);
    if (link == nullptr) return;
    before = link->applier().stats().tables;
    counts_.add(before);
  }
  link->stop();
  {
    const std::unique_lock lock(mutex_);
    counts_.add_since(before, link->applier().stats().tables);
  }
  keep_counts();
}

/// For the next process; one that is killed takes with it what it counted since.
void Runner::keep_counts() {
  std::string text;
  {
    const std::unique_lock lock(mutex_);
    text =
        counts_.text(link_ == nullptr ? AppliedCounts::Counted() : link_->applier().stats().tables);
  }
  state_.set(kAppliedCountsKey, text);
}

void Runner::ensure_link() {
  reload_pending();
  suspend_as_asked();
  start_link(active());
}

/// A server that can not be reached ends the run with an error; a session that gets lost on the way
/// is no more than it would be a second later.
void Runner::begin_link() {
  try {
    ensure_link();
  } catch (const base::ErrorException& e) {
    if (!db::session_lost(e.error()) || db::unreachable(e.error())) throw;
    restart_link(e.error().text());
  }
}

/// Tables of which an earlier link may have written rows that it could not record as applied.
void Runner::suspend_unsettled(base::Side from) {
  db::Connection to = db::Connection::open(endpoints_.of(other(from)));
  const apply::UnsettledTables unsettled(config_.name, link_name(from));
  const std::vector<mysql::TableName> names = unsettled.read(to);
  if (names.empty()) return;
  suspend_tables(catalog_.tables, names,
                 "writing its rows was interrupted, and it has neither transactions nor a key");
  for (const mysql::TableName& name : names) to.execute(unsettled.forget_sql(name));
}

void Runner::start_link(base::Side from) {
  for (const base::Side side : {from, other(from)}) {
    db::Connection session = db::Connection::open(endpoints_.of(side));
    schema::return_collations(session);
  }
  suspend_unsettled(from);
  suspend_emptied(from);
  TableCuts cuts = recorded_cuts(state_);
  if (!suspended_tables(cuts).empty()) {
    db::Connection from_session = db::Connection::open(endpoints_.of(from));
    db::Connection to_session = db::Connection::open(endpoints_.of(other(from)));
    if (restore_suspended(from_session, to_session, other(from), config_.name, selection_, cuts)) {
      record_cuts(state_, cuts);
    }
  }
  const std::shared_ptr<Link> link = make_link(from, std::move(cuts));
  note_suspended(link->options().cuts);
  link->start();
  adopt_tables(*link);
  const std::unique_lock lock(mutex_);
  link_ = link;
  lag_ms_highest_ = 0;
  structure_ = Structure::unknown;
}

/// The tables that the migration has are those of its link.
void Runner::adopt_tables(const Link& link) {
  std::vector<schema::Table> tables = link.options().tables;
  std::sort(tables.begin(), tables.end(),
            [](const auto& a, const auto& b) { return a.data_bytes > b.data_bytes; });
  comparison_.keep_only(tables);
  const std::unique_lock lock(mutex_);
  catalog_.tables = std::move(tables);
}

/// What was lost comes back: the checkpoint in the target knows where to go on.
void Runner::restart_link(const std::string& why, bool at_once) {
  const std::unique_lock command(command_, std::try_to_lock);
  if (!command) return;  // a command that uses the link ends first
  if (current_link() == nullptr && phase() == Phase::finished) return;
  base::log::warn("link.restart", "{}", why);
  drop_link();
  base::Backoff backoff(std::chrono::milliseconds(500), std::chrono::seconds(30));
  while (at_once || base::sleep_for(backoff.next(), stop_)) {
    at_once = false;
    try {
      set_reason("connecting again: " + why);
      ensure_link();
      set_reason("");
      return;
    } catch (const base::ErrorException& e) {
      if (e.error().action != base::Action::retry) throw;
      base::log::warn("link.restart", "{}", e.what());
    }
  }
}

void Runner::check_link() {
  const std::shared_ptr<Link> link = current_link();
  if (link == nullptr) {
    restart_link("replication does not run");
    return;
  }
  if (const auto failure = link->failure()) {
    if (failure->action != base::Action::retry) base::throw_error(*failure);
    restart_link(failure->text(), failure->code == apply::kDefinitionsChanged ||
                                      failure->code == apply::kSuspendedCode);
    return;
  }
  if (std::chrono::steady_clock::now() >= next_counts_) {
    next_counts_ = std::chrono::steady_clock::now() + kCountsInterval;
    keep_counts();
  }
  const std::int64_t lag_ms = link->applier().lag_ms().value_or(0);
  const std::unique_lock lock(mutex_);
  lag_ms_highest_ = std::max(lag_ms_highest_, lag_ms);
}

}  // namespace flyover::migration
