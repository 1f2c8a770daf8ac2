// Views and programs. A program's header (definer, name, a trigger's table, an event's status) is
// written anew from the model; everything behind it are the source's own bytes.

#include <fmt/format.h>

#include "base/error.h"
#include "schema/ddl.h"
#include "schema/program_text.h"
#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

using mysql::quote_name;

std::string_view kind_word(ProgramKind kind) {
  switch (kind) {
    case ProgramKind::procedure:
      return "PROCEDURE";
    case ProgramKind::function:
      return "FUNCTION";
    case ProgramKind::trigger:
      return "TRIGGER";
    case ProgramKind::event:
      return "EVENT";
  }
  return "PROCEDURE";
}

std::string_view disabled_word(const Dialect& dialect) {
  return dialect.disable_on_replica ? "DISABLE ON REPLICA" : "DISABLE ON SLAVE";
}

std::string in_charset(const std::string& utf8, const FromUtf8& from_utf8) {
  return from_utf8 == nullptr || is_ascii(utf8) ? utf8 : from_utf8(utf8);
}

// Replaces `nasty`.`t` and `nasty`.`t`.`c` and `nasty`.`f`( where nasty is renamed. A two-part name
// is a table only when such a table exists: otherwise it is an alias and a column.
std::string rename_in_view(const std::string& definition, const SchemaNames& names) {
  if (names.renamed.empty()) return definition;
  const std::vector<Token> tokens = tokenize(definition);
  const auto name_at = [&](std::size_t i) {
    return i < tokens.size() && tokens[i].kind == TokenKind::quoted_name;
  };
  const auto symbol_at = [&](std::size_t i, std::string_view symbol) {
    return i < tokens.size() && tokens[i].text == symbol;
  };
  std::string out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool first = name_at(i) && (i == 0 || !symbol_at(i - 1, "."));
    if (!first || !symbol_at(i + 1, ".") || !name_at(i + 2)) {
      out += tokens[i].text;
      continue;
    }
    const std::string schema = token_name(tokens[i]);
    const bool three_parts = symbol_at(i + 3, ".") && name_at(i + 4);
    const bool renames = three_parts || symbol_at(i + 3, "(") ||
                         names.objects.contains({schema, token_name(tokens[i + 2])});
    out += renames ? quote_name(names.of(schema)) : std::string(tokens[i].text);
  }
  return out;
}

}  // namespace

std::string create_view_sql(const View& view, const SchemaNames& names) {
  const mysql::TableName name{names.of(view.name.schema), view.name.table};
  std::string columns;
  for (const std::string& column : view.columns) {
    columns += (columns.empty() ? " (" : ", ") + quote_name(column);
  }
  if (!columns.empty()) columns += ")";
  std::string sql = fmt::format(
      "CREATE OR REPLACE ALGORITHM={} DEFINER={} SQL SECURITY {} VIEW {}{} AS {}", view.algorithm,
      view.definer, view.security, name.quoted(), columns, rename_in_view(view.definition, names));
  if (view.check_option != "NONE") sql += " WITH " + view.check_option + " CHECK OPTION";
  return sql;
}

std::string view_session_sql(const View& view) {
  // The text is UTF-8. The view's own character set is kept where it reads the same.
  const bool same_text = view.client_charset.starts_with("utf8") ||
                         (is_ascii(view.definition) && is_ascii(view.name.to_string()));
  return fmt::format("SET SESSION character_set_client = {}, collation_connection = {}",
                     same_text ? modern_charset(view.client_charset) : "utf8mb4",
                     modern_collation(view.connection_collation));
}

ProgramSession program_session(const Program& program, const Dialect& dialect) {
  ProgramSession session;
  session.client_charset = modern_charset(program.client_charset);
  session.connection_collation = modern_collation(program.connection_collation);
  session.time_zone = program.time_zone;
  for (const std::string& mode : split_modes(program.sql_mode)) {
    if (dialect.sql_modes.contains(mode)) {
      session.sql_mode += (session.sql_mode.empty() ? "" : ",") + mode;
    } else if (mode != "ANSI") {  // Its parts stand beside it.
      session.removed_modes.push_back(mode);
    }
  }
  return session;
}

std::string set_session_sql(const ProgramSession& session) {
  std::string sql = fmt::format(
      "SET SESSION character_set_client = {}, collation_connection = {}, sql_mode = {}",
      session.client_charset, session.connection_collation, mysql::quote_bytes(session.sql_mode));
  if (!session.time_zone.empty()) {
    sql += ", time_zone = " + mysql::quote_bytes(session.time_zone);
  }
  return sql;
}

std::string create_program_sql(const Program& program, const Dialect& dialect,
                               const SchemaNames& names, const FromUtf8& from_utf8) {
  const ProgramText text = read_program(program);
  const std::string& schema = names.of(program.name.schema);
  std::string head =
      fmt::format("CREATE DEFINER={} {} {}{}", program.definer, kind_word(program.kind),
                  mysql::TableName{schema, program.name.table}.quoted(), text.before_target);
  if (program.kind == ProgramKind::trigger) {
    head += mysql::TableName{schema, program.table}.quoted();
  }
  if (program.kind == ProgramKind::event) head += disabled_word(dialect);
  return in_charset(head, from_utf8) + text.parameters + in_charset(text.printed, from_utf8) +
         text.body;
}

std::string alter_event_sql(const Program& event, bool enable, const Dialect& dialect,
                            const FromUtf8& from_utf8) {
  return in_charset(fmt::format("ALTER DEFINER={} EVENT {} {}", event.definer, event.name.quoted(),
                                enable ? "ENABLE" : disabled_word(dialect)),
                    from_utf8);
}

std::string drop_program_sql(const Program& program) {
  return fmt::format("DROP {} IF EXISTS {}", kind_word(program.kind), program.name.quoted());
}

}  // namespace flyover::schema
