#include "migration/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "apply/checkpoint.h"
#include "apply/plain_tables.h"
#include "base/backoff.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/task_group.h"
#include "migration/assessment.h"
#include "migration/control_rows.h"
#include "migration/marker_instant.h"
#include "migration/state_keys.h"
#include "migration/status_file.h"
#include "migration/status_json.h"
#include "migration/stopped.h"
#include "migration/suspension.h"
#include "migration/target_schema.h"
#include "schema/introspect.h"

namespace flyover::migration {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSuperviseInterval{200};
constexpr std::chrono::seconds kComparisonPause{15};
constexpr std::chrono::seconds kFenceCheckInterval{2};

/// MySQL logs what a cascade does to the children from 9.6 on; before, the target must cascade.
bool logs_cascades(db::Connection& connection) {
  if (!connection.version().at_least(9, 6)) return false;
  return connection.query_value("SELECT @@global.innodb_native_foreign_keys").value_or("0") == "0";
}

}  // namespace

Runner::Runner(const config::Config& config, TrafficSwitch& traffic)
    : config_(config),
      endpoints_(make_endpoints(config)),
      selection_{config.tables_include, config.tables_exclude},
      traffic_(traffic),
      state_(state_file(config)),
      comparison_(config, endpoints_) {
  phase_ = parse_phase(state_.get(kPhaseKey).value_or("assessing")).value_or(Phase::assessing);
  if (const auto text = state_.get(kLastSwitchKey)) {
    last_switch_ = report_from(nlohmann::json::parse(*text));
  }
}

Runner::~Runner() = default;

void Runner::run(std::stop_token stop) {
  stop_ = stop;
  state_.set(kErrorKey, "");
  try {
    if (phase_ == Phase::assessing) assess();
    if (phase_ == Phase::finished) return;
    recover_interrupted_switch();
    read_source_catalog();
    if (phase_ == Phase::schema) create_schema();
    if (phase_ == Phase::load) load_rows();
    ensure_link();
    if (phase_ == Phase::catch_up) catch_up();
    replicate();
  } catch (const base::ErrorException& e) {
    if (e.error().code == kStoppedCode || stop.stop_requested()) {
      base::log::info("run.stopped", "{}", e.what());
      return;
    }
    state_.add_event("error", e.what());
    state_.set(kErrorKey, e.what());
    const std::unique_lock lock(mutex_);
    error_ = e.error();
    throw;
  }
}

void Runner::assess() {
  set_reason("checking both servers");
  const assess::Report report = assess::run_assessment(assess_context(config_, stop_));
  if (stop_.stop_requested()) throw_stopped("assessing");
  if (report.has_blockers()) {
    base::throw_error({.code = "refused.blockers",
                       .side = base::Side::us,
                       .action = base::Action::pause,
                       .message = "the assessment found blockers:\n" + report.text(),
                       .hint = "Nothing was changed on either server. Mend them and start again."});
  }
  db::Connection source = db::Connection::open(endpoints_.source);
  db::Connection target = db::Connection::open(endpoints_.target);
  create_control_schema(source);
  create_control_schema(target);
  advance(PhaseEvent::no_blockers);
}

void Runner::read_source_catalog() {
  db::Connection source = db::Connection::open(endpoints_.source);
  schema::Catalog catalog = schema::read_catalog(source, selection_);
  std::sort(catalog.tables.begin(), catalog.tables.end(),
            [](const auto& a, const auto& b) { return a.data_bytes > b.data_bytes; });
  const std::unique_lock lock(mutex_);
  catalog_ = std::move(catalog);
}

void Runner::create_schema() {
  set_reason("creating the tables on the target");
  db::Connection target = db::Connection::open(endpoints_.target);
  create_tables(target, catalog_, selection_);
  FLYOVER_FAULT("schema.after_tables");
  create_programs(target, catalog_, selection_);
  advance(PhaseEvent::schema_created);
}

