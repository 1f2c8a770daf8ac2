// The runner copies again what a link could not follow.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "apply/checkpoint.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "migration/control_rows.h"
#include "migration/load_changes.h"
#include "migration/locked_copy.h"
#include "migration/log_record.h"
#include "migration/marker_instant.h"
#include "migration/prepared_wait.h"
#include "migration/runner.h"
#include "migration/snapshot_groups.h"
#include "migration/state_keys.h"
#include "migration/stopped.h"
#include "migration/structure.h"
#include "migration/suspension.h"
#include "schema/introspect.h"
#include "stream/marker.h"

namespace flyover::migration {
namespace {

// The lag first: it may take long, and nothing is locked meanwhile.
constexpr std::chrono::minutes kNearDeadline{10};
constexpr std::chrono::seconds kHeldDeadline{15};
constexpr std::chrono::seconds kPauseBetweenAttempts{3};
constexpr std::chrono::minutes kCopyDeadline{10};

/// Worth another attempt: the active side's definitions moved on while its rows were to be read.
[[noreturn]] void throw_definitions_move(const std::string& what) {
  base::throw_error({.code = "reload.definitions_move",
                     .side = base::Side::source,
                     .action = base::Action::retry,
                     .message = what});
}

std::string list(const std::vector<mysql::TableName>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) {
    text += (i == 0 ? "" : ", ") + names[i].to_string();
  }
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

/// What is left of the suspended tables that both sides have.
std::vector<schema::Table> tables_to_copy(db::Connection& from, db::Connection& to,
                                          const TableCuts& cuts) {
  std::vector<schema::Table> tables;
  for (const mysql::TableName& name : suspended_tables(cuts)) {
    auto here = schema::read_table(from, name);
    const auto there = schema::read_table(to, name);
    if (!here || !there) throw_definitions_move(name.to_string() + " is on one side only");
    const bool alike = std::equal(
        here->columns.begin(), here->columns.end(), there->columns.begin(), there->columns.end(),
        [](const schema::Column& a, const schema::Column& b) { return a.name == b.name; });
    if (!alike) throw_definitions_move(name.to_string() + " has other columns on the other side");
    tables.push_back(std::move(*here));
  }
  return tables;
}

}  // namespace

void Runner::note_suspended(const TableCuts& cuts) {
  std::map<mysql::TableName, std::string> suspended;
  for (const auto& [name, cut] : cuts) {
    if (cut.suspended) suspended.emplace(name, cut.suspended_why);
  }
  const std::unique_lock lock(mutex_);
  suspended_ = std::move(suspended);
}

void Runner::suspend_tables(const std::vector<schema::Table>& tables,
                            const std::vector<mysql::TableName>& names, const std::string& why) {
  TableCuts cuts = recorded_cuts(state_);
  if (!suspend(cuts, tables, names, why)) return;
  state_.set(kUnprovedKey, "yes");
  record_cuts(state_, cuts);
  note_suspended(cuts);
  FLYOVER_FAULT("reload.suspended");
  for (const mysql::TableName& name : suspended_tables(cuts)) comparison_.forget(name);
  for (const mysql::TableName& name : names) {
    base::log::warn("table.suspended", "{} is to be copied again: {}", name.to_string(), why);
    state_.add_event("suspended", name.to_string() + ": " + why);
  }
}

bool Runner::anything_suspended() const {
  const std::unique_lock lock(mutex_);
  return !suspended_.empty();
}

/// With command_ taken or before the first link: what `flyover reload` asked for while no process
/// held the migration.
void Runner::suspend_as_asked() {
  const std::string pattern = state_.get(kAskedReloadKey).value_or("");
  if (pattern.empty()) return;
  std::vector<mysql::TableName> names;
  for (const schema::Table& table : tables_named(pattern)) names.push_back(table.name);
  suspend_tables(catalog_.tables, names, "`flyover reload` was asked for it");
  const TableCuts cuts = recorded_cuts(state_);
  const bool all = std::all_of(catalog_.tables.begin(), catalog_.tables.end(), [&](const auto& t) {
    const auto cut = cuts.find(t.name);
    return cut != cuts.end() && cut->second.suspended;
  });
  if (all) begin_in_another_log();
  state_.set(kAskedReloadKey, "");
}

/// The same before the load. Where it is every table, nothing is needed of the log that was read so
/// far, which may be gone.
void Runner::suspend_as_asked(const InitialLoadOptions& load) {
  const std::string pattern = state_.get(kAskedReloadKey).value_or("");
  if (pattern.empty()) return;
  std::vector<mysql::TableName> names;
  for (const schema::Table& table : tables_named(pattern)) names.push_back(table.name);
  if (names.size() == catalog_.tables.size()) {
    db::Connection source = db::Connection::open(endpoints_.source);
    const mysql::BinlogPosition position = stream::current_position(source);
    base::log::warn("link.another_log", "every table is to be copied; going on at {}",
                    position.to_string());
    begin_load_at(state_, position);
    record_history(state_, link_name(base::Side::source),
                   stream::read_log_history(endpoints_.source, position.file));
  }
  suspend_loaded(load, state_, names, "`flyover reload` was asked for it");
  state_.set(kAskedReloadKey, "");
}

/// RESET MASTER, a purge or another server in the place of the one that was read has taken away the
/// log behind the checkpoint. Nothing of it is needed any more: every table is to be copied.
void Runner::begin_in_another_log() {
  const base::Side from = active();
  db::Connection from_session = db::Connection::open(endpoints_.of(from));
  db::Connection to = db::Connection::open(endpoints_.of(other(from)));
  const apply::Checkpoint checkpoint(config_.name, link_name(from));
  const auto state = checkpoint.read(to);
  if (!state) return;
  const auto why = stream::check_log_history(recorded_history(state_, link_name(from)),
                                             state->read_from, endpoints_.of(from));
  if (!why) return;
  const mysql::BinlogPosition position = stream::current_position(from_session);
  wait_for_prepared(from_session,
                    {.migration = config_.name,
                     .patience = std::chrono::milliseconds(config_.load_xa_wait_ms_max),
                     .told = [this](const std::string& what) { set_reason(what); }},
                    stop_);
  base::log::warn("link.another_log", "{}; going on at {}", why->message, position.to_string());
  state_.add_event("another log", why->message);
  TableCuts cuts = recorded_cuts(state_);
  for (auto& [name, cut] : cuts) {
    cut = {.suspended = true, .suspended_why = cut.suspended_why};
  }
  record_cuts(state_, cuts);
  forget_schema_position(state_);
  DdlJournal::forget(to, config_.name, link_name(from));
  checkpoint.initialise(to, position);
  // Last: until then the next start comes to this place again.
  record_history(state_, link_name(from),
                 stream::read_log_history(endpoints_.of(from), position.file));
}

void Runner::copy_suspended() {
  const auto now = std::chrono::steady_clock::now();
  if (!anything_suspended() || now < next_copy_) return;
  next_copy_ = now + kPauseBetweenAttempts;
  const std::unique_lock command(command_, std::try_to_lock);
  const std::shared_ptr<Link> link = current_link();
  if (!command || link == nullptr || link->failure()) return;
  const auto lag = link->applier().lag_ms();
  if (!lag || *lag > config_.cutover_lag_ms_max) return;
  try {
    copy_suspended_now();
    next_copy_ = {};
  } catch (const base::ErrorException& e) {
    if (e.error().action != base::Action::retry || stop_.stop_requested()) throw;
    base::log::warn("reload.again", "{}", e.what());
  }
}

/// With command_ taken. The applier is held at a marker, what the suspended tables then hold is
/// thrown away, and snapshots are opened between two more markers, as at the start: what lies
/// before the first is in the rows, what lies between them is applied idempotently, what is behind
/// strictly. Locked, for the moment between these two, are tables without a usable key and those
/// from which foreign keys carry changes on over more than one level; and those without snapshots,
/// while they are copied. The link starts again from where it was held when the copy is whole; a
/// process that dies before finds the tables suspended.
std::uint64_t Runner::copy_suspended_now() {
  std::shared_ptr<Link> link = current_link();
  const db::Endpoint from = link->options().from;
  const std::string doing = "copying again: " + list(suspended_tables(recorded_cuts(state_)));
  const auto told = [&](const std::string& what) { set_reason(what.empty() ? doing : what); };
  Telling telling([this](const std::string& what) { set_reason(what); });
  telling.tell(doing);
  db::Connection marker_session = db::Connection::open(from);
  const std::string near = base::random_token();
  write_marker(marker_session, config_.name, "reload", near);
  link->applier().wait_marker_applied(near, std::chrono::steady_clock::now() + kNearDeadline,
                                      stop_);
  db::Connection from_session = db::Connection::open(from);
  db::Connection to = db::Connection::open(link->options().to);
  const std::string begin = base::random_token();
  mysql::BinlogPosition held;
  Window window;
  std::optional<load::Loader> loader;
  std::vector<schema::Table> still;
  TableCuts cuts;
  {
    link->applier().hold_at_marker(begin);
    const ReleaseApplier release(link->applier());
    write_marker(marker_session, config_.name, "reload", begin);
    held = link->applier().wait_held(std::chrono::steady_clock::now() + kHeldDeadline, stop_);
    drop_link();
    cuts = recorded_cuts(state_);
    if (restore_suspended(from_session, to, other(active()), config_.name, selection_, cuts)) {
      record_cuts(state_, cuts);
    }
    std::vector<schema::Table> tables = tables_to_copy(from_session, to, cuts);
    FLYOVER_FAULT("reload.before_empty");
    for (const schema::Table& table : tables) {
      load::Loader::forget_table(to, config_.name, table.name);
    }
    const auto middle = std::stable_partition(tables.begin(), tables.end(),
                                              [](const auto& t) { return t.transactional(); });
    still.assign(middle, tables.end());
    tables.erase(middle, tables.end());
    loader.emplace(reload_options(tables));
    loader->prepare();
    const auto to_lock = tables_to_lock(tables, link->options().from_logs_cascades);
    window = open_snapshots_at(from, config_.name, to_lock, *loader, stop_, told);
    FLYOVER_FAULT("reload.snapshots_open");
  }
  link.reset();  // with it goes the lock on the link's name
  const ChangesSeen seen = changes_until_now(from, config_.name, held, stop_);
  if (!definitions_kept(seen, suspended_tables(cuts))) {
    throw_definitions_move("a definition was changed while the snapshots were opened");
  }
  std::uint64_t rows = run_published(*loader);
  for (const schema::Table& table : still) rows += copy_still(from, table, cuts, told);
  check_not_truncated(changes_until_now(from, config_.name, window.end, stop_),
                      suspended_tables(cuts));
  FLYOVER_FAULT("reload.before_done");
  const auto copied = suspended_tables(cuts);
  for (const mysql::TableName& name : copied) {
    apply::TableCut& cut = cuts[name];
    if (!cut.suspended) continue;
    const auto table = schema::read_table(to, name);
    const bool keyless = !table || table->row_key() == nullptr;
    cut = {.skip_until = window.begin, .idempotent_until = keyless ? window.begin : window.end};
  }
  for (const schema::Table& table : still) cuts[table.name].suspended = false;
  record_cuts(state_, cuts);
  note_suspended(cuts);
  start_link(active());
  for (const mysql::TableName& name : copied) comparison_.forget(name);
  compare_now_ = true;
  base::log::info("reload.done", "{} rows of {} tables", rows, copied.size());
  state_.add_event("reloaded", list(copied));
  return rows;
}

void Runner::check_not_truncated(const ChangesSeen& seen,
                                 const std::vector<mysql::TableName>& names) const {
  for (const DefinitionChange& change : seen.changes) {
    const auto touched = tables_touched(change, selection_, names);
    if (!truncates(change) || touched.empty()) continue;
    throw_definitions_move(list(touched) + " was truncated while it was copied");
  }
}

bool Runner::definitions_kept(const ChangesSeen& seen,
                              const std::vector<mysql::TableName>& names) const {
  for (const DefinitionChange& change : seen.changes) {
    const auto touched = tables_touched(change, selection_, names);
    if (!touched.empty()) {
      base::log::info("reload.definition", "{} at {}", list(touched), change.end.to_string());
      return false;
    }
  }
  return true;
}

std::uint64_t Runner::run_published(load::Loader& loader) {
  const auto publish = [this](load::Loader* now) {
    const std::unique_lock lock(mutex_);
    if (now == nullptr && loader_ != nullptr) {
      for (load::TableProgress& one : loader_->progress()) loaded_[one.name] = std::move(one);
    }
    loader_ = now;
  };
  publish(&loader);
  struct Unpublish {
    const std::function<void(load::Loader*)> publish;
    ~Unpublish() { publish(nullptr); }
  } const unpublish{publish};
  if (loader.run(stop_) == load::LoadResult::stopped) throw_stopped("copying tables again");
  std::uint64_t rows = 0;
  for (const load::TableProgress& one : loader.progress()) rows += one.rows_loaded;
  return rows;
}

/// A table of an engine without snapshots, under a READ lock of its own. Its cut is exact.
std::uint64_t Runner::copy_still(const db::Endpoint& from, const schema::Table& table,
                                 TableCuts& cuts, const Told& told) {
  load::Loader loader(reload_options({table}));
  loader.prepare();
  const mysql::BinlogPosition cut =
      copy_under_lock(from, config_.name, table, loader,
                      std::chrono::milliseconds(config_.load_lock_ms_max), told, stop_);
  cuts[table.name] = {.skip_until = cut, .idempotent_until = cut};
  std::uint64_t rows = 0;
  for (const load::TableProgress& one : loader.progress()) rows += one.rows_loaded;
  return rows;
}

std::uint64_t Runner::reload_all(const std::vector<schema::Table>& tables) {
  std::vector<mysql::TableName> names;
  for (const schema::Table& table : tables) names.push_back(table.name);
  suspend_tables(catalog_.tables, names, "`flyover reload` was asked for it");
  // The link that runs still applies their changes, which does no harm: it is held before any of
  // their rows are thrown away, and they are suspended on record.
  return copy_suspended_now();
}

void Runner::wait_until_copied(const std::string& command) {
  const auto deadline = std::chrono::steady_clock::now() + kCopyDeadline;
  while (anything_suspended() && !stop_.stop_requested()) {
    if (std::chrono::steady_clock::now() > deadline) {
      base::throw_error({.code = "refused.suspended",
                         .side = base::Side::us,
                         .action = base::Action::pause,
                         .message = command + " has to wait: tables are to be copied again first",
                         .hint = "`flyover status` names them and says why."});
    }
    base::sleep_for(std::chrono::milliseconds(100), stop_);
  }
}

}  // namespace flyover::migration
