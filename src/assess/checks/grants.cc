// Every right that any phase needs, there and back, before the first phase starts.

#include "assess/grants.h"

#include <fmt/format.h>

#include <set>

#include "assess/registry.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

using List = std::vector<std::string>;

// The same on both sides: on the way back the old server is the one that is written to, and on
// which definitions are changed.
const List kSchemaRights = {
    "SELECT",        "INSERT",  "UPDATE",     "DELETE",      "CREATE",     "DROP",
    "ALTER",         "INDEX",   "REFERENCES", "CREATE VIEW", "SHOW VIEW",  "CREATE ROUTINE",
    "ALTER ROUTINE", "EXECUTE", "TRIGGER",    "EVENT",       "LOCK TABLES"};
// Views and triggers are tried out there.
const List kControlRights = {"SELECT", "INSERT", "UPDATE",      "DELETE",    "CREATE", "DROP",
                             "ALTER",  "INDEX",  "CREATE VIEW", "SHOW VIEW", "TRIGGER"};

std::string joined(const std::set<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::set<std::string> known_privileges(Server& server) {
  std::set<std::string> known;
  const db::Table rows = server.connection.query("SHOW PRIVILEGES");
  for (const auto& row : rows.rows) known.insert(schema::to_upper(row[0].value_or("")));
  return known;
}

Grants read_grants(Server& server, const std::set<std::string>& known) {
  std::string sql = "SHOW GRANTS";
  if (known.contains("CREATE ROLE")) {
    const std::string roles =
        server.connection.query_value("SELECT CURRENT_ROLE()").value_or("NONE");
    if (roles != "NONE") sql = "SHOW GRANTS FOR CURRENT_USER() USING " + roles;
  }
  Grants grants;
  for (const auto& row : server.connection.query(sql).rows) grants.add(row[0].value_or(""));
  return grants;
}

// The global rights a side needs: in parts where the server has parts, SUPER where it has not.
List global_rights(const std::set<std::string>& known) {
  List rights = {"PROCESS", "REPLICATION SLAVE", "REPLICATION CLIENT"};
  if (!known.contains("SYSTEM_VARIABLES_ADMIN")) {
    rights.emplace_back("SUPER");
    return rights;
  }
  rights.insert(rights.end(),
                {"SYSTEM_VARIABLES_ADMIN", "SESSION_VARIABLES_ADMIN", "CONNECTION_ADMIN"});
  for (const char* name : {"XA_RECOVER_ADMIN", "SET_ANY_DEFINER", "ALLOW_NONEXISTENT_DEFINER"}) {
    if (known.contains(name)) rights.emplace_back(name);
  }
  if (!known.contains("SET_ANY_DEFINER")) rights.emplace_back("SET_USER_ID");
  // Without it a server hides the bodies of routines that others have defined.
  if (known.contains("SHOW_ROUTINE")) rights.emplace_back("SHOW_ROUTINE");
  return rights;
}

void report_missing(CheckContext& context, const Server& server,
                    const std::set<std::string>& missing, const std::string& level,
                    const std::string& where) {
  if (missing.empty()) return;
  context.blocker(fmt::format("{} account {}", server.side_name(), server.account),
                  fmt::format("it lacks {} {}", joined(missing), where),
                  fmt::format("GRANT {} ON {} TO {};", joined(missing), level, server.account));
}

void check_global(CheckContext& context, Server& server, const std::set<std::string>& known,
                  const Grants& grants) {
  const bool super = grants.has_global("SUPER");
  std::set<std::string> missing;
  for (const std::string& right : global_rights(known)) {
    // On servers that know the parts, SUPER still stands for those with ADMIN in their name.
    const bool by_super = super && right.ends_with("_ADMIN");
    const bool by_select = right == "SHOW_ROUTINE" && grants.has_global("SELECT");
    if (!by_super && !by_select && !grants.has_global(right)) missing.insert(right);
  }
  report_missing(context, server, missing, "*.*", "on the server");
  if (known.contains("SYSTEM_USER") && !grants.has_global("SYSTEM_USER")) {
    context.warning(fmt::format("{} account {}", server.side_name(), server.account),
                    "it lacks SYSTEM_USER: objects whose definer has that right can not be "
                    "created, and sessions of such users not be ended at a switch",
                    fmt::format("GRANT SYSTEM_USER ON *.* TO {};", server.account));
  }
}

void check_schema(CheckContext& context, const Server& server, const Grants& grants,
                  const std::string& schema, const List& rights) {
  std::set<std::string> missing;
  for (const std::string& right : rights) {
    if (!grants.has(right, schema)) missing.insert(right);
  }
  report_missing(context, server, missing, mysql::quote_name(grant_pattern_of(schema)) + ".*",
                 "on schema " + schema);
}

// Any schema of the prefix will do as a sample of them all.
void check_scratch(CheckContext& context, const Grants& grants) {
  std::set<std::string> missing;
  for (const std::string& right : kSchemaRights) {
    if (!grants.has(right, "flyover_assess_0")) missing.insert(right);
  }
  report_missing(context, context.target, missing, "`flyover\\_assess\\_%`.*",
                 "on the scratch schemas flyover_assess_..., in which every object is tried");
}

// Bodies of programs and the list of accounts stand in the server's own tables.
void check_definitions(CheckContext& context, Server& server, const Grants& grants) {
  if (grants.has("SELECT", "mysql")) return;
  context.blocker(fmt::format("{} account {}", server.side_name(), server.account),
                  "it lacks SELECT on schema mysql: bodies of routines and the list of accounts "
                  "are hidden",
                  fmt::format("GRANT SELECT ON mysql.* TO {};", server.account));
}

// What the selection reads, or all that the account can see when there is no catalog.
std::vector<std::string> schemas_of(CheckContext& context) {
  std::vector<std::string> schemas;
  const db::Table rows = context.source.connection.query("SHOW DATABASES");
  for (const auto& row : rows.rows) {
    const std::string name = row[0].value_or("");
    if (context.request.selection.selects_schema(name)) schemas.push_back(name);
  }
  return schemas;
}

}  // namespace

void check_grants(CheckContext& context) {
  const std::vector<std::string> schemas = schemas_of(context);
  const std::set<std::string> known_on_source = known_privileges(context.source);
  const Grants source = read_grants(context.source, known_on_source);
  check_global(context, context.source, known_on_source, source);
  check_definitions(context, context.source, source);
  check_schema(context, context.source, source, "flyover", kControlRights);
  for (const std::string& schema : schemas) {
    check_schema(context, context.source, source, schema, kSchemaRights);
  }
  const std::set<std::string> known_on_target = known_privileges(context.target);
  const Grants target = read_grants(context.target, known_on_target);
  check_global(context, context.target, known_on_target, target);
  check_definitions(context, context.target, target);
  check_schema(context, context.target, target, "flyover", kControlRights);
  check_scratch(context, target);
  for (const std::string& schema : schemas) {
    check_schema(context, context.target, target, schema, kSchemaRights);
  }
}

}  // namespace flyover::assess
