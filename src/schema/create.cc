#include "schema/create.h"

#include "schema/schema_collation.h"
#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

SchemaCollation borrow_collation(db::Connection& connection, const Program& program,
                                 const SchemaNames& names) {
  const bool scratch = names.renamed.contains(program.name.schema);
  return {connection, names.of(program.name.schema), program.database_collation,
          scratch ? SchemaCollation::Journal::none : SchemaCollation::Journal::control_schema};
}

// Servers before 8.0 had one default for utf8mb4, which new ones do not mean by the bare word.
void choose_default_of_utf8mb4(db::Connection& connection, const Program& program,
                               const Dialect& dialect) {
  const auto names = [&](std::string_view collation) {
    return program.parameters.find(collation) != std::string::npos;
  };
  if (!dialect.version.at_least(8, 0, 11) || !names("utf8mb4")) return;
  const bool old = names("utf8mb4_general_ci") && !names("utf8mb4_0900_ai_ci");
  connection.execute(std::string("SET SESSION default_collation_for_utf8mb4 = ") +
                     (old ? "utf8mb4_general_ci" : "utf8mb4_0900_ai_ci"));
}

}  // namespace

void run_ddl(db::Connection& connection, const Dialect& dialect, std::string_view sql) {
  const SessionScope scope(connection, ddl_session_sql(dialect));
  connection.execute(sql);
}

void create_view(db::Connection& connection, const View& view, const SchemaNames& names) {
  // Old servers print functions of the view's own schema without it.
  const DefaultSchema schema(connection, names.of(view.name.schema));
  const SessionScope scope(connection, view_session_sql(view));
  connection.execute(create_view_sql(view, names));
}

void create_view(db::Connection& connection, const View& view, const mysql::TableName& name) {
  const DefaultSchema schema(connection, view.name.schema);
  const SessionScope scope(connection, view_session_sql(view));
  View other = view;
  other.name = name;
  connection.execute(create_view_sql(other));
}

void create_program(db::Connection& connection, const Program& program, const Dialect& dialect,
                    const SchemaNames& names) {
  const SchemaCollation collation = borrow_collation(connection, program, names);
  // 9.7 gives a parameter without a character set that of the session's schema, not the program's.
  const DefaultSchema schema(connection, names.of(program.name.schema));
  const SessionScope scope(connection, set_session_sql(program_session(program, dialect)));
  if (!program.parameter_collation.empty() && modern_collation(program.parameter_collation) !=
                                                  modern_collation(program.database_collation)) {
    connection.execute("SET SESSION collation_database = " + program.parameter_collation);
  }
  choose_default_of_utf8mb4(connection, program, dialect);
  connection.execute(create_program_sql(program, dialect, names));
}

void alter_event(db::Connection& connection, const Program& event, bool enable,
                 const Dialect& dialect) {
  const SchemaCollation collation = borrow_collation(connection, event, {});
  const SessionScope scope(connection, set_session_sql(program_session(event, dialect)));
  connection.execute(alter_event_sql(event, enable, dialect));
}

}  // namespace flyover::schema