void Runner::load_rows() {
  set_reason("copying rows from consistent snapshots");
  {
    const std::unique_lock lock(mutex_);
    load_started_ = std::chrono::steady_clock::now();
  }
  const InitialLoadOptions options{
      .migration = config_.name,
      .endpoints = endpoints_,
      .tables = catalog_.tables,
      .lanes = static_cast<std::size_t>(config_.load_lanes),
      .chunk_bytes = static_cast<std::uint64_t>(config_.load_chunk_bytes),
      .lock_max = milliseconds(config_.load_lock_ms_max)};
  const auto publish = [this](load::Loader* loader) {
    const std::unique_lock lock(mutex_);
    if (loader == nullptr && loader_ != nullptr) {
      for (load::TableProgress& one : loader_->progress()) loaded_[one.name] = std::move(one);
    }
    loader_ = loader;
  };
  run_initial_load(options, state_, publish, stop_);
  build_indexes();
  // Only here: later a link whose checkpoint is gone must not begin anew.
  db::Connection target = db::Connection::open(endpoints_.target);
  apply::Checkpoint(config_.name, "forward").initialise(target, recorded_start(state_));
  advance(PhaseEvent::rows_loaded);
}

void Runner::build_indexes() {
  add_indexes_and_keys(
      endpoints_.target, catalog_, selection_, static_cast<std::size_t>(config_.load_lanes),
      [this](const std::string& what) { set_reason(what); }, stop_);
  if (stop_.stop_requested()) throw_stopped("building indexes");
  set_reason("comparing the schemas");
  db::Connection source = db::Connection::open(endpoints_.source);
  db::Connection target = db::Connection::open(endpoints_.target);
  check_schema(source, target, selection_);
}

