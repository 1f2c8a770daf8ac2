#include "migration/program_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "assess/lost_functions.h"
#include "base/log.h"
#include "migration/structure.h"
#include "schema/control_schema.h"
#include "schema/create.h"
#include "schema/ddl.h"

namespace flyover::migration {
namespace {

using schema::Difference;
using schema::Program;

const mysql::TableName& scratch_table() {
  static const mysql::TableName kName{std::string(schema::kControlSchema), "trigger_probe"};
  return kName;
}

std::string scratch_sql(const schema::Dialect& dialect, schema::Table table) {
  table.name = scratch_table();
  table.partition_clause.clear();
  return sql_for(dialect, schema::create_table_sql(table, {.without_secondary_indexes = true,
                                                           .without_foreign_keys = true,
                                                           .with_auto_increment = false}));
}

std::map<mysql::TableName, std::vector<Program>> by_table(const std::vector<Program>& active,
                                                          const std::vector<Program>& remembered) {
  std::map<mysql::TableName, std::vector<Program>> triggers;
  for (const Program& program : active) {
    if (program.kind != schema::ProgramKind::trigger) continue;
    const auto same = std::find_if(remembered.begin(), remembered.end(), [&](const Program& other) {
      return other.name == program.name && other.table == program.table;
    });
    triggers[{program.name.schema, program.table}].push_back(same == remembered.end() ? program
                                                                                      : *same);
  }
  return triggers;
}

std::string fingerprint(const std::string& table_sql, const std::vector<Program>& triggers) {
  std::string text = table_sql;
  for (const Program& trigger : triggers) {
    for (const std::string& part : {trigger.name.table, trigger.create_sql, trigger.definer,
                                    trigger.sql_mode, trigger.client_charset}) {
      text += '\0';
      text += part;
    }
  }
  return text;
}

/// Migrations of the same servers share the scratch table.
class ScratchLock {
 public:
  explicit ScratchLock(db::Connection& connection) : connection_(connection) {
    const auto got = connection_.query_value(fmt::format("SELECT GET_LOCK('{}', 30)", kName));
    if (got == "1") return;
    base::throw_error({.code = "structure.busy",
                       .side = connection_.side(),
                       .action = base::Action::retry,
                       .message = "another migration tries out its triggers"});
  }
  ~ScratchLock() {
    try {
      connection_.query_value(fmt::format("SELECT RELEASE_LOCK('{}')", kName));
    } catch (const base::ErrorException&) {
      connection_.interrupt();
    }
  }
  ScratchLock(const ScratchLock&) = delete;
  ScratchLock& operator=(const ScratchLock&) = delete;

 private:
  static constexpr std::string_view kName = "flyover.trigger_probe";
  db::Connection& connection_;
};

// False: what the triggers need can not be had there, and the switch itself has to tell.
bool make_scratch(db::Connection& passive, const schema::Dialect& dialect,
                  const mysql::TableName& name, const std::string& sql) {
  schema::run_ddl(passive, dialect, schema::drop_table_sql(scratch_table()));
  try {
    schema::run_ddl(passive, dialect, sql);
    return true;
  } catch (const base::ErrorException& e) {
    if (e.error().action == base::Action::retry) throw;
    base::log::warn("structure.untried", "triggers of {}: {}", name.to_string(), e.error().message);
    return false;
  }
}

}  // namespace

std::vector<Difference> ProgramProbe::refused_triggers(const std::vector<Program>& active,
                                                       const std::vector<Program>& remembered,
                                                       const std::vector<schema::Table>& there,
                                                       db::Connection& passive) {
  std::vector<Difference> refused;
  const auto triggers = by_table(active, remembered);
  if (triggers.empty()) return refused;
  const schema::Dialect dialect = schema::read_dialect(passive);
  const std::string collation =
      passive
          .query_value(
              "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE "
              "SCHEMA_NAME = " +
              mysql::quote_bytes(schema::kControlSchema))
          .value_or("");
  std::set<std::string> taken;
  for (const auto& [name, programs] : triggers) {
    const auto table = std::find_if(there.begin(), there.end(),
                                    [&](const schema::Table& t) { return t.name == name; });
    if (table == there.end()) continue;
    const std::string table_sql = scratch_sql(dialect, *table);
    std::string key = fingerprint(table_sql, programs);
    if (taken_.contains(key)) {
      taken.insert(std::move(key));
      continue;
    }
    const ScratchLock lock(passive);
    if (!make_scratch(passive, dialect, name, table_sql)) continue;
    const std::size_t before = refused.size();
    for (Program trigger : programs) {
      const std::string object = title(trigger);
      const schema::SchemaNames names{.renamed = {{name.schema, scratch_table().schema}}};
      trigger.table = scratch_table().table;
      // What its words mean by default decides nothing here.
      trigger.database_collation = collation;
      try {
        schema::create_program(passive, trigger, dialect, names);
      } catch (const base::ErrorException& e) {
        if (e.error().action == base::Action::retry) throw;
        const std::string& message = e.error().message;
        refused.push_back({.object = object,
                           .what = "refused, it could not be created at the switch",
                           .source = "there",
                           .target = message.substr(0, message.find(" in: "))});
      }
    }
    schema::run_ddl(passive, dialect, schema::drop_table_sql(scratch_table()));
    if (refused.size() == before) taken.insert(std::move(key));
  }
  taken_ = std::move(taken);
  return refused;
}

std::vector<Difference> lost_calls(const std::vector<Program>& programs, db::Connection& source,
                                   db::Connection& target) {
  std::vector<Difference> lost;
  assess::LostFunctions functions(source, target);
  for (const Program& program : programs) {
    for (const std::string& name : functions.called_by(program)) {
      lost.push_back({.object = title(program),
                      .what = "would fail when it runs",
                      .source = name + "()",
                      .target = "no such function"});
    }
  }
  return lost;
}

}  // namespace flyover::migration
