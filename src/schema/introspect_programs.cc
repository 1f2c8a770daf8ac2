// Views, routines, triggers and events.

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "base/log.h"
#include "schema/introspect_detail.h"
#include "schema/program_text.h"
#include "schema/session.h"
#include "schema/sql_text.h"

namespace flyover::schema::detail {
namespace {

// Old servers keep this mode under another name with a routine, and show that.
std::string modes_of(std::string sql_mode) {
  static constexpr std::string_view kStored = "INVALID_DATES";
  const std::size_t at = sql_mode.find(kStored);
  if (at == 0 || (at != std::string::npos && sql_mode[at - 1] == ',')) {
    sql_mode.insert(at, "ALLOW_");
  }
  return sql_mode;
}

using Cells = std::vector<std::optional<std::string>>;

std::string text(const Cells& row, std::size_t i) {
  return row[i].value_or("");
}

// The statement of SHOW CREATE; a user who may see that an object exists, but not its body, gets
// NULL.
std::string shown(db::Connection& connection, const std::string& sql, std::size_t column,
                  const std::string& object, std::string_view grant) {
  const db::Table rows = connection.query(sql);
  if (!rows.empty() && rows.rows[0].size() > column && rows.rows[0][column] &&
      !rows.rows[0][column]->empty()) {
    return *rows.rows[0][column];
  }
  base::throw_error(
      {.code = "schema.hidden_definition",
       .side = connection.side(),
       .message = fmt::format("{} {}: the definition of {} is hidden from the user {}",
                              base::to_string(connection.side()), connection.endpoint().address(),
                              object, connection.endpoint().user),
       .hint = fmt::format("grant {} to {}", grant, connection.endpoint().user)});
}

std::string algorithm_of(std::string_view create_view) {
  const std::vector<Token> tokens = tokenize(create_view);
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (is_word(tokens[i], "ALGORITHM") && tokens[i + 1].text == "=") {
      return to_upper(tokens[i + 2].text);
    }
    if (is_word(tokens[i], "VIEW")) break;
  }
  return "UNDEFINED";
}

std::vector<mysql::TableName> names_in(const View& view) {
  std::vector<mysql::TableName> names;
  const std::vector<Token> tokens = tokenize(view.definition);
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].kind == TokenKind::quoted_name && tokens[i + 1].text == "." &&
        tokens[i + 2].kind == TokenKind::quoted_name) {
      names.push_back({token_name(tokens[i]), token_name(tokens[i + 2])});
    }
  }
  return names;
}

// Depth first, so that each view follows those it reads. MySQL allows no cycles; a column that
// looks like a view's name can only add an edge, and an edge back to an open view is left out.
class ViewOrder {
 public:
  explicit ViewOrder(std::vector<View> views) : views_(std::move(views)) {
    for (std::size_t i = 0; i < views_.size(); ++i) index_[views_[i].name] = i;
    visited_.resize(views_.size());
  }

  std::vector<View> sorted() {
    for (std::size_t i = 0; i < views_.size(); ++i) visit(i);
    return std::move(sorted_);
  }

 private:
  void visit(std::size_t i) {
    if (visited_[i]) return;
    visited_[i] = true;
    for (const mysql::TableName& name : names_in(views_[i])) {
      if (const auto found = index_.find(name); found != index_.end()) visit(found->second);
    }
    sorted_.push_back(views_[i]);
  }

  std::vector<View> views_;
  std::map<mysql::TableName, std::size_t> index_{};
  std::vector<bool> visited_{};
  std::vector<View> sorted_{};
};

void read_view_columns(db::Connection& connection, const Where& where, std::vector<View>& views) {
  std::map<mysql::TableName, View*> by_name;
  for (View& view : views) by_name[view.name] = &view;
  const db::Table rows = connection.query(
      "SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME FROM information_schema.COLUMNS c "
      "JOIN information_schema.VIEWS v ON v.TABLE_SCHEMA = c.TABLE_SCHEMA "
      "AND v.TABLE_NAME = c.TABLE_NAME WHERE " +
      where("c.TABLE_SCHEMA", "c.TABLE_NAME") +
      " ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION");
  for (const auto& row : rows.rows) {
    const auto found = by_name.find({text(row, 0), text(row, 1)});
    if (found != by_name.end()) found->second->columns.push_back(text(row, 2));
  }
}

