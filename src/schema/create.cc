#include "schema/create.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "mysql/identifier.h"
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

// One run of characters outside of ASCII.
std::string convert(db::Connection& connection, const Program& program, std::string_view utf8) {
  const db::Table converted = connection.query(
      fmt::format("SELECT own, HEX(CONVERT(own USING utf8mb4)) = HEX({0}) FROM (SELECT "
                  "CONVERT(CONVERT({0} USING utf8mb4) USING {1}) AS own) AS t",
                  mysql::hex_literal(utf8), modern_charset(program.client_charset)));
  if (converted.rows.at(0).at(1) == "1") return converted.rows[0][0].value();
  base::throw_error(
      {.code = "schema.mixed_charsets",
       .side = connection.side(),
       .message = fmt::format("the name or the comment of {} has characters that {}, the character "
                              "set of its body, does not have",
                              program.name.to_string(), program.client_charset),
       .hint = "create it again on the source in a utf8 session"});
}

// Names, and what the server itself prints, are UTF-8; a statement has one character set. ASCII
// stays as it is: sjis has two backslashes, and only one escapes.
FromUtf8 converter(db::Connection& connection, const Program& program) {
  if (program.client_charset.starts_with("utf8")) return {};
  return [&](const std::string& utf8) {
    const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    std::string out;
    for (auto at = utf8.begin(); at != utf8.end();) {
      const auto wide = std::find_if_not(at, utf8.end(), ascii);
      const auto end = std::find_if(wide, utf8.end(), ascii);
      out.append(at, wide);
      if (wide != end) out += convert(connection, program, std::string_view(wide, end));
      at = end;
    }
    return out;
  };
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
                    const SchemaNames& names, std::string_view comment) {
  const SchemaCollation collation = borrow_collation(connection, program, names);
  // 9.7 gives a parameter without a character set that of the session's schema, not the program's.
  const DefaultSchema schema(connection, names.of(program.name.schema));
  const SessionScope scope(connection, set_session_sql(program_session(program, dialect)));
  if (!program.parameter_collation.empty() && modern_collation(program.parameter_collation) !=
                                                  modern_collation(program.database_collation)) {
    connection.execute("SET SESSION collation_database = " + program.parameter_collation);
  }
  choose_default_of_utf8mb4(connection, program, dialect);
  connection.execute(std::string(comment) +
                     create_program_sql(program, dialect, names, converter(connection, program)));
}

void alter_event(db::Connection& connection, const Program& event, bool enable,
                 const Dialect& dialect, std::string_view comment) {
  const SchemaCollation collation = borrow_collation(connection, event, {});
  const SessionScope scope(connection, set_session_sql(program_session(event, dialect)));
  connection.execute(std::string(comment) +
                     alter_event_sql(event, enable, dialect, converter(connection, event)));
}

}  // namespace flyover::schema
