#include "migration/target_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "base/fault.h"
#include "base/task_group.h"
#include "migration/view_probe.h"
#include "schema/create.h"
#include "schema/ddl.h"
#include "schema/introspect.h"
#include "schema/session.h"
#include "schema/sql_text.h"

namespace flyover::migration {
namespace {

std::vector<schema::Table> missing_parts(db::Connection& target, const schema::Catalog& source,
                                         const schema::Selection& selection) {
  const schema::Catalog existing = schema::read_catalog(target, selection);
  std::vector<schema::Table> parts;
  for (const schema::Table& table : source.tables) {
    const schema::Table* const there = existing.find_table(table.name);
    if (there == nullptr) {
      base::throw_error(
          {.code = "target.table_missing",
           .side = base::Side::target,
           .action = base::Action::fail,
           .message = "table " + table.name.to_string() + " was created on the target and is gone",
           .hint = "Find out who dropped it; nothing else may write to the target."});
    }
    parts.push_back(missing_part(table, *there));
  }
  return parts;
}

/// Runs `work` for every index below `count`, several at once, each in a session of its own.
void in_sessions(const DdlSessions& sessions, std::size_t count, std::stop_token stop,
                 const std::function<void(db::Connection&, std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  base::TaskGroup group(std::move(stop));
  for (unsigned number = 0; number < std::min(sessions.count, count); ++number) {
    group.start("index", [&, number](const std::stop_token& s) {
      db::Connection connection = open_ddl_session(sessions, number);
      const db::InterruptOnStop interrupt(connection, s);
      for (std::size_t i = next++; i < count && !s.stop_requested(); i = next++) {
        work(connection, i);
      }
    });
  }
  group.join();
}

/// Whether the server refreshes the table's statistics by itself soon after many rows came.
bool analyzes_itself(db::Connection& target) {
  return target.query_value(
             "SELECT @@GLOBAL.innodb_stats_persistent AND @@GLOBAL.innodb_stats_auto_recalc") ==
         "1";
}

// A view with MATCH can not be made before the FULLTEXT index that it names.
bool any_view_matches(const schema::Catalog& catalog) {
  return std::any_of(catalog.views.begin(), catalog.views.end(), [](const schema::View& view) {
    return schema::to_lower(view.definition).find("match") != std::string::npos;
  });
}

bool has_fulltext(const schema::Table& table) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [](const schema::Index& index) {
    return index.kind == schema::IndexKind::fulltext;
  });
}

bool contains(const std::vector<schema::Program>& programs, const schema::Program& program) {
  return std::any_of(programs.begin(), programs.end(), [&](const schema::Program& other) {
    return other.kind == program.kind && other.name == program.name;
  });
}

}  // namespace

void create_tables(const DdlSessions& sessions, const schema::Catalog& source,
                   const schema::Selection& selection, std::stop_token stop) {
  db::Connection target = open_ddl_session(sessions, static_cast<unsigned>(sessions.count));
  const db::InterruptOnStop interrupt(target, stop);
  const schema::Catalog existing = schema::read_catalog(target, selection);
  const schema::Dialect dialect = schema::read_dialect(target);
  for (const schema::Schema& one : source.schemas) {
    const bool there =
        std::any_of(existing.schemas.begin(), existing.schemas.end(),
                    [&](const schema::Schema& other) { return other.name == one.name; });
    if (!there) schema::run_ddl(target, dialect, schema::create_schema_sql(one));
  }
  std::vector<const schema::Table*> missing;
  for (const schema::Table& table : source.tables) {
    if (existing.find_table(table.name) == nullptr) missing.push_back(&table);
  }
  const bool words_are_searched = any_view_matches(source);
  in_sessions(
      sessions, missing.size(), std::move(stop), [&](db::Connection& session, std::size_t i) {
        FLYOVER_FAULT("schema.before_table");
        const schema::Table& table = *missing[i];
        const bool whole = is_made_whole(table) || (words_are_searched && has_fulltext(table));
        const schema::DdlOptions options{.without_secondary_indexes = !whole,
                                         .without_foreign_keys = true};
        schema::run_ddl(session, dialect, schema::create_table_sql(table, options));
      });
}

