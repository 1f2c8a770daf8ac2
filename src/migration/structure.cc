#include "migration/structure.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "load/loader.h"
#include "migration/switch_objects.h"
#include "migration/table_probe.h"
#include "migration/view_probe.h"
#include "mysql/identifier.h"
#include "schema/create.h"
#include "schema/ddl.h"
#include "schema/introspect.h"
#include "schema/sql_text.h"

namespace flyover::migration {
namespace {

using schema::ProgramKind;
using schema::StatementClass;

bool same_columns(const schema::Table& a, const schema::Table& b) {
  return std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                    [](const schema::Column& x, const schema::Column& y) {
                      return x.name == y.name && x.data_type == y.data_type;
                    });
}

// The pattern that matches the name and nothing else.
std::string literal_pattern(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

schema::Catalog read_schema(db::Connection& connection, const std::string& schema) {
  schema::Catalog catalog =
      schema::read_catalog_but_views(connection, {.include = {literal_pattern(schema) + ".*"}});
  // A dot in its name may be the one before a table of another schema.
  std::erase_if(catalog.programs,
                [&](const schema::Program& program) { return program.name.schema != schema; });
  return catalog;
}

// Also those that can not be read, because what they name is gone.
std::set<mysql::TableName> view_names(db::Connection& connection, const std::string& schema) {
  const db::Table rows = connection.query(
      "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_TYPE = 'VIEW' AND "
      "TABLE_SCHEMA = _utf8mb4" +
      mysql::quote_bytes(schema));
  std::set<mysql::TableName> names;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) names.insert({schema, rows.text(i, "name")});
  return names;
}

/// A dropped schema stays where it has tables that are not selected.
void leave_out_kept(schema::Catalog& passive, db::Connection& connection,
                    const schema::Catalog& active) {
  std::erase_if(passive.schemas, [&](const schema::Schema& schema) {
    const auto here = [&](const auto& objects) {
      return std::any_of(objects.begin(), objects.end(),
                         [&](const auto& object) { return object.name.schema == schema.name; });
    };
    const bool dropped = std::none_of(active.schemas.begin(), active.schemas.end(),
                                      [&](const auto& one) { return one.name == schema.name; });
    if (!dropped || here(passive.tables) || here(passive.views) || here(passive.programs)) {
      return false;
    }
    return connection
        .query_value("SELECT 1 FROM information_schema.tables WHERE table_schema = _utf8mb4" +
                     mysql::quote_bytes(schema.name) + " LIMIT 1")
        .has_value();
  });
}

bool is_of(ProgramKind program, StatementClass kind) {
  if (kind == StatementClass::event) return program == ProgramKind::event;
  return kind == StatementClass::routine &&
         (program == ProgramKind::procedure || program == ProgramKind::function);
}

void copy_view(db::Connection& from, db::Connection& to, const mysql::TableName& name) {
  if (const auto view = schema::read_view(from, name)) {
    schema::create_view(to, *view);
  } else {
    to.execute(schema::drop_view_sql(name));
  }
}

void copy_one(const schema::Catalog& catalog, db::Connection& to, const schema::Dialect& dialect,
              StatementClass kind, const mysql::TableName& name) {
  for (const ProgramKind one :
       {ProgramKind::procedure, ProgramKind::function, ProgramKind::event}) {
    if (!is_of(one, kind)) continue;
    schema::Program gone;
    gone.kind = one;
    gone.name = name;
    to.execute(schema::drop_program_sql(gone));
  }
  for (const schema::Program& program : catalog.programs) {
    if (is_of(program.kind, kind) && program.name == name) {
      schema::create_program(to, program, dialect);
    }
  }
}

}  // namespace

std::string sql_for(const schema::Dialect& dialect, const std::string& sql) {
  if (dialect.version.at_least(8, 0)) return sql;
  std::string out;
  for (const schema::Token& token : schema::tokenize(sql)) {
    const bool modern = token.kind == schema::TokenKind::word && token.text.starts_with("utf8mb3");
    if (modern) {
      out += "utf8";
      out += token.text.substr(std::string_view("utf8mb3").size());
    } else {
      out += token.text;
    }
  }
  return out;
}

