#include "migration/load_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "migration/control_rows.h"
#include "migration/ddl_policy.h"
#include "migration/stopped.h"
#include "migration/suspension.h"
#include "schema/introspect.h"
#include "stream/marker.h"

namespace flyover::migration {
namespace {

constexpr std::string_view kSearchKey = "load.searched";
constexpr std::chrono::minutes kMarkerDeadline{60};
constexpr int kCatalogAttempts = 20;
constexpr std::uint32_t kNoSuchTable = 1146;
constexpr std::uint32_t kNoSuchSchema = 1049;
constexpr std::size_t kShownBytes = 200;

mysql::BinlogPosition get_position(store::StateStore& state, std::string_view key) {
  const auto text = state.get(key);
  if (!text || text->empty()) return {};
  const nlohmann::json json = nlohmann::json::parse(*text);
  return {json.at("file"), json.at("offset")};
}

void set_position(store::StateStore& state, std::string_view key,
                  const mysql::BinlogPosition& position) {
  state.set(key, nlohmann::json{{"file", position.file}, {"offset", position.offset}}.dump());
}

}  // namespace

ChangesSeen find_marker_and_changes(const db::Endpoint& endpoint, const mysql::BinlogPosition& from,
                                    const std::string& token, std::stop_token stop) {
  ChangesSeen seen;
  const auto deadline = std::chrono::steady_clock::now() + kMarkerDeadline;
  auto found = stream::find_marker(endpoint, from, marker_table(), token, deadline, stop,
                                   [&](const binlog::Transaction& transaction) {
                                     for (const binlog::Change& change : transaction.changes) {
                                       const auto* statement =
                                           std::get_if<binlog::StatementChange>(&change);
                                       if (statement != nullptr)
                                         seen.changes.push_back({transaction.end, *statement});
                                     }
                                   });
  if (!found) throw_stopped("looking for a marker in the binary log");
  seen.position = std::move(*found);
  return seen;
}

std::vector<mysql::TableName> tables_touched(const DefinitionChange& change,
                                             const schema::Selection& selection,
                                             const std::vector<mysql::TableName>& names) {
  const DdlPolicy policy(selection, {});
  const schema::StatementInfo info = policy.read(change.statement);
  const bool about_tables =
      DdlPolicy::changes_tables(info) || info.kind == schema::StatementClass::truncate_table;
  if (!about_tables || !policy.concerns(change.statement, info)) return {};
  if (!info.names_known) return names;
  std::vector<mysql::TableName> touched;
  for (const mysql::TableName& name : names) {
    const bool named = std::find(info.names.begin(), info.names.end(), name) != info.names.end();
    if (named || (!info.database.empty() && name.schema == info.database)) touched.push_back(name);
  }
  return touched;
}

bool truncates(const DefinitionChange& change) {
  const DdlPolicy policy({}, {});
  return policy.read(change.statement).kind == schema::StatementClass::truncate_table;
}

ChangesSeen changes_until_now(const db::Endpoint& endpoint, const std::string& migration,
                              const mysql::BinlogPosition& from, std::stop_token stop) {
  const std::string token = base::random_token();
  {
    db::Connection session = db::Connection::open(endpoint);
    write_marker(session, migration, "load.search", token);
  }
  return find_marker_and_changes(endpoint, from, token, stop);
}

DatedCatalog read_dated_catalog(const db::Endpoint& endpoint, const std::string& migration,
                                const schema::Selection& selection, std::stop_token stop) {
  db::Connection session = db::Connection::open(endpoint);
  const db::InterruptOnStop interrupt(session, stop);
  for (int attempt = 1; attempt <= kCatalogAttempts; ++attempt) {
    const mysql::BinlogPosition from = stream::current_position(session);
    const std::string before = base::random_token();
    const std::string after = base::random_token();
    write_marker(session, migration, "catalog.begin", before);
    DatedCatalog dated{.catalog = schema::read_catalog(session, selection)};
    write_marker(session, migration, "catalog.end", after);
    dated.position = find_marker_and_changes(endpoint, from, before, stop).position;
    const ChangesSeen seen = find_marker_and_changes(endpoint, dated.position, after, stop);
    const DdlPolicy policy(selection, {});
    const bool still =
        std::none_of(seen.changes.begin(), seen.changes.end(), [&](const DefinitionChange& change) {
          return policy.concerns(change.statement, policy.read(change.statement));
        });
    if (still) return dated;
    base::log::info("catalog.again", "a definition was changed while the catalog was read");
  }
  base::throw_error({.code = "source.definitions_move",
                     .side = base::Side::source,
                     .action = base::Action::pause,
                     .message =
                         "definitions of selected tables change without a pause, so they can "
                         "not be read",
                     .hint = "Start again when fewer tables are created, changed or dropped."});
}

void suspend_loaded(const InitialLoadOptions& options, store::StateStore& state,
                    const std::vector<mysql::TableName>& names, const std::string& why) {
  TableCuts cuts = recorded_cuts(state);
  const std::vector<mysql::TableName> before = suspended_tables(cuts);
  if (!suspend(cuts, options.tables, names, why)) return;
  record_cuts(state, cuts);
  db::Connection target = db::Connection::open(options.endpoints.target);
  for (const mysql::TableName& name : suspended_tables(cuts)) {
    if (std::find(before.begin(), before.end(), name) != before.end()) continue;
    base::log::warn("table.suspended", "{} is to be copied again: {}", name.to_string(),
                    cuts[name].suspended_why);
    state.add_event("suspended", name.to_string() + ": " + cuts[name].suspended_why);
    try {
      load::Loader::forget_table(target, options.migration, name);
    } catch (const base::ErrorException& e) {
      const auto number = e.error().mysql_errno;  // Not created yet.
      if (number != kNoSuchTable && number != kNoSuchSchema) throw;
    }
  }
}

void forget_search(store::StateStore& state) {
  state.set(kSearchKey, "");
}

bool suspend_changed(const InitialLoadOptions& options, store::StateStore& state,
                     const std::vector<mysql::TableName>& unfinished, std::stop_token stop) {
  const db::Endpoint& source = options.endpoints.source;
  mysql::BinlogPosition from = get_position(state, kSearchKey);
  if (from.empty()) from = recorded_schema_position(state);
  if (from.empty()) return false;  // A state from before definitions were watched.
  const ChangesSeen seen = changes_until_now(source, options.migration, from, stop);
  const TableCuts cuts = recorded_cuts(state);
  std::vector<mysql::TableName> loaded;
  for (const schema::Table& table : options.tables) loaded.push_back(table.name);
  bool any = false;
  for (const DefinitionChange& change : seen.changes) {
    std::vector<mysql::TableName> touched = tables_touched(change, options.selection, loaded);
    std::erase_if(touched, [&](const mysql::TableName& name) {
      const auto cut = cuts.find(name);
      if (cut != cuts.end() && cut->second.suspended) return true;
      const bool open = std::find(unfinished.begin(), unfinished.end(), name) != unfinished.end();
      return !open && cut != cuts.end() && cut->second.counts(change.end);
    });
    if (touched.empty()) continue;
    any = true;
    suspend_loaded(options, state, touched,
                   fmt::format("its definition was changed while it was loaded, at {}: {}",
                               change.end.to_string(),
                               std::string_view(change.statement.sql).substr(0, kShownBytes)));
  }
  set_position(state, kSearchKey, seen.position);
  return any;
}

namespace {

// What the server says is there, in the schemas of these tables.
std::set<mysql::TableName> listed_tables(db::Connection& connection,
                                         const std::vector<schema::Table>& tables) {
  std::set<std::string> schemas;
  for (const schema::Table& table : tables) schemas.insert(table.name.schema);
  std::set<mysql::TableName> listed;
  for (const std::string& schema : schemas) {
    const db::Table rows = connection.query(
        "SELECT table_schema AS s, table_name AS t FROM information_schema.tables WHERE "
        "table_schema = _utf8mb4" +
        mysql::quote_bytes(schema));
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      listed.insert({rows.text(i, "s"), rows.text(i, "t")});
    }
  }
  return listed;
}

}  // namespace

