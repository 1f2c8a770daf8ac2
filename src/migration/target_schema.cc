#include "migration/target_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <utility>

#include "base/fault.h"
#include "base/task_group.h"
#include "schema/create.h"
#include "schema/ddl.h"
#include "schema/introspect.h"
#include "schema/session.h"

namespace flyover::migration {
namespace {

/// The source's table with only those indexes and foreign keys that the target's table lacks, and
/// the ones that it has had from the start.
schema::Table missing_part(const schema::Table& source, const schema::Table& target) {
  schema::Table missing = source;
  std::erase_if(missing.indexes, [&](const schema::Index& index) {
    return !schema::needed_from_the_start(source, index) &&
           std::any_of(target.indexes.begin(), target.indexes.end(),
                       [&](const schema::Index& other) { return other.name == index.name; });
  });
  std::erase_if(missing.foreign_keys, [&](const schema::ForeignKey& key) {
    return std::any_of(target.foreign_keys.begin(), target.foreign_keys.end(),
                       [&](const schema::ForeignKey& other) { return other.name == key.name; });
  });
  return missing;
}

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

/// Runs `work` for every index below `count`, `lanes` at once, each lane with a session of its own.
void in_lanes(const db::Endpoint& endpoint, std::size_t count, std::size_t lanes,
              std::stop_token stop, const std::function<void(db::Connection&, std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  base::TaskGroup group(stop);
  for (std::size_t lane = 0; lane < std::min(lanes, count); ++lane) {
    group.start("index", [&](std::stop_token s) {
      db::Connection connection = db::Connection::open(endpoint);
      const db::InterruptOnStop interrupt(connection, s);
      for (std::size_t i = next++; i < count && !s.stop_requested(); i = next++)
        work(connection, i);
    });
  }
  group.join();
}

bool contains(const std::vector<schema::Program>& programs, const schema::Program& program) {
  return std::any_of(programs.begin(), programs.end(), [&](const schema::Program& other) {
    return other.kind == program.kind && other.name == program.name;
  });
}

}  // namespace

void create_tables(db::Connection& target, const schema::Catalog& source,
                   const schema::Selection& selection) {
  const schema::Catalog existing = schema::read_catalog(target, selection);
  const schema::Dialect dialect = schema::read_dialect(target);
  for (const schema::Schema& one : source.schemas) {
    const bool there =
        std::any_of(existing.schemas.begin(), existing.schemas.end(),
                    [&](const schema::Schema& other) { return other.name == one.name; });
    if (!there) schema::run_ddl(target, dialect, schema::create_schema_sql(one));
  }
  const schema::DdlOptions bare{.without_secondary_indexes = true, .without_foreign_keys = true};
  for (const schema::Table& table : source.tables) {
    FLYOVER_FAULT("schema.before_table");
    if (existing.find_table(table.name) == nullptr) {
      schema::run_ddl(target, dialect, schema::create_table_sql(table, bare));
    }
  }
}

void add_indexes_and_keys(const db::Endpoint& endpoint, const schema::Catalog& source,
                          const schema::Selection& selection, std::size_t lanes,
                          const std::function<void(const std::string&)>& progress,
                          std::stop_token stop) {
  db::Connection target = db::Connection::open(endpoint);
  const schema::Dialect dialect = schema::read_dialect(target);
  const std::vector<schema::Table> parts = missing_parts(target, source, selection);
  in_lanes(endpoint, parts.size(), lanes, stop, [&](db::Connection& connection, std::size_t i) {
    progress("building the indexes of " + parts[i].name.to_string());
    for (const std::string& sql : schema::add_indexes_sql(parts[i])) {
      FLYOVER_FAULT("schema.before_index");
      schema::run_ddl(connection, dialect, sql);
    }
  });
  // One after the other: two tables that name each other would wait for each other's locks.
  for (const schema::Table& part : parts) {
    const std::string sql = schema::add_foreign_keys_sql(part);
    if (sql.empty() || stop.stop_requested()) continue;
    progress("adding the foreign keys of " + part.name.to_string());
    schema::run_ddl(target, dialect, sql);
  }
  in_lanes(endpoint, parts.size(), lanes, stop, [&](db::Connection& connection, std::size_t i) {
    connection.execute("ANALYZE LOCAL TABLE " + parts[i].name.quoted());
  });
}

void create_programs(db::Connection& target, const schema::Catalog& source,
                     const schema::Selection& selection) {
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