std::vector<std::string> follow_sql(const schema::Table& source, const schema::Table& table,
                                    bool to_innodb) {
  std::vector<std::string> statements;
  if (to_innodb && !table.transactional()) {
    statements.push_back("ALTER TABLE " + table.name.quoted() +
                         " ENGINE = InnoDB, ROW_FORMAT = DYNAMIC, KEY_BLOCK_SIZE = 0");
  }
  if (!same_columns(source, table)) return statements;
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const schema::Column& wanted = source.columns[i];
    const schema::Column& there = table.columns[i];
    const bool same = wanted.nullable == there.nullable && wanted.on_update == there.on_update &&
                      wanted.default_value == there.default_value;
    if (wanted.data_type == "timestamp" && !same) columns.push_back(wanted.name);
  }
  if (!columns.empty()) statements.push_back(schema::modify_columns_sql(source, columns));
  return statements;
}

bool has_default_of_old_servers(const schema::Table& source, const schema::Table& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [&](const schema::Column& column) {
    const schema::Column* const wanted = source.find_column(column.name);
    return column.collation == "utf8mb4_general_ci" && wanted != nullptr &&
           !wanted->collation.empty() && wanted->collation != column.collation;
  });
}

void copy_programs(db::Connection& from, db::Connection& to, const schema::Dialect& dialect,
                   StatementClass kind, const std::vector<mysql::TableName>& names) {
  for (const mysql::TableName& name : names) {
    if (kind == StatementClass::view) {
      copy_view(from, to, name);
    } else {
      copy_one(read_schema(from, name.schema), to, dialect, kind, name);
    }
  }
}

void mirror_programs(db::Connection& from, db::Connection& to, const schema::Dialect& dialect,
                     StatementClass kind, const std::string& schema) {
  schema::Catalog wanted;
  std::set<mysql::TableName> names;
  if (kind == StatementClass::view) {
    names = view_names(from, schema);
    names.merge(view_names(to, schema));
  } else {
    wanted = read_schema(from, schema);
    for (const schema::Catalog& catalog : {wanted, read_schema(to, schema)}) {
      for (const schema::Program& program : catalog.programs) {
        if (is_of(program.kind, kind)) names.insert(program.name);
      }
    }
  }
  for (const mysql::TableName& name : names) {
    try {
      if (kind == StatementClass::view) {
        copy_view(from, to, name);
      } else {
        copy_one(wanted, to, dialect, kind, name);
      }
    } catch (const base::ErrorException& e) {
      if (e.error().action == base::Action::retry) throw;
      base::log::warn("ddl.program", "{} can not be made yet: {}", name.to_string(), e.what());
    }
  }
}

std::map<std::string, std::string> create_missing_programs(db::Connection& from, db::Connection& to,
                                                           const schema::Selection& selection) {
  const schema::Catalog wanted = schema::read_catalog(from, selection);
  const schema::Catalog there = schema::read_catalog(to, selection);
  const schema::Dialect dialect = schema::read_dialect(to);
  std::map<std::string, std::string> refused;
  const auto attempt = [&](const std::string& object, const auto& create) {
    try {
      create();
      base::log::info("structure.created", "{}", object);
    } catch (const base::ErrorException& e) {
      if (e.error().action == base::Action::retry) throw;
      base::log::warn("structure.refused", "{}: {}", object, e.error().message);
      refused[object] = e.error().message;
    }
  };
  for (const schema::Program& program : wanted.programs) {
    if (program.kind == ProgramKind::trigger) continue;
    const bool missing = std::none_of(
        there.programs.begin(), there.programs.end(), [&](const schema::Program& other) {
          return other.kind == program.kind && other.name == program.name;
        });
    if (missing) {
      attempt(title(program), [&] { schema::create_program(to, program, dialect); });
    }
  }
  for (const schema::View& view : wanted.views) {
    const bool missing =
        std::none_of(there.views.begin(), there.views.end(),
                     [&](const schema::View& other) { return other.name == view.name; });
    if (missing) attempt("view " + view.name.to_string(), [&] { schema::create_view(to, view); });
  }
  return refused;
}

