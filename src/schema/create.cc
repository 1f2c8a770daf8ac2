#include "schema/create.h"

namespace flyover::schema {

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

void create_program(db::Connection& connection, const Program& program, const Dialect& dialect,
                    const SchemaNames& names) {
  // 9.7 gives a parameter without a character set that of the session's schema, not the program's.
  const DefaultSchema schema(connection, names.of(program.name.schema));
  const SessionScope scope(connection, set_session_sql(program_session(program, dialect)));
  connection.execute(create_program_sql(program, dialect, names));
}

void alter_event(db::Connection& connection, const Program& event, bool enable,
                 const Dialect& dialect) {
  const SessionScope scope(connection, set_session_sql(program_session(event, dialect)));
  connection.execute(alter_event_sql(event, enable, dialect));
}

}  // namespace flyover::schema