void suspend_missing(const InitialLoadOptions& options, store::StateStore& state) {
  db::Connection target = db::Connection::open(options.endpoints.target);
  const TableCuts cuts = recorded_cuts(state);
  const std::set<mysql::TableName> listed = listed_tables(target, options.tables);
  std::vector<mysql::TableName> missing;
  for (const schema::Table& table : options.tables) {
    const auto cut = cuts.find(table.name);
    if (listed.contains(table.name) || (cut != cuts.end() && cut->second.suspended)) continue;
    // The server may write its name otherwise.
    try {
      target.query("SELECT 1 FROM " + table.name.quoted() + " LIMIT 0");
    } catch (const base::ErrorException& e) {
      if (e.error().mysql_errno != kNoSuchTable && e.error().mysql_errno != kNoSuchSchema) throw;
      missing.push_back(table.name);
    }
  }
  if (!missing.empty()) {
    suspend_loaded(options, state, missing, "it was created while other tables were loaded");
  }
}

void suspend_truncated(const InitialLoadOptions& options, store::StateStore& state,
                       std::stop_token stop) {
  const mysql::BinlogPosition from = get_position(state, kSearchKey);
  if (from.empty()) return;
  const ChangesSeen seen =
      changes_until_now(options.endpoints.source, options.migration, from, stop);
  std::vector<mysql::TableName> loaded;
  for (const schema::Table& table : options.tables) loaded.push_back(table.name);
  for (const DefinitionChange& change : seen.changes) {
    if (!truncates(change)) continue;
    const auto touched = tables_touched(change, options.selection, loaded);
    if (touched.empty()) continue;
    suspend_loaded(options, state, touched,
                   "it was truncated while it was loaded, at " + change.end.to_string());
  }
}

}  // namespace flyover::migration