std::shared_ptr<Link> Runner::make_link(base::Side from, TableCuts cuts) {
  db::Connection from_session = db::Connection::open(endpoints_.of(from));
  LinkOptions options;
  options.migration = config_.name;
  options.name = from == base::Side::source ? "forward" : "reverse";
  options.from = endpoints_.of(from);
  options.to = endpoints_.of(other(from));
  options.workers = static_cast<std::size_t>(config_.apply_workers);
  options.tables = schema::read_catalog(from_session, selection_).tables;
  if (close_over_foreign_keys(cuts, options.tables)) record_cuts(state_, cuts);
  options.cuts = std::move(cuts);
  options.suspend = [this, tables = options.tables](const auto& names, const std::string& why) {
    suspend_tables(tables, names, why);
  };
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

void Runner::suspend_tables(const std::vector<schema::Table>& tables,
                            const std::vector<mysql::TableName>& names, const std::string& why) {
  TableCuts cuts = recorded_cuts(state_);
  if (!suspend(cuts, tables, names, why)) return;
  record_cuts(state_, cuts);
  for (const mysql::TableName& name : names) {
    base::log::warn("table.suspended", "{} is to be copied again: {}", name.to_string(), why);
    state_.add_event("suspended", name.to_string() + ": " + why);
    comparison_.forget(name);
  }
}

base::Side Runner::active() const {
  const std::unique_lock lock(mutex_);
  return target_is_active(phase_) ? base::Side::target : base::Side::source;
}

Phase Runner::phase() const {
  const std::unique_lock lock(mutex_);
  return phase_;
}

std::shared_ptr<Link> Runner::current_link() const {
  const std::unique_lock lock(mutex_);
  return link_;
}

void Runner::drop_link() {
  std::shared_ptr<Link> link;
  {
    const std::unique_lock lock(mutex_);
    link = std::exchange(link_, nullptr);
  }
  if (link != nullptr) link->stop();
}

void Runner::ensure_link() {
  reload_pending();
  start_link(active());
}

/// Tables of which an earlier link may have written rows that it could not record as applied.
void Runner::suspend_unsettled(base::Side from) {
  db::Connection to = db::Connection::open(endpoints_.of(other(from)));
  const apply::UnsettledTables unsettled(config_.name,
                                         from == base::Side::source ? "forward" : "reverse");
  const std::vector<mysql::TableName> names = unsettled.read(to);
  if (names.empty()) return;
  suspend_tables(catalog_.tables, names,
                 "writing its rows was interrupted, and it has neither transactions nor a key");
  for (const mysql::TableName& name : names) to.execute(unsettled.forget_sql(name));
}

void Runner::start_link(base::Side from) {
  suspend_unsettled(from);
  const std::shared_ptr<Link> link = make_link(from, recorded_cuts(state_));
  link->start();
  const std::unique_lock lock(mutex_);
  link_ = link;
  lag_ms_highest_ = 0;
}

void Runner::recover_interrupted_switch() {
  const bool switching = phase_ == Phase::cutting_over || phase_ == Phase::rolling_back;
  bool flipped = false;
  if (!state_.journal().empty()) {
    set_reason("ending the switch that was under way");
    flipped = recover_switch(
        {.config = config_, .endpoints = endpoints_, .selection = selection_, .traffic = traffic_},
        state_, stop_);
  }
  if (flipped) record_cuts(state_, {});
  if (switching) advance(flipped ? PhaseEvent::flipped : PhaseEvent::called_off);
  state_.journal_clear();
}

/// What was lost comes back: the checkpoint in the target knows where to go on.
void Runner::restart_link(const std::string& why) {
  const std::unique_lock command(command_, std::try_to_lock);
  if (!command) return;  // a command that uses the link ends first
  if (current_link() == nullptr && phase() == Phase::finished) return;
  base::log::warn("link.restart", "{}", why);
  drop_link();
  base::Backoff backoff(std::chrono::milliseconds(500), std::chrono::seconds(30));
  while (base::sleep_for(backoff.next(), stop_)) {
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
    restart_link(failure->text());
    return;
  }
  const std::int64_t lag_ms = link->applier().lag_ms().value_or(0);
  const std::unique_lock lock(mutex_);
  lag_ms_highest_ = std::max(lag_ms_highest_, lag_ms);
}

void Runner::catch_up() {
  set_reason("applying the changes made during the load");
  while (true) {
    check_link();
    const std::shared_ptr<Link> link = current_link();
    const auto lag = link == nullptr ? std::nullopt : link->applier().lag_ms();
    if (lag && *lag <= config_.cutover_lag_ms_max) break;
    if (!base::sleep_for(kSuperviseInterval, stop_)) throw_stopped("catching up");
  }
  advance(PhaseEvent::caught_up);
}

void Runner::first_comparison() {
  if (config_.verify_before_ready != "yes" || comparison_.complete(catalog_.tables.size())) return;
  if (!compare_now_.exchange(false) && std::chrono::steady_clock::now() < next_comparison_) return;
  next_comparison_ = std::chrono::steady_clock::now() + kComparisonPause;
  const std::unique_lock command(command_, std::try_to_lock);
  const std::shared_ptr<Link> link = current_link();
  if (!command || link == nullptr) return;
  set_reason("comparing every row before a switch is allowed");
  try {
    comparison_.run(*link, catalog_.tables, Comparison::Asked::by_itself, stop_);
    set_reason("");
  } catch (const base::ErrorException& e) {
    const bool gave_way = e.error().code == kStoppedCode && !stop_.stop_requested();
    if (e.error().action != base::Action::retry && !gave_way) throw;
    set_reason("");
    base::log::info("verify.again", "{}", e.error().message);
  }
}

/// The side that the application left stays read-only. A server forgets that when it restarts.
void Runner::keep_fence() {
  const Phase now = phase();
  if (now != Phase::switched && now != Phase::rolled_back) return;
  if (std::chrono::steady_clock::now() < next_fence_check_) return;
  next_fence_check_ = std::chrono::steady_clock::now() + kFenceCheckInterval;
  const std::unique_lock command(command_, std::try_to_lock);
  if (!command || phase() != now) return;
  SwitchSide passive(endpoints_.of(other(active())), config_.name, selection_);
  try {
    if (passive.read_only()) return;
    passive.set_read_only(true);
    base::log::warn("fence.restored", "the {} was writable again, most likely after a restart",
                    base::to_string(other(active())));
  } catch (const base::ErrorException& e) {
    base::log::warn("fence.unknown", "{}", e.what());
  }
}

void Runner::replicate() {
  while (!stop_.stop_requested()) {
    if (phase() == Phase::finished) return;
    check_link();
    keep_fence();
    first_comparison();
    base::sleep_for(kSuperviseInterval, stop_);
  }
}

void Runner::advance(PhaseEvent event) {
  const std::unique_lock lock(mutex_);
  const auto next = next_phase(phase_, event);
  FLYOVER_CHECK(next.has_value());
  state_.set(kPhaseKey, to_string(*next));
  state_.add_event("phase", to_string(*next));
  base::log::info("phase", "{}", to_string(*next));
  phase_ = *next;
  reason_.clear();
  next_action_.clear();
}

void Runner::set_reason(const std::string& reason, const std::string& next_action) {
  if (!reason.empty()) base::log::info("doing", "{}", reason);
  const std::unique_lock lock(mutex_);
  reason_ = reason;
  next_action_ = next_action;
}

}  // namespace flyover::migration