// Types without a character set get one when the routine is created; here is which.
void read_parameters(db::Connection& connection, const Where& where,
                     std::vector<Program>& programs) {
  std::map<std::pair<mysql::TableName, bool>, Program*> by_name;
  for (Program& program : programs) {
    by_name[{program.name, program.kind == ProgramKind::function}] = &program;
  }
  const db::Table rows = connection.query(
      "SELECT SPECIFIC_SCHEMA, SPECIFIC_NAME, ROUTINE_TYPE, PARAMETER_NAME, CHARACTER_SET_NAME, "
      "COLLATION_NAME FROM information_schema.PARAMETERS WHERE CHARACTER_SET_NAME IS NOT NULL "
      "AND " +
      where("SPECIFIC_SCHEMA", "SPECIFIC_NAME") +
      " ORDER BY SPECIFIC_SCHEMA, ROUTINE_TYPE, SPECIFIC_NAME, ORDINAL_POSITION");
  for (const auto& row : rows.rows) {
    const auto found = by_name.find({{text(row, 0), text(row, 1)}, text(row, 2) == "FUNCTION"});
    if (found == by_name.end()) continue;
    Program& program = *found->second;
    const std::vector<std::string> plain = plain_parameters(program);
    if (row[3] && std::find(plain.begin(), plain.end(), *row[3]) != plain.end()) {
      program.parameter_collation = text(row, 5);
    }
    std::string& parameters = program.parameters;
    if (!parameters.empty()) parameters += ", ";
    parameters += fmt::format("{} {} {}", row[3].value_or("returns"), modern_charset(text(row, 4)),
                              modern_collation(text(row, 5)));
  }
}

void read_routines(db::Connection& connection, const Where& where, const Selection& selection,
                   std::vector<Program>& programs) {
  const db::Table rows = connection.query(
      "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, DEFINER, SQL_MODE, CHARACTER_SET_CLIENT, "
      "COLLATION_CONNECTION, DATABASE_COLLATION FROM information_schema.ROUTINES WHERE " +
      where("ROUTINE_SCHEMA", "ROUTINE_NAME") + " ORDER BY 1, 3, 2");
  for (const auto& row : rows.rows) {
    const std::string type = text(row, 2);
    if (!selection.selects_schema(text(row, 0))) continue;
    if (type != "PROCEDURE" && type != "FUNCTION") {
      base::throw_error({.code = "schema.unknown_routine",
                         .side = connection.side(),
                         .message = fmt::format("{}.{} is a {}, which can not be moved",
                                                text(row, 0), text(row, 1), type)});
    }
    Program program;
    program.kind = type == "FUNCTION" ? ProgramKind::function : ProgramKind::procedure;
    program.name = {text(row, 0), text(row, 1)};
    program.definer = quote_account(text(row, 3));
    program.sql_mode = modes_of(text(row, 4));
    program.client_charset = text(row, 5);
    program.connection_collation = text(row, 6);
    program.database_collation = text(row, 7);
    program.create_sql =
        shown(connection, fmt::format("SHOW CREATE {} {}", type, program.name.quoted()), 2,
              to_lower(type) + " " + program.name.to_string(), "SELECT ON *.*");
    programs.push_back(std::move(program));
  }
}

void read_triggers(db::Connection& connection, const Features& features, const Where& where,
                   const Selection& selection, std::vector<Program>& programs) {
  const bool ordered = features.triggers.contains("ACTION_ORDER");
  const db::Table rows = connection.query(fmt::format(
      "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, DEFINER, SQL_MODE, "
      "CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION, ACTION_TIMING, "
      "EVENT_MANIPULATION, {} FROM information_schema.TRIGGERS WHERE {} ORDER BY 1, 3, 9, 10, 11",
      ordered ? "ACTION_ORDER" : "1", where("TRIGGER_SCHEMA", "TRIGGER_NAME")));
  for (const auto& row : rows.rows) {
    if (!selection.selects({text(row, 0), text(row, 2)})) continue;
    Program program;
    program.kind = ProgramKind::trigger;
    program.name = {text(row, 0), text(row, 1)};
    program.table = text(row, 2);
    program.definer = quote_account(text(row, 3));
    program.sql_mode = text(row, 4);
    program.client_charset = text(row, 5);
    program.connection_collation = text(row, 6);
    program.database_collation = text(row, 7);
    // Servers with one trigger per timing number it 0.
    const std::string order = text(row, 10) == "0" ? "1" : text(row, 10);
    program.action_order = fmt::format("{} {} {}", text(row, 8), text(row, 9), order);
    program.create_sql = shown(connection, "SHOW CREATE TRIGGER " + program.name.quoted(), 2,
                               "trigger " + program.name.to_string(), "TRIGGER ON *.*");
    programs.push_back(std::move(program));
  }
}

