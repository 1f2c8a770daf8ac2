// The target is empty where we write, lets us write, and treats names as the source does.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "assess/registry.h"
#include "base/units.h"

namespace flyover::assess {
namespace {

void check_empty(CheckContext& context) {
  if (!context.request.options.target_must_be_empty) return;
  // Not one query over a union: the server would print the names into each part and, in a binary
  // session, fail to read them again.
  std::map<std::string, std::uint64_t> objects;
  for (const auto& [column, table] :
       {std::pair{"TABLE_SCHEMA", "TABLES"}, std::pair{"ROUTINE_SCHEMA", "ROUTINES"},
        std::pair{"EVENT_SCHEMA", "EVENTS"}}) {
    const db::Table rows = context.target.connection.query(
        fmt::format("SELECT {0} AS s, COUNT(*) AS n FROM information_schema.{1} WHERE {0} IN ({2}) "
                    "GROUP BY {0}",
                    column, table, schema_list(context.catalog)));
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      objects[rows.text(i, "s")] += rows.number(i, "n");
    }
  }
  for (const auto& [schema, count] : objects) {
    context.blocker(
        "schema " + schema,
        fmt::format("the target already has {} objects in it, which could be data of somebody else",
                    count),
        fmt::format("look at them; if they may go: DROP DATABASE {}; on the target",
                    mysql::quote_name(schema)));
  }
}

void check_writable(CheckContext& context) {
  for (const char* variable : {"read_only", "super_read_only", "innodb_read_only"}) {
    if (!context.target.is_on(variable)) continue;
    context.blocker("target", fmt::format("{} is ON", variable),
                    fmt::format("SET GLOBAL {} = OFF; (or use the writer endpoint)", variable));
  }
  if (context.source.is_on("read_only")) {
    context.blocker("source", "read_only is ON; the start of the load is marked by a row of ours",
                    "SET GLOBAL read_only = OFF; (or use the server that the application writes "
                    "to)");
  }
}

bool has_functions_or_triggers(const schema::Catalog& catalog) {
  return std::any_of(catalog.programs.begin(), catalog.programs.end(),
                     [](const schema::Program& program) {
                       return program.kind == schema::ProgramKind::function ||
                              program.kind == schema::ProgramKind::trigger;
                     });
}

void check_settings(CheckContext& context) {
  const Server& target = context.target;
  if (!target.is_on("local_infile")) {
    context.warning("target",
                    "local_infile is OFF; rows are loaded with INSERT, about half as fast",
                    "SET GLOBAL local_infile = ON; (on RDS in the parameter group)");
  }
  if (target.is_on("log_bin") && !target.is_on("log_bin_trust_function_creators") &&
      has_functions_or_triggers(context.catalog)) {
    context.blocker("target",
                    "log_bin_trust_function_creators is OFF; functions and triggers can only be "
                    "created by an account with SUPER",
                    "SET GLOBAL log_bin_trust_function_creators = ON; (on RDS in the parameter "
                    "group)");
  }
  const std::string source_names = context.source.variable("lower_case_table_names").value_or("0");
  const std::string target_names = target.variable("lower_case_table_names").value_or("0");
  if (source_names != target_names) {
    context.blocker(
        "target",
        fmt::format("lower_case_table_names is {}, on the source {}: names would be "
                    "told apart by other rules",
                    target_names, source_names),
        fmt::format("initialise the target again with lower_case_table_names = {}", source_names));
  }
  const bool has_events =
      std::any_of(context.catalog.programs.begin(), context.catalog.programs.end(),
                  [](const schema::Program& program) {
                    return program.kind == schema::ProgramKind::event && program.enabled;
                  });
  if (has_events && context.source.is_on("event_scheduler") && !target.is_on("event_scheduler")) {
    context.warning("target",
                    "event_scheduler is off; the source's events will not run after the switch",
                    "SET GLOBAL event_scheduler = ON;");
  }
}

}  // namespace

void check_target_state(CheckContext& context) {
  check_empty(context);
  check_writable(context);
  check_settings(context);
}

}  // namespace flyover::assess
