// The runner's commands: what a user asks of a running migration.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "apply/plain_tables.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "migration/control_rows.h"
#include "migration/locked_copy.h"
#include "migration/log_record.h"
#include "migration/marker_instant.h"
#include "migration/redo_log.h"
#include "migration/runner.h"
#include "migration/state_keys.h"
#include "migration/state_text.h"
#include "migration/status_file.h"
#include "migration/status_json.h"
#include "migration/still_table.h"
#include "migration/stopped.h"
#include "schema/introspect.h"
#include "schema/sql_text.h"

namespace flyover::migration {
namespace {

[[noreturn]] void refuse(std::string code, std::string message, std::string hint) {
  base::throw_error({.code = "refused." + std::move(code),
                     .side = base::Side::us,
                     .action = base::Action::pause,
                     .message = std::move(message),
                     .hint = std::move(hint)});
}

void check_may_finish(Phase phase) {
  if (next_phase(phase, PhaseEvent::finish_requested)) return;
  refuse("phase", fmt::format("no finish in phase {}", to_string(phase)),
         phase == Phase::finished ? "The migration has ended already."
                                  : "Finish ends a migration whose target is active; README.md "
                                    "tells how one is given up before.");
}

/// The table as the link's source has it, when its engine has no snapshots.
const schema::Table* without_snapshots(const std::vector<schema::Table>& tables,
                                       const mysql::TableName& name) {
  for (const schema::Table& table : tables) {
    if (table.name == name && !table.transactional()) return &table;
  }
  return nullptr;
}

/// The old server may be gone for good, which must not keep a migration from ending.
void drop_control_rows_everywhere(const config::Config& config) {
  const Endpoints endpoints = make_endpoints(config);
  for (const db::Endpoint& endpoint : {endpoints.target, endpoints.source}) {
    try {
      db::Connection connection = db::Connection::open(endpoint);
      drop_control_rows(connection, config.name);
    } catch (const base::ErrorException& e) {
      if (e.error().action != base::Action::retry) throw;
      base::log::warn("finish.leftover", "schema flyover stays on {}: {}", endpoint.address(),
                      e.what());
    }
  }
}

/// How often a comparison begins anew because definitions move under it.
constexpr int kMovedMax = 5;
constexpr const char* kDefinitionMoved = "verify.definition_moved";
// A comparison that gives way ends its queries first.
constexpr std::chrono::seconds kGiveWayDeadline{5};
// A statement that changes definitions may take long on a large table.
constexpr std::chrono::minutes kOtherLinkDeadline{10};
// The table is locked meanwhile; the lag was small when the reload began.
constexpr std::chrono::seconds kReloadHeldDeadline{15};

}  // namespace

std::unique_lock<std::timed_mutex> Runner::take_command(const std::string& name) {
  // The supervising thread takes the same lock for moments, and a comparison that it has just begun
  // can give way only when it runs: so it is asked again and again.
  std::unique_lock command(command_, std::defer_lock);
  const auto deadline = std::chrono::steady_clock::now() + kGiveWayDeadline;
  while (!command.try_lock_for(std::chrono::milliseconds(50)) &&
         std::chrono::steady_clock::now() < deadline) {
    comparison_.give_way();
  }
  if (!command) {
    refuse("busy", name + " has to wait: another command is under way",
           "`flyover status` shows it.");
  }
  return command;
}

std::unique_lock<std::timed_mutex> Runner::begin_command(const std::string& name) {
  std::unique_lock command = take_command(name);
  if (current_link() == nullptr) {
    const std::unique_lock lock(mutex_);
    refuse("not_replicating",
           fmt::format("{} needs running replication; the phase is {}", name, to_string(phase_)),
           "Wait until the load is done, or until both servers answer again.");
  }
  return command;
}

std::vector<schema::Table> Runner::tables_named(const std::string& table) const {
  if (table.empty()) return catalog_.tables;
  for (const schema::Table& one : catalog_.tables) {
    if (one.name.to_string() == table) return {one};
  }
  std::vector<schema::Table> matching;
  for (const schema::Table& one : catalog_.tables) {
    if (schema::glob_match(table, one.name.to_string())) matching.push_back(one);
  }
  if (!matching.empty()) return matching;
  refuse("no_such_table", "the migration has no table " + table,
         "Write it as schema.table; `flyover status` lists them.");
}

nlohmann::json Runner::compare(const std::string& table, bool repair) {
  for (int moved = 0;;) {
    wait_until_copied("verify");
    auto command = begin_command("verify");
    const std::shared_ptr<Link> link = current_link();
    try {
      return compare_now(table, repair, moved < kMovedMax);
    } catch (const base::ErrorException& e) {
      const bool definition = e.error().code == kDefinitionMoved;
      if (definition) ++moved;
      if (!link->failure() && !definition && e.error().code != "verify.made_way") throw;
      if (e.error().action != base::Action::retry) throw;
      base::log::info("verify.again", "{}", e.error().message);
    }
    command.unlock();
    wait_for_other_link(link);
  }
}

/// The supervising thread starts the link anew, for which it needs the command's lock.
void Runner::wait_for_other_link(const std::shared_ptr<Link>& old) {
  const auto deadline = std::chrono::steady_clock::now() + kOtherLinkDeadline;
  while (base::sleep_for(std::chrono::milliseconds(50), stop_)) {
    const std::shared_ptr<Link> link = current_link();
    if (link != nullptr && (link != old || !link->failure())) return;
    if (std::chrono::steady_clock::now() < deadline) continue;
    refuse("not_replicating", "replication did not go on in time", "`flyover status` says why.");
  }
  throw_stopped("comparing rows");
}

/// `again`: a table whose definition moved under the comparison ends it with an error that may be
/// tried again, in place of a result.
nlohmann::json Runner::compare_now(const std::string& table, bool repair, bool again) {
  const std::vector<schema::Table> tables = tables_named(table);
  const auto told = [this](const std::string& what) { set_reason(what); };
  verify::Report report =
      comparison_.run(*current_link(), tables, Comparison::Asked::by_user, told, stop_);
  for (const verify::TableResult& one : report.tables) {
    if (!again || !one.definition_moved) continue;
    base::throw_error({.code = kDefinitionMoved,
                       .action = base::Action::retry,
                       .message = one.name.to_string() + " was changed: " + one.error});
  }
  if (repair && report.rows_different() > 0) {
    for (const verify::TableResult& one : report.tables) {
      if (one.rows_different() > 0) reload_now(tables_named(one.name.to_string()).front());
    }
    report = comparison_.run(*current_link(), tables, Comparison::Asked::by_user, told, stop_);
  }
  return to_json(report, comparison_.elapsed_ms());
}

std::uint64_t Runner::reload(const std::string& table) {
  const auto command = begin_command("reload");
  const auto lag = current_link()->applier().lag_ms();
  if (!lag || *lag > config_.cutover_lag_ms_max) {
    refuse("lag", "a reload locks the table until replication has caught up, and the lag is large",
           "Wait until the lag is below cutover.lag_ms_max.");
  }
  const std::vector<schema::Table> tables = tables_named(table);
  if (tables.size() == 1 && !anything_suspended()) return reload_now(tables.front());
  return reload_all(tables);
}

/// Copies the table from snapshots that were opened while it was locked at `since`. False: its
/// definition was changed meanwhile, or it was truncated, so that the snapshots do not show it any
/// more.
bool Runner::reads_what_was_locked(load::Loader& loader, const mysql::TableName& name,
                                   const mysql::BinlogPosition& since) {
  const auto kept = [&] {
    return definitions_kept(changes_until_now(endpoints_.of(active()), config_.name, since, stop_),
                            {name});
  };
  load::LoadResult result = load::LoadResult::stopped;
  try {
    result = loader.run(stop_);
  } catch (const base::ErrorException& e) {
    if (stop_.stop_requested() || kept()) throw;
    base::log::info("reload.moved", "{}", e.what());
    return false;
  }
  if (result == load::LoadResult::stopped) throw_stopped("copying " + name.to_string() + " again");
  return kept();
}

load::LoadOptions Runner::reload_options(const std::vector<schema::Table>& tables) {
  const bool still = std::any_of(tables.begin(), tables.end(),
                                 [](const schema::Table& table) { return !table.transactional(); });
  const bool archive = std::any_of(tables.begin(), tables.end(), [](const schema::Table& table) {
    return schema::to_upper(table.engine) == "ARCHIVE";
  });
  std::vector<std::string> schemas;
  for (const schema::Table& table : tables) schemas.push_back(table.name.schema);
  db::Connection to = db::Connection::open(endpoints_.of(other(active())));
  std::set<mysql::TableName> outside;
  for (const auto& [name, engine] : apply::read_plain_engines(to, schemas)) outside.insert(name);
  return {.source = endpoints_.of(active()),
          .target = endpoints_.of(other(active())),
          .tables = tables,
          .migration = config_.name,
          // ARCHIVE takes rising keys only.
          .lanes = archive ? 1 : static_cast<unsigned>(config_.load_lanes),
          .chunk_bytes = static_cast<std::uint64_t>(config_.load_chunk_bytes),
          .outside = std::move(outside),
          // What is locked while it is copied is not held back: writers wait.
          .pace = still ? &base::Pace::unhindered() : &throttle_.reload_pace()};
}

nlohmann::json Runner::throttle(const nlohmann::json& changes, bool reset) {
  if (reset || !changes.empty()) {
    const ThrottleLimits limits = changed(reset ? limits_of(config_) : throttle_.limits(), changes);
    state_.set(kThrottleKey, limits == limits_of(config_) ? "" : to_json(limits).dump());
    throttle_.set_limits(limits);
    state_.add_event("throttle", to_json(limits).dump());
  }
  return throttle_.status();
}

/// The table is locked READ on the active side, and the applier held at a marker behind that: now
/// the other side is exactly where the locked table is. There the table is emptied and the snapshot
/// opened, the lock released, and replication goes on from the marker when the copy is whole. Its
/// relatives by foreign keys stand at the same point, so nothing that cascades is missed.
std::uint64_t Runner::reload_now(const schema::Table& table) {
  std::shared_ptr<Link> link = current_link();
  const LinkOptions& options = link->options();
  load::Loader loader(reload_options({table}));
  const auto told = [this](const std::string& what) { set_reason(what); };
  std::optional<StillTable> still;
  mysql::BinlogPosition held;
  {
    db::Connection marker_session = db::Connection::open(options.from);
    db::Connection to = db::Connection::open(options.to);
    const std::string token = base::random_token();
    link->applier().hold_at_marker(token);
    const ReleaseApplier release(link->applier());
    std::optional<TableReadLock> lock;
    if (const schema::Table* const plain = without_snapshots(options.tables, table.name)) {
      still.emplace(options.from, *plain, stop_, told);
    } else {
      lock.emplace(options.from, std::vector{table.name}, stop_, told);
    }
    write_marker(marker_session, config_.name, "reload", token);
    held = link->applier().wait_held(std::chrono::steady_clock::now() + kReloadHeldDeadline, stop_);
    state_.set(kPendingReloadKey, table.name.to_string());
    drop_link();
    FLYOVER_FAULT("reload.before_empty");
    load::Loader::forget_table(to, config_.name, table.name);
    loader.prepare();
    loader.open_readers();
  }
  link.reset();  // with it goes the lock on the link's name
  FLYOVER_FAULT("reload.one_open");
  const bool whole = reads_what_was_locked(loader, table.name, held);
  if (still) still->check();
  FLYOVER_FAULT("reload.before_done");
  if (!whole) {
    suspend_tables(catalog_.tables, {table.name}, "its definition was changed while it was copied");
  }
  state_.set(kPendingReloadKey, "");
  still.reset();
  start_link(active());
  comparison_.forget(table.name);
  compare_now_ = true;
  if (!whole) return copy_suspended_now();
  std::uint64_t rows = 0;
  for (const load::TableProgress& one : loader.progress()) rows += one.rows_loaded;
  base::log::info("reload.done", "{} rows", rows);
  return rows;
}

/// A reload that a process did not finish: the checkpoint lies before any snapshot that can be
/// opened now, and the table may have been altered or dropped on the active side since.
void Runner::reload_pending() {
  const std::string pending = state_.get(kPendingReloadKey).value_or("");
  if (pending.empty()) return;
  db::Connection to = db::Connection::open(endpoints_.of(other(active())));
  const auto tables = schema::read_catalog_but_views(to, selection_).tables;
  std::vector<mysql::TableName> names;
  for (const schema::Table& table : tables) {
    if (table.name.to_string() == pending) names.push_back(table.name);
  }
  suspend_tables(tables, names, "copying it again was interrupted");
  state_.set(kPendingReloadKey, "");
}

void Runner::refuse_switch(const std::string& direction, PhaseEvent begun,
                           const Readiness& readiness) const {
  if (!next_phase(phase(), begun)) {
    refuse("phase", fmt::format("no {} in phase {}", direction, to_string(phase())),
           "`flyover status` shows which side is active and what can be done.");
  }
  refuse("not_ready",
         fmt::format("the {} may not begin: {}", direction, fmt::join(readiness.obstacles, "; ")),
         "`flyover status --watch` shows when it is ready.");
}

SwitchReport Runner::do_switch(PhaseEvent begun) {
  const bool cutover = begun == PhaseEvent::cutover_begun;
  const std::string direction = cutover ? "cutover" : "rollback";
  if (const Readiness before = readiness(); !before.ready) refuse_switch(direction, begun, before);
  const auto command = begin_command(direction);
  // A restart a moment ago may not have been noticed yet.
  look_after_memory();
  const Readiness readiness = this->readiness();
  if (!readiness.ready || !next_phase(phase(), begun)) refuse_switch(direction, begun, readiness);
  advance(begun);
  const base::Side from = cutover ? base::Side::source : base::Side::target;
  SwitchOutcome outcome = run_switch({.config = config_,
                                      .endpoints = endpoints_,
                                      .selection = selection_,
                                      .traffic = traffic_,
                                      .from = from,
                                      .link = current_link().get(),
                                      .make_reverse_link =
                                          [this, from] {
                                            // It begins at this moment, whatever was read of that
                                            // log before.
                                            record_history(state_, link_name(other(from)), {});
                                            place_memory_witness(other(from));
                                            return make_link(other(from), {});
                                          }},
                                     state_, direction, stop_);
  state_.set(kLastSwitchKey, state_text(to_json(outcome.report)));
  if (outcome.report.succeeded) forget_load(state_);
  advance(outcome.report.succeeded ? PhaseEvent::flipped : PhaseEvent::called_off);
  state_.journal_clear();
  std::shared_ptr<Link> old_link;
  {
    const std::unique_lock lock(mutex_);
    last_switch_ = outcome.report;
    if (outcome.new_link != nullptr) {
      old_link = std::exchange(link_, std::move(outcome.new_link));
      counts_.add(old_link->applier().stats().tables);
      lag_ms_highest_ = 0;
    }
  }
  if (old_link != nullptr) {
    comparison_.forget();
    compare_now_ = true;
  } else if (current_link()->stopped()) {
    drop_link();
    ensure_link();
  }
  return outcome.report;
}

void Runner::finish() {
  const auto command = take_command("finish");
  check_may_finish(phase());
  drop_link();
  advance(PhaseEvent::finish_requested);
  drop_control_rows_everywhere(config_);
}

void reload_without_run(const config::Config& config, const std::string& table) {
  const bool begun = std::filesystem::exists(state_file(config));
  std::optional<Phase> phase;
  if (begun) phase = parse_phase(store::StateStore(state_file(config)).get(kPhaseKey).value_or(""));
  const bool has_tables = phase && *phase >= Phase::schema && *phase != Phase::finished;
  if (!has_tables) {
    refuse("not_replicating", "there is no replication whose table could be copied again",
           "`flyover status` shows the phase.");
  }
  store::StateStore(state_file(config)).set(kAskedReloadKey, table);
}

void finish_without_run(const config::Config& config) {
  if (!std::filesystem::exists(state_file(config))) check_may_finish(Phase::assessing);
  store::StateStore state(state_file(config));
  const Phase phase = parse_phase(state.get(kPhaseKey).value_or("")).value_or(Phase::assessing);
  if (phase != Phase::finished) check_may_finish(phase);
  restore_redo(state, make_endpoints(config).target);
  state.set(kPhaseKey, to_string(Phase::finished));
  state.set(kErrorKey, "");
  drop_control_rows_everywhere(config);
}

}  // namespace flyover::migration
