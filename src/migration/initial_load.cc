#include "migration/initial_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/backoff.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "migration/control_rows.h"
#include "migration/load_changes.h"
#include "migration/locked_copy.h"
#include "migration/marker_instant.h"
#include "migration/prepared_wait.h"
#include "migration/snapshot_groups.h"
#include "migration/state_text.h"
#include "migration/stopped.h"
#include "stream/marker.h"

namespace flyover::migration {
namespace {

constexpr std::string_view kStartKey = "load.start";
/// There were no XA transactions left that were prepared before the stream's start.
constexpr std::string_view kPreparedKey = "load.prepared";
constexpr std::string_view kCutsKey = "link.cuts";
constexpr std::string_view kSchemaPositionKey = "load.schema_position";
constexpr std::chrono::minutes kMarkerDeadline{5};

nlohmann::json to_json(const mysql::BinlogPosition& position) {
  return {{"file", position.file}, {"offset", position.offset}};
}

mysql::BinlogPosition position_from(const nlohmann::json& json) {
  return {json.at("file"), json.at("offset")};
}

mysql::BinlogPosition find_own_marker(const db::Endpoint& source, const mysql::BinlogPosition& from,
                                      const std::string& token, std::stop_token stop) {
  const auto deadline = std::chrono::steady_clock::now() + kMarkerDeadline;
  auto found = stream::find_marker(source, from, marker_table(), token, deadline, stop);
  if (!found) throw_stopped("looking for a marker in the binary log");
  return std::move(*found);
}

/// The cuts after an attempt with this window. The idempotent window of every keyed table reaches
/// to its end, also of those that were complete before: a child and its parent may now come from
/// different snapshots. Keyless tables that were complete keep their exact cut.
TableCuts next_cuts(TableCuts cuts, const InitialLoadOptions& options,
                    const std::vector<mysql::TableName>& locked, const Window& window) {
  for (const schema::Table& table : options.tables) {
    if (!table.transactional()) continue;
    apply::TableCut& cut = cuts[table.name];
    if (cut.suspended) continue;
    if (table.row_key() == nullptr) {
      if (std::find(locked.begin(), locked.end(), table.name) == locked.end()) continue;
      cut = {.skip_until = window.begin, .idempotent_until = window.begin};
    } else {
      if (cut.skip_until.empty()) cut.skip_until = window.begin;
      cut.idempotent_until = window.end;
    }
  }
  return cuts;
}

std::vector<schema::Table> with_snapshots(std::vector<schema::Table> tables,
                                          const TableCuts& cuts) {
  std::erase_if(tables, [&](const schema::Table& table) {
    const auto cut = cuts.find(table.name);
    return !table.transactional() || (cut != cuts.end() && cut->second.suspended);
  });
  return tables;
}

std::vector<mysql::TableName> unfinished(const load::Loader& loader) {
  std::vector<mysql::TableName> names;
  for (const load::TableProgress& one : loader.progress()) {
    if (one.state != load::TableState::table_completed) names.push_back(one.name);
  }
  return names;
}

/// True when tables that a run before this one has loaded, or begun to load, have been emptied.
bool begin_anew(const InitialLoadOptions& options, store::StateStore& state,
                const std::vector<mysql::TableName>& unfinished_keyless) {
  TableCuts cuts = recorded_cuts(state);
  const std::vector<mysql::TableName> tied =
      tables_to_load_anew(options.tables, cuts, unfinished_keyless);
  if (tied.empty()) return false;
  db::Connection target = db::Connection::open(options.endpoints.target);
  for (const mysql::TableName& name : tied) {
    base::log::info("load.anew", "{}: foreign keys tie it to a table without a key",
                    name.to_string());
    load::Loader::forget_table(target, options.migration, name);
    cuts.erase(name);
  }
  record_cuts(state, cuts);
  return true;
}

/// False: tables were suspended or emptied, and what is to be loaded is to be found out again.
bool attempt(const InitialLoadOptions& options, store::StateStore& state,
             const std::function<void(load::Loader*)>& publish, std::stop_token stop) {
  db::Connection source = db::Connection::open(options.endpoints.source);
  record_start(state, stream::current_position(source));
  if (state.get(kPreparedKey).value_or("").empty()) {
    wait_for_prepared(
        source,
        {.migration = options.migration, .patience = options.prepared_max, .told = options.told},
        stop);
    state.set(kPreparedKey, "ended");
  }
  copy_locked_tables(options, state, publish, stop);
  load::Loader loader({.source = options.endpoints.source,
                       .target = options.endpoints.target,
                       .tables = with_snapshots(options.tables, recorded_cuts(state)),
                       .migration = options.migration,
                       .lanes = static_cast<unsigned>(options.lanes),
                       .chunk_bytes = options.chunk_bytes,
                       .target_session = options.target_session,
                       .several_moments = true,
                       .table_loaded = options.table_loaded,
                       .pace = options.pace});
  loader.prepare();
  if (loader.completed()) return true;
  const std::vector<mysql::TableName> to_lock = loader.unfinished_keyless_tables();
  if (begin_anew(options, state, to_lock)) return false;
  options.pace->before_snapshot(stop);
  if (stop.stop_requested()) throw_stopped("waiting until a snapshot may be opened");
  const Window window = open_snapshots_at(options.endpoints.source, options.migration, to_lock,
                                          loader, stop, options.told);
  record_cuts(state, next_cuts(recorded_cuts(state), options, to_lock, window));
  base::log::info("load.snapshots", "opened between {} and {}, {} tables without a key were locked",
                  window.begin.to_string(), window.end.to_string(), to_lock.size());
  // What they show may be of another definition than the target's table.
  if (suspend_changed(options, state, unfinished(loader), stop)) return false;
  FLYOVER_FAULT("load.after_snapshots");
  publish(&loader);
  struct Unpublish {
    const std::function<void(load::Loader*)>& publish;
    ~Unpublish() { publish(nullptr); }
  } unpublish{publish};
  if (loader.run(stop) == load::LoadResult::stopped) throw_stopped("loading rows");
  suspend_truncated(options, state, stop);
  return true;
}

}  // namespace

Window open_snapshots_at(const db::Endpoint& source, const std::string& migration,
                         const std::vector<mysql::TableName>& to_lock, load::Loader& loader,
                         std::stop_token stop, const Told& told) {
  db::Connection session = db::Connection::open(source);
  const mysql::BinlogPosition from = stream::current_position(session);
  const std::string first = base::random_token();
  const std::string second = base::random_token();
  {
    const TableReadLock lock(source, to_lock, stop, told);
    write_marker(session, migration, "copy.begin", first);
    FLYOVER_FAULT("load.window_begun");
    loader.open_readers();
    FLYOVER_FAULT("load.window_ending");
    write_marker(session, migration, "copy.end", second);
  }
  Window window;
  window.begin = find_own_marker(source, from, first, stop);
  window.end = find_own_marker(source, window.begin, second, stop);
  return window;
}

void run_initial_load(const InitialLoadOptions& options, store::StateStore& state,
                      const std::function<void(load::Loader*)>& publish, std::stop_token stop) {
  base::Backoff backoff(std::chrono::seconds(1), std::chrono::seconds(30));
  std::vector<mysql::TableName> all;
  for (const schema::Table& table : options.tables) all.push_back(table.name);
  // A process that goes on has read the definitions anew.
  suspend_changed(options, state, all, stop);
  suspend_missing(options, state);
  while (true) {
    try {
      if (attempt(options, state, publish, stop)) return;
      continue;
    } catch (const load::TableChanged& e) {
      suspend_loaded(options, state, {e.table()}, e.what());
      continue;
    } catch (const base::ErrorException& e) {
      if (e.error().action != base::Action::retry || stop.stop_requested()) throw;
      if (e.error().code == load::kSnapshotsGivenUpCode) {
        base::log::info("load.again", "{}", e.what());
        continue;
      }
      base::log::warn("load.retry", "{}", e.what());
    }
    base::sleep_for(backoff.next(), stop);
  }
}

void record_start(store::StateStore& state, const mysql::BinlogPosition& position) {
  if (!state.get(kStartKey)) state.set(kStartKey, to_json(position).dump());
}

void begin_load_at(store::StateStore& state, const mysql::BinlogPosition& position) {
  state.set(kPreparedKey, "");
  forget_schema_position(state);
  forget_search(state);
  state.set(kStartKey, to_json(position).dump());
}

mysql::BinlogPosition recorded_start(store::StateStore& state) {
  const auto text = state.get(kStartKey);
  FLYOVER_CHECK(text.has_value());
  return position_from(nlohmann::json::parse(*text));
}

mysql::BinlogPosition recorded_schema_position(store::StateStore& state) {
  const auto text = state.get(kSchemaPositionKey);
  return text && !text->empty() ? position_from(nlohmann::json::parse(*text))
                                : mysql::BinlogPosition{};
}

void record_schema_position(store::StateStore& state, const mysql::BinlogPosition& position) {
  state.set(kSchemaPositionKey, to_json(position).dump());
}

void forget_schema_position(store::StateStore& state) {
  state.set(kSchemaPositionKey, "");
}

void forget_load(store::StateStore& state) {
  record_cuts(state, {});
  forget_schema_position(state);
}

TableCuts recorded_cuts(store::StateStore& state) {
  TableCuts cuts;
  const auto text = state.get(kCutsKey);
  if (!text) return cuts;
  for (const nlohmann::json& entry : nlohmann::json::parse(*text)) {
    apply::TableCut& cut = cuts[{entry.at("schema"), entry.at("table")}];
    cut.skip_until = position_from(entry.at("skip_until"));
    cut.idempotent_until = position_from(entry.at("idempotent_until"));
    cut.suspended = entry.value("suspended", false);
    cut.suspended_why = entry.value("suspended_why", "");
  }
  return cuts;
}

void record_cuts(store::StateStore& state, const TableCuts& cuts) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [name, cut] : cuts) {
    list.push_back({{"schema", name.schema},
                    {"table", name.table},
                    {"skip_until", to_json(cut.skip_until)},
                    {"idempotent_until", to_json(cut.idempotent_until)},
                    {"suspended", cut.suspended},
                    {"suspended_why", cut.suspended_why}});
  }
  state.set(kCutsKey, state_text(list));
}

}  // namespace flyover::migration