Collisions add_indexes_and_keys(const DdlSessions& sessions, const schema::Catalog& source,
                                const schema::Selection& selection,
                                const std::set<mysql::TableName>& analyzed,
                                const std::function<void(const std::string&)>& progress,
                                std::stop_token stop) {
  db::Connection target = open_ddl_session(sessions, static_cast<unsigned>(sessions.count));
  const db::InterruptOnStop interrupt(target, stop);
  const schema::Dialect dialect = schema::read_dialect(target);
  const std::vector<schema::Table> parts = missing_parts(target, source, selection);
  std::vector<const schema::Table*> without_indexes;
  for (const schema::Table& part : parts) {
    if (!schema::add_indexes_sql(part).empty()) without_indexes.push_back(&part);
  }
  std::mutex mutex;
  Collisions collisions;
  in_sessions(sessions, without_indexes.size(), stop, [&](db::Connection& session, std::size_t i) {
    const mysql::TableName& name = without_indexes[i]->name;
    progress("building the indexes of " + name.to_string());
    if (add_indexes(session, dialect, *without_indexes[i])) return;
    const std::unique_lock lock(mutex);
    collisions.insert(name);
  });
  if (!collisions.empty()) return collisions;
  // One after the other: two tables that name each other would wait for each other's locks.
  for (const schema::Table& part : parts) {
    const std::string sql = schema::add_foreign_keys_sql(part);
    if (sql.empty() || stop.stop_requested()) continue;
    progress("adding the foreign keys of " + part.name.to_string());
    schema::run_ddl(target, dialect, sql);
  }
  const bool small_ones_too = !analyzes_itself(target);
  std::vector<const schema::Table*> stale;
  for (const schema::Table& part : parts) {
    if (analyzed.contains(part.name) || (is_made_whole(part) && !small_ones_too)) continue;
    stale.push_back(&part);
  }
  in_sessions(sessions, stale.size(), stop, [&](db::Connection& session, std::size_t i) {
    session.execute("ANALYZE LOCAL TABLE " + stale[i]->name.quoted());
  });
  return {};
}

void create_programs(db::Connection& target, const schema::Catalog& source,
                     const schema::Selection& selection) {
  if (source.programs.empty() && source.views.empty()) return;
  const schema::Catalog existing = schema::read_catalog(target, selection);
  const schema::Dialect dialect = schema::read_dialect(target);
  const auto create = [&](const schema::Program& program) {
    if (!contains(existing.programs, program)) schema::create_program(target, program, dialect);
  };
  for (const schema::Program& program : source.programs) {
    if (program.kind == schema::ProgramKind::procedure ||
        program.kind == schema::ProgramKind::function) {
      create(program);
    }
  }
  for (const schema::View& view : source.views) {
    const bool there =
        std::any_of(existing.views.begin(), existing.views.end(),
                    [&](const schema::View& other) { return other.name == view.name; });
    if (!there) schema::create_view(target, view);
  }
  for (const schema::Program& program : source.programs) {
    if (program.kind == schema::ProgramKind::event) create(program);
  }
}

void check_schema(schema::Catalog source, db::Connection& target,
                  const schema::Selection& selection, bool tables_only) {
  schema::Catalog made = schema::read_catalog(target, selection);
  std::erase_if(made.tables, [&](const schema::Table& table) {
    return source.find_table(table.name) == nullptr;
  });
  if (tables_only) {
    for (schema::Catalog* one : {&source, &made}) {
      one->schemas.clear();
      one->views.clear();
      one->programs.clear();
    }
  }
  print_as_target(source, target, made);
  const std::vector<schema::Difference> differences =
      schema::diff(source, made, {.before_cutover = true, .auto_increment = false});
  if (differences.empty()) return;
  std::string list;
  for (const schema::Difference& difference : differences) list += "\n  " + difference.to_string();
  base::throw_error({.code = "target.schema_differs",
                     .side = base::Side::target,
                     .action = base::Action::fail,
                     .message = fmt::format("the target's schema differs in {} points:{}",
                                            differences.size(), list),
                     .hint = "Was the schema changed on one side meanwhile?"});
}

}  // namespace flyover::migration
