#include "migration/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "apply/checkpoint.h"
#include "apply/plain_tables.h"
#include "apply/statement_reach.h"
#include "base/backoff.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "migration/assessment.h"
#include "migration/control_rows.h"
#include "migration/log_record.h"
#include "migration/marker_instant.h"
#include "migration/state_keys.h"
#include "migration/status_file.h"
#include "migration/status_json.h"
#include "migration/stopped.h"
#include "migration/structure.h"
#include "migration/suspension.h"
#include "migration/target_schema.h"
#include "schema/introspect.h"
#include "schema/schema_collation.h"

namespace flyover::migration {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSuperviseInterval{200};
constexpr std::chrono::seconds kComparisonPause{15};
constexpr std::chrono::seconds kFenceCheckInterval{2};
constexpr std::chrono::seconds kCountsInterval{5};
constexpr milliseconds kStructurePause{700};
/// How often the same differences are seen before they count as more than a moment's.
constexpr int kStructureChecks = 3;
constexpr std::chrono::seconds kMarkerDeadline{10};
constexpr std::uint32_t kViewInvalid = 1356;

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
  try {
    if (phase_ == Phase::assessing) assess();
    if (phase_ == Phase::finished) return;
    recover_interrupted_switch();
    read_source_catalog();
    if (phase_ == Phase::schema) create_schema();
    if (phase_ == Phase::load) load_rows();
    begin_link();
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
    catalog = schema::read_catalog_but_views(source, selection_);
  }
  std::sort(catalog.tables.begin(), catalog.tables.end(),
            [](const auto& a, const auto& b) { return a.data_bytes > b.data_bytes; });
  const std::unique_lock lock(mutex_);
  catalog_ = std::move(catalog);
}

void Runner::create_schema() {
  set_reason("creating the tables on the target");
  db::Connection target = db::Connection::open(endpoints_.target);
  schema::return_collations(target);
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
      .selection = selection_,
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
  // Suspended tables are made anew, with all their keys, before they are copied.
  const TableCuts cuts = recorded_cuts(state_);
  schema::Catalog loaded = catalog_;
  std::erase_if(loaded.tables, [&](const schema::Table& table) {
    const auto cut = cuts.find(table.name);
    return cut != cuts.end() && cut->second.suspended;
  });
  add_indexes_and_keys(
      endpoints_.target, loaded, selection_, static_cast<std::size_t>(config_.load_lanes),
      [this](const std::string& what) { set_reason(what); }, stop_);
  if (stop_.stop_requested()) throw_stopped("building indexes");
  set_reason("comparing the schemas");
  db::Connection target = db::Connection::open(endpoints_.target);
  check_schema(loaded, target, selection_, catalog_is_later_);
}

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
  options.tables = link_tables(from_session, options.to);
  const std::size_t cuts_before = cuts.size();
  std::erase_if(cuts, [&](const auto& cut) {
    return !cut.second.suspended && !contains(options.tables, cut.first);
  });
  if (close_over_foreign_keys(cuts, options.tables) || cuts.size() != cuts_before) {
    record_cuts(state_, cuts);
  }
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

