#include "migration/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "apply/checkpoint.h"
#include "base/backoff.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/task_group.h"
#include "migration/assessment.h"
#include "migration/control_rows.h"
#include "migration/copy_log.h"
#include "migration/log_record.h"
#include "migration/marker_instant.h"
#include "migration/redo_log.h"
#include "migration/state_keys.h"
#include "migration/status_file.h"
#include "migration/status_json.h"
#include "migration/stopped.h"
#include "migration/structure.h"
#include "migration/target_schema.h"
#include "schema/introspect.h"
#include "schema/schema_collation.h"

namespace flyover::migration {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSuperviseInterval{200};
constexpr std::chrono::seconds kFenceCheckInterval{2};
/// How often in a row sessions may be lost, and how long one lives that ends the row.
constexpr int kLostSessionsMax = 10;
constexpr std::chrono::seconds kSessionsLive{60};

}  // namespace

Runner::Runner(const config::Config& config, TrafficSwitch& traffic)
    : config_(config),
      endpoints_(make_endpoints(config)),
      selection_{config.tables_include, config.tables_exclude},
      traffic_(traffic),
      state_(state_file(config)),
      throttle_(config_, [this] { return active(); }),
      comparison_(config_, endpoints_, throttle_.compare_pace()) {
  phase_ = parse_phase(state_.get(kPhaseKey).value_or("assessing")).value_or(Phase::assessing);
  if (const auto text = state_.get(kLastSwitchKey)) {
    last_switch_ = report_from(nlohmann::json::parse(*text));
  }
  if (const auto text = state_.get(kThrottleKey); text && !text->empty()) {
    throttle_.set_limits(changed(limits_of(config_), nlohmann::json::parse(*text)));
  }
  unproved_ = state_.get(kUnprovedKey).value_or("") == "yes";
  counts_ = AppliedCounts::parse(state_.get(kAppliedCountsKey).value_or(""));
}

Runner::~Runner() {
  try {
    drop_link();
  } catch (const std::exception& e) {
    base::log::warn("run.end", "{}", e.what());
  }
}