void read_events(db::Connection& connection, const Where& where, const Selection& selection,
                 std::vector<Program>& programs) {
  const db::Table rows = connection.query(
      "SELECT EVENT_SCHEMA, EVENT_NAME, DEFINER, SQL_MODE, CHARACTER_SET_CLIENT, "
      "COLLATION_CONNECTION, DATABASE_COLLATION, TIME_ZONE, STATUS FROM information_schema.EVENTS "
      "WHERE " +
      where("EVENT_SCHEMA", "EVENT_NAME") + " ORDER BY 1, 2");
  for (const auto& row : rows.rows) {
    if (!selection.selects_schema(text(row, 0))) continue;
    Program program;
    program.kind = ProgramKind::event;
    program.name = {text(row, 0), text(row, 1)};
    program.definer = quote_account(text(row, 2));
    program.sql_mode = text(row, 3);
    program.client_charset = text(row, 4);
    program.connection_collation = text(row, 5);
    program.database_collation = text(row, 6);
    program.time_zone = text(row, 7);
    program.enabled = text(row, 8) == "ENABLED";
    program.create_sql = shown(connection, "SHOW CREATE EVENT " + program.name.quoted(), 3,
                               "event " + program.name.to_string(), "EVENT ON *.*");
    programs.push_back(std::move(program));
  }
}

}  // namespace

std::vector<View> read_views(db::Connection& connection, const Where& where,
                             const std::function<bool(const mysql::TableName&)>& wanted) {
  std::vector<View> views;
  const db::Table rows = connection.query(
      "SELECT TABLE_SCHEMA, TABLE_NAME, DEFINER, SECURITY_TYPE, CHECK_OPTION, "
      "CHARACTER_SET_CLIENT, COLLATION_CONNECTION, VIEW_DEFINITION FROM information_schema.VIEWS "
      "WHERE " +
      where("TABLE_SCHEMA", "TABLE_NAME") + " ORDER BY 1, 2");
  // The server leaves out the session's default schema, so that must be one that no view is in.
  const DefaultSchema neutral(connection, "information_schema");
  // The server prints literals in the session's character set; a binary one loses them.
  const SessionScope utf8(connection, utf8_session_sql());
  for (const auto& row : rows.rows) {
    View view;
    view.name = {text(row, 0), text(row, 1)};
    if (!wanted(view.name)) continue;
    view.definer = quote_account(text(row, 2));
    view.security = text(row, 3);
    view.check_option = text(row, 4);
    view.client_charset = text(row, 5);
    view.connection_collation = text(row, 6);
    const std::string sql = shown(connection, "SHOW CREATE VIEW " + view.name.quoted(), 1,
                                  "view " + view.name.to_string(), "SHOW VIEW ON *.*");
    view.algorithm = algorithm_of(sql);
    view.definition = merge_view_definitions(select_of_view(sql), text(row, 7));
    views.push_back(std::move(view));
  }
  // An old server opens every table for its columns.
  if (views.empty()) return views;
  read_view_columns(connection, where, views);
  return ViewOrder(std::move(views)).sorted();
}

std::vector<Program> read_programs(db::Connection& connection, const Features& features,
                                   const Where& where, const Selection& selection) {
  std::vector<Program> programs;
  read_routines(connection, where, selection, programs);
  if (!programs.empty()) read_parameters(connection, where, programs);
  read_triggers(connection, features, where, selection, programs);
  read_events(connection, where, selection, programs);
  return programs;
}

}  // namespace flyover::schema::detail
