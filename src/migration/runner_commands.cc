// The runner's commands: what a user asks of a running migration.
#include <fmt/format.h>

#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "migration/control_rows.h"
#include "migration/marker_instant.h"
#include "migration/runner.h"
#include "migration/state_keys.h"
#include "migration/status_file.h"
#include "migration/status_json.h"
#include "migration/stopped.h"

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
         "Finish ends a migration whose target is active. To give one up before, stop `flyover "
         "run` and drop the target's schemas.");
}

void drop_control_rows_everywhere(const config::Config& config) {
  const Endpoints endpoints = make_endpoints(config);
  for (const db::Endpoint& endpoint : {endpoints.source, endpoints.target}) {
    db::Connection connection = db::Connection::open(endpoint);
    drop_control_rows(connection, config.name);
  }
}

// A comparison that gives way ends its queries first.
constexpr std::chrono::seconds kGiveWayDeadline{5};

}  // namespace

std::unique_lock<std::timed_mutex> Runner::begin_command(const std::string& name) {
  comparison_.give_way();
  std::unique_lock command(command_, kGiveWayDeadline);
  if (!command) {
    refuse("busy", name + " has to wait: another command is under way",
           "`flyover status` shows it.");
  }
  if (current_link() == nullptr) {
    const std::unique_lock lock(mutex_);
    refuse("not_replicating",
           fmt::format("{} needs running replication; the phase is {}", name, to_string(phase_)),
           "Wait until the load is done.");
  }
  return command;
}

std::vector<schema::Table> Runner::tables_named(const std::string& table) const {
  if (table.empty()) return catalog_.tables;
  for (const schema::Table& one : catalog_.tables) {
    if (one.name.to_string() == table) return {one};
  }
  refuse("no_such_table", "the migration has no table " + table,
         "Write it as schema.table; `flyover status` lists them.");
}

nlohmann::json Runner::compare(const std::string& table, bool repair) {
  const auto command = begin_command("verify");
  const std::vector<schema::Table> tables = tables_named(table);
  verify::Report report =
      comparison_.run(*current_link(), tables, Comparison::Asked::by_user, stop_);
  if (repair && report.rows_different() > 0) {
    for (const verify::TableResult& one : report.tables) {
      if (one.rows_different() > 0) reload_now(one.name);
    }
    report = comparison_.run(*current_link(), tables, Comparison::Asked::by_user, stop_);
  }
  return to_json(report, comparison_.elapsed_ms());
}

std::uint64_t Runner::reload(const std::string& table) {
  const auto command = begin_command("reload");
  return reload_now(tables_named(table).front().name);
}

/// Copies the table again while no applier runs, so that nothing is applied to a half-filled table.
/// Its new cut is exact, because the table is locked while the copy's snapshots open. Until the
/// copy is whole the state remembers it: whatever link is started next begins with it.
std::uint64_t Runner::reload_pending() {
  const std::string name = state_.get(kPendingReloadKey).value_or("");
  if (name.empty()) return 0;
  set_reason("copying " + name + " again");
  const schema::Table table = tables_named(name).front();
  const db::Endpoint& from = endpoints_.of(active());
  const db::Endpoint& to = endpoints_.of(other(active()));
  FLYOVER_FAULT("reload.before_empty");
  db::Connection to_session = db::Connection::open(to);
  load::Loader::forget_table(to_session, config_.name, table.name);
  load::Loader loader({.source = from,
                       .target = to,
                       .tables = {table},
                       .migration = config_.name,
                       .lanes = static_cast<unsigned>(config_.load_lanes),
                       .chunk_bytes = static_cast<std::uint64_t>(config_.load_chunk_bytes)});
  loader.prepare();
  const mysql::BinlogPosition cut =
      open_snapshots_at(from, config_.name, {table.name}, loader, stop_).end;
  if (loader.run(stop_) == load::LoadResult::stopped) throw_stopped("copying " + name + " again");
  FLYOVER_FAULT("reload.before_cut");
  TableCuts cuts = recorded_cuts(state_);
  cuts[table.name] = {cut, cut};
  record_cuts(state_, cuts);
  state_.set(kPendingReloadKey, "");
  std::uint64_t rows = 0;
  for (const load::TableProgress& one : loader.progress()) rows += one.rows_loaded;
  base::log::info("reload.done", "{}: {} rows, exact at {}", name, rows, cut.to_string());
  set_reason("");
  return rows;
}

std::uint64_t Runner::reload_now(const mysql::TableName& table) {
  state_.set(kPendingReloadKey, table.to_string());
  drop_link();
  return ensure_link();
}

SwitchReport Runner::do_switch(PhaseEvent begun) {
  const bool cutover = begun == PhaseEvent::cutover_begun;
  const std::string direction = cutover ? "cutover" : "rollback";
  const auto command = begin_command(direction);
  const Readiness readiness = this->readiness();
  if (!next_phase(phase_, begun)) {
    refuse("phase", fmt::format("no {} in phase {}", direction, to_string(phase_)),
           cutover ? "The target is active already." : "The source is active already.");
  }
  if (!readiness.ready) {
    refuse("not_ready",
           fmt::format("the {} may not begin: {}", direction, fmt::join(readiness.obstacles, "; ")),
           "`flyover status --watch` shows when it is ready.");
  }
  advance(begun);
  const base::Side from = cutover ? base::Side::source : base::Side::target;
  SwitchOutcome outcome =
      run_switch({.config = config_,
                  .endpoints = endpoints_,
                  .selection = selection_,
                  .traffic = traffic_,
                  .from = from,
                  .link = current_link().get(),
                  .make_reverse_link = [this, from] { return make_link(other(from), {}); }},
                 state_, direction, stop_);
  state_.set(kLastSwitchKey, to_json(outcome.report).dump());
  if (outcome.report.succeeded) record_cuts(state_, {});
  advance(outcome.report.succeeded ? PhaseEvent::flipped : PhaseEvent::called_off);
  state_.journal_clear();
  std::shared_ptr<Link> old_link;
  {
    const std::unique_lock lock(mutex_);
    last_switch_ = outcome.report;
    if (outcome.new_link != nullptr) {
      old_link = std::exchange(link_, std::move(outcome.new_link));
      lag_ms_highest_ = 0;
    }
  }
  if (old_link != nullptr) {
    comparison_.forget();
  } else if (current_link()->stopped()) {
    drop_link();
    ensure_link();
  }
  return outcome.report;
}

void Runner::finish() {
  const auto command = begin_command("finish");
  check_may_finish(phase_);
  drop_link();
  drop_control_rows_everywhere(config_);
  advance(PhaseEvent::finish_requested);
}

void finish_without_run(const config::Config& config) {
  store::StateStore state(state_file(config));
  const Phase phase = parse_phase(state.get(kPhaseKey).value_or("")).value_or(Phase::assessing);
  check_may_finish(phase);
  drop_control_rows_everywhere(config);
  state.set(kPhaseKey, to_string(Phase::finished));
  state.set(kErrorKey, "");
}

}  // namespace flyover::migration