void Runner::run(std::stop_token stop) {
  stop_ = stop;
  state_.set(kErrorKey, "");
  base::TaskGroup throttling(stop);
  throttling.start("throttle", [this](const std::stop_token& s) { throttle_.watch(s); });
  try {
    while_sessions_get_lost([this] { until_replicating(); });
    // Commands may be under way from here on.
    while_sessions_get_lost([this] {
      if (phase() == Phase::catch_up) catch_up();
      replicate();
    });
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

void Runner::until_replicating() {
  restore_redo(state_, endpoints_.target);
  if (phase_ == Phase::assessing) assess();
  if (phase_ == Phase::finished) return;
  recover_interrupted_switch();
  read_source_catalog();
  if (phase_ == Phase::schema) create_schema();
  if (phase_ == Phase::load) load_rows();
  begin_link();
}

/// A session that gets lost is no more than it would be a second later: the work goes on from the
/// phase that was reached, as the next process would. A server that can not be reached, or that
/// loses sessions again and again, ends the run.
void Runner::while_sessions_get_lost(const std::function<void()>& work) {
  using std::chrono::steady_clock;
  int lost = 0;
  base::Backoff backoff(milliseconds(500), std::chrono::seconds(30));
  while (true) {
    const auto began = steady_clock::now();
    try {
      return work();
    } catch (const base::ErrorException& e) {
      if (steady_clock::now() - began > kSessionsLive) {
        lost = 0;
        backoff.reset();
      }
      const bool again = db::session_lost(e.error()) && !db::unreachable(e.error()) &&
                         !stop_.stop_requested() && ++lost <= kLostSessionsMax;
      if (!again) throw;
      base::log::warn("run.session_lost", "{}", e.what());
    }
    if (!base::sleep_for(backoff.next(), stop_)) throw_stopped("waiting for a new session");
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
  schema::Catalog catalog;
  if (phase() == Phase::schema || phase() == Phase::load) {
    DatedCatalog dated = read_dated_catalog(endpoints_.source, config_.name, selection_, stop_);
    catalog = std::move(dated.catalog);
    catalog_is_later_ = !recorded_schema_position(state_).empty();
    // The stream begins where the definitions were read, so none is missed.
    if (!catalog_is_later_) {
      record_history(state_, link_name(base::Side::source),
                     stream::read_log_history(endpoints_.source, dated.position.file));
      record_schema_position(state_, dated.position);
      record_start(state_, dated.position);
    }
  } else {
    db::Connection source = db::Connection::open(endpoints_.source);
    const db::InterruptOnStop interrupt(source, stop_);
    catalog = schema::read_catalog_but_views(source, selection_);
  }
  std::sort(catalog.tables.begin(), catalog.tables.end(),
            [](const auto& a, const auto& b) { return a.data_bytes > b.data_bytes; });
  const std::unique_lock lock(mutex_);
  catalog_ = std::move(catalog);
}

void Runner::create_schema() {
  set_reason("creating the tables on the target");
  const DdlSessions sessions = ddl_sessions();
  db::Connection target = db::Connection::open(endpoints_.target);
  const db::InterruptOnStop interrupt(target, stop_);
  schema::return_collations(target);
  create_tables(sessions, catalog_, selection_, stop_);
  if (stop_.stop_requested()) throw_stopped("creating the tables");
  if (!sessions.session_sql.empty()) target.execute(sessions.session_sql);
  FLYOVER_FAULT("schema.after_tables");
  create_programs(target, catalog_, selection_);
  advance(PhaseEvent::schema_created);
}

/// Several sessions even where the load has one lane: definitions wait for the disk most of the
/// time, and those that wait together share what they wait for.
DdlSessions Runner::ddl_sessions() {
  constexpr std::size_t kSessionsMin = 4;
  db::Connection target = db::Connection::open(endpoints_.target);
  if (!wait_for_old_ddl_sessions(target, config_.name, stop_)) throw_stopped("waiting");
  const CopyLog log = decide_copy_log(target, config_.load_disable_binlog);
  base::log::info("load.binlog", "what the load writes is {} in the target's binary log: {}",
                  log.logged ? "" : "not", log.why);
  return {.target = endpoints_.target,
          .migration = config_.name,
          .count = std::max(kSessionsMin, static_cast<std::size_t>(config_.load_lanes)),
          .session_sql = log.session_sql()};
}

void Runner::load_rows() {
  const DdlSessions sessions = ddl_sessions();
  RedoLogOut redo(state_, endpoints_.target, config_.load_disable_redo, selection_);
  const auto told = [this](const std::string& what) { set_reason(what); };
  DdlSessions builders = sessions;
  builders.count = 1;
  IndexBuilder builder(std::move(builders), told, stop_);
  set_reason("copying rows from consistent snapshots");
  {
    const std::unique_lock lock(mutex_);
    load_started_ = std::chrono::steady_clock::now();
  }
  const InitialLoadOptions options{
      .migration = config_.name,
      .endpoints = endpoints_,
      .tables = catalog_.tables,
      .selection = selection_,
      .lanes = static_cast<std::size_t>(config_.load_lanes),
      .chunk_bytes = static_cast<std::uint64_t>(config_.load_chunk_bytes),
      .target_session = sessions.session_sql,
      .pace = &throttle_.load_pace(),
      .table_loaded = [&builder](const schema::Table& table) { builder.add(table); },
      .lock_max = milliseconds(config_.load_lock_ms_max),
      .prepared_max = milliseconds(config_.load_xa_wait_ms_max),
      .told =
          [this](const std::string& what) {
            set_reason(what.empty() ? "copying rows from consistent snapshots" : what);
          }};
  suspend_as_asked(options);
  const auto publish = [this](load::Loader* loader) {
    const std::unique_lock lock(mutex_);
    if (loader == nullptr && loader_ != nullptr) {
      for (load::TableProgress& one : loader_->progress()) loaded_[one.name] = std::move(one);
    }
    loader_ = loader;
  };
  run_initial_load(options, state_, publish, stop_);
  builder.finish();
  build_indexes(options, sessions, builder);
  redo.restore();
  // Only here: later a link whose checkpoint is gone must not begin anew.
  db::Connection target = db::Connection::open(endpoints_.target);
  apply::Checkpoint(config_.name, "forward").initialise(target, recorded_start(state_));
  advance(PhaseEvent::rows_loaded);
}

void Runner::build_indexes(const InitialLoadOptions& load, const DdlSessions& sessions,
                           const IndexBuilder& builder) {
  Collisions collisions = builder.collisions();
  schema::Catalog loaded;
  do {
    if (!collisions.empty()) {
      suspend_loaded(load, state_, {collisions.begin(), collisions.end()},
                     "rows from different moments of the load meet in a unique key");
    }
    // Suspended tables are made anew, with all their keys, before they are copied.
    const TableCuts cuts = recorded_cuts(state_);
    loaded = catalog_;
    std::erase_if(loaded.tables, [&](const schema::Table& table) {
      const auto cut = cuts.find(table.name);
      return cut != cuts.end() && cut->second.suspended;
    });
    collisions = add_indexes_and_keys(
        sessions, loaded, selection_, builder.done(),
        [this](const std::string& what) { set_reason(what); }, stop_);
    if (stop_.stop_requested()) throw_stopped("building indexes");
  } while (!collisions.empty());
  set_reason("comparing the schemas");
  db::Connection target = db::Connection::open(endpoints_.target);
  const db::InterruptOnStop interrupt(target, stop_);
  check_schema(loaded, target, selection_, catalog_is_later_);
}

void Runner::count_ddl(DdlAction done, const std::vector<mysql::TableName>& names,
                       const schema::StatementInfo& info, const std::string& sql) {
  static constexpr std::size_t kToldBytesMax = 200;
  const bool ignored = done == DdlAction::ignore;
  state_.add_event(ignored ? "ddl ignored" : "ddl",
                   std::string(schema::to_string(info.kind)) + ": " + sql.substr(0, kToldBytesMax));
  for (const mysql::TableName& name : names) comparison_.forget(name);
  const std::unique_lock lock(mutex_);
  for (const mysql::TableName& name : names) {
    // What differs because the user wants it so is not mended.
    if (ignored) {
      structure_mended_.insert(name);
    } else {
      ++ddls_[name];
    }
  }
  structure_ = Structure::unknown;
  structure_differences_.clear();
  structure_refused_.clear();
  programs_created_ = false;
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

void Runner::recover_interrupted_switch() {
  const bool switching = phase_ == Phase::cutting_over || phase_ == Phase::rolling_back;
  bool flipped = false;
  if (!state_.journal().empty()) {
    set_reason("ending the switch that was under way");
    flipped = recover_switch(
        {.config = config_, .endpoints = endpoints_, .selection = selection_, .traffic = traffic_},
        state_, stop_);
  }
  if (flipped) forget_load(state_);
  if (switching) advance(flipped ? PhaseEvent::flipped : PhaseEvent::called_off);
  state_.journal_clear();
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

/// The side that the application left stays read-only. A server forgets that when it restarts.
void Runner::keep_fence() {
  const Phase now = phase();
  if (now != Phase::switched && now != Phase::rolled_back) return;
  if (std::chrono::steady_clock::now() < next_fence_check_) return;
  next_fence_check_ = std::chrono::steady_clock::now() + kFenceCheckInterval;
  const std::unique_lock command(command_, std::try_to_lock);
  if (!command || phase() != now) return;
  try {
    look_after_memory();
  } catch (const base::ErrorException& e) {
    if (e.error().action != base::Action::retry) throw;
    base::log::info("memory.unknown", "{}", e.what());
    return;
  }
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
    copy_suspended();
    compare_structure();
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