void drop_programs(db::Connection& connection, const std::string& schema) {
  for (const mysql::TableName& view : view_names(connection, schema)) {
    connection.execute(schema::drop_view_sql(view));
  }
  const schema::Catalog catalog = read_schema(connection, schema);
  for (const schema::Program& program : catalog.programs) {
    // Those of tables went with them.
    if (program.kind == ProgramKind::trigger) continue;
    connection.execute(schema::drop_program_sql(program));
  }
}

namespace {

/// Where the table's schema was created while other tables were loaded, too.
void make_schema(db::Connection& from, db::Connection& to, const schema::Dialect& dialect,
                 const std::string& name) {
  const db::Table rows = from.query(
      "SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation "
      "FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = _utf8mb4" +
      mysql::quote_bytes(name));
  if (rows.empty()) return;
  const schema::Schema schema{name, rows.text(0, "charset"), rows.text(0, "collation")};
  schema::run_ddl(to, dialect, sql_for(dialect, schema::create_schema_sql(schema)));
}

}  // namespace

bool restore_suspended(db::Connection& from, db::Connection& to, base::Side to_side,
                       const std::string& migration, const schema::Selection& selection,
                       TableCuts& cuts) {
  bool changed = false;
  std::optional<schema::Dialect> dialect;
  for (auto cut = cuts.begin(); cut != cuts.end();) {
    const mysql::TableName name = cut->first;
    if (!cut->second.suspended) {
      ++cut;
      continue;
    }
    if (!dialect) dialect = schema::read_dialect(to);
    const auto wanted =
        selection.selects(name) ? schema::read_table(from, name) : std::optional<schema::Table>();
    const auto there = schema::read_table(to, name);
    const bool same = wanted && there && unlike(*wanted, *there, to, to_side).empty();
    if (wanted && !same) probe_table(to, *dialect, *wanted, to_side);
    if (there && !same) {
      base::log::info("table.removed", "{}, to be made anew as the active side has it",
                      name.to_string());
      schema::run_ddl(to, *dialect, schema::drop_table_sql(name));
    }
    if (!wanted) {
      cut = cuts.erase(cut);
      changed = true;
      continue;
    }
    if (!same) {
      make_schema(from, to, *dialect, name.schema);
      schema::run_ddl(
          to, *dialect,
          sql_for(*dialect, schema::create_table_sql(*wanted, {.with_auto_increment = false})));
      load::Loader::forget_table(to, migration, name);
    }
    ++cut;
  }
  return changed;
}

std::vector<schema::Difference> differences(db::Connection& source, db::Connection& target,
                                            const std::string& migration,
                                            const schema::Selection& selection, base::Side active,
                                            ProgramProbe& probe) {
  const bool forward = active == base::Side::source;
  schema::Catalog left = schema::read_catalog(source, selection);
  schema::Catalog right = schema::read_catalog(target, selection);
  const std::vector<schema::Program> programs = (forward ? left : right).programs;
  if (!forward) {
    for (schema::Catalog* catalog : {&left, &right}) {
      std::erase_if(catalog->programs, [](const schema::Program& program) {
        return program.kind == ProgramKind::trigger;
      });
    }
    for (schema::Program& program : right.programs) program.enabled = false;
    leave_out_kept(left, source, right);
  } else {
    leave_out_kept(right, target, left);
  }
  print_as_target(left, target, right);
  std::vector<schema::Difference> found =
      schema::diff(left, right,
                   {.before_cutover = true,
                    .auto_increment = false,
                    .descending_on_source = source.version().at_least(8, 0)});
  if (!found.empty()) return found;
  db::Connection& passive = forward ? target : source;
  const ObjectSide side{passive, schema::read_dialect(passive), migration};
  found = probe.refused_triggers(programs, paused_triggers(side), (forward ? right : left).tables,
                                 passive);
  if (forward) {
    for (schema::Difference& lost : lost_calls(programs, source, target)) {
      found.push_back(std::move(lost));
    }
  }
  return found;
}

}  // namespace flyover::migration