std::vector<schema::Table> Runner::link_tables(db::Connection& from, const db::Endpoint& to) const {
  db::Connection to_session = db::Connection::open(to);
  std::vector<schema::Table> tables = schema::read_catalog_but_views(to_session, selection_).tables;
  const db::Table engines = from.query(
      "SELECT table_schema AS s, table_name AS t, engine AS e FROM information_schema.tables WHERE "
      "table_type = 'BASE TABLE' AND engine IS NOT NULL");
  std::map<mysql::TableName, std::string> engine_of;
  for (std::size_t i = 0; i < engines.rows.size(); ++i) {
    engine_of[{engines.text(i, "s"), engines.text(i, "t")}] = engines.text(i, "e");
  }
  for (schema::Table& table : tables) {
    if (const auto found = engine_of.find(table.name); found != engine_of.end()) {
      table.engine = found->second;
    }
  }
  return tables;
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

/// Whether the definitions are the same on both sides, once all that changes them was carried out.
/// What differs longer than a moment is mended: a table is made anew and copied again, a program
/// made anew. What differs after that is an obstacle.
void Runner::compare_structure() {
  const auto link = current_link();
  {
    const std::unique_lock lock(mutex_);
    if (structure_ == Structure::equal) return;
  }
  if (link == nullptr || std::chrono::steady_clock::now() < next_structure_check_) return;
  const auto lag = link->applier().lag_ms();
  if (!lag || *lag > config_.cutover_lag_ms_max) return;
  const std::unique_lock command(command_, std::try_to_lock);
  if (!command) return;
  next_structure_check_ = std::chrono::steady_clock::now() + kStructurePause;
  try {
    std::vector<schema::Difference> found = structure_differences(*link);
    const std::unique_lock lock(mutex_);
    std::vector<std::string> told;
    for (const schema::Difference& difference : found) told.push_back(difference.to_string());
    const bool same_as_before = told == structure_differences_;
    structure_checks_ = same_as_before ? structure_checks_ + 1 : 0;
    structure_differences_ = std::move(told);
    structure_ = found.empty() ? Structure::equal : Structure::different;
    if (found.empty() || structure_checks_ < kStructureChecks) return;
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno == kViewInvalid) {
      const std::unique_lock lock(mutex_);
      structure_ = Structure::different;
      structure_differences_ = {e.error().message};
      return;
    }
    if (e.error().action != base::Action::retry) throw;
    base::log::info("structure.again", "{}", e.error().message);
    return;
  }
  mend_structure(*link);
}

/// The target's definitions at a moment behind that of the source's.
std::vector<schema::Difference> Runner::structure_differences(Link& link) {
  const base::Side from = link.options().from.side;
  db::Connection source = db::Connection::open(endpoints_.source);
  db::Connection target = db::Connection::open(endpoints_.target);
  const std::string token = base::random_token();
  write_marker(from == base::Side::source ? source : target, config_.name, "structure", token);
  link.applier().wait_marker_applied(token, std::chrono::steady_clock::now() + kMarkerDeadline,
                                     stop_);
  return differences(source, target, selection_, from);
}

void Runner::mend_structure(Link& link) {
  std::vector<mysql::TableName> again;
  for (const schema::Table& table : link.options().tables) {
    const std::string begin = "table " + table.name.to_string() + ": ";
    const std::unique_lock lock(mutex_);
    const bool differs =
        std::any_of(structure_differences_.begin(), structure_differences_.end(),
                    [&](const std::string& told) { return told.starts_with(begin); });
    if (differs && structure_mended_.insert(table.name).second) again.push_back(table.name);
  }
  if (again.empty()) return;
  suspend_tables(link.options().tables, again, "its definition differs between the servers");
  drop_link();
  start_link(link.options().from.side);
}

void Runner::first_comparison() {
  std::vector<schema::Table> missing;
  {
    const std::unique_lock lock(mutex_);
    missing = comparison_.missing(catalog_.tables);
  }
  if (config_.verify_before_ready != "yes" || anything_suspended()) return;
  if (missing.empty()) {
    if (unproved_.exchange(false)) state_.set(kUnprovedKey, "");
    return;
  }
  if (!compare_now_.exchange(false) && std::chrono::steady_clock::now() < next_comparison_) return;
  next_comparison_ = std::chrono::steady_clock::now() + kComparisonPause;
  const std::unique_lock command(command_, std::try_to_lock);
  const std::shared_ptr<Link> link = current_link();
  if (!command || link == nullptr) return;
  set_reason("comparing every row before a switch is allowed");
  try {
    comparison_.run(*link, missing, Comparison::Asked::by_itself, stop_);
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
