// Defaults and members of ENUM and SET that a server can not print: information_schema and SHOW
// CREATE are three-byte UTF-8, also in 9.7, and have a '?' for every other character.

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "schema/introspect_detail.h"

namespace flyover::schema::detail {
namespace {

using mysql::quote_name;

constexpr std::string_view kMembersTable = "flyover_members";

bool holds_four_byte_characters(const Column& column) {
  return column.charset == "utf8mb4" || column.charset.starts_with("utf16") ||
         column.charset == "utf32" || column.charset == "gb18030";
}

bool looks_lost(const std::string& text) {
  return text.find('?') != std::string::npos;
}

bool members_look_lost(const Column& column) {
  return std::any_of(column.members.begin(), column.members.end(), looks_lost);
}

// The outer join makes one row of an empty table.
void read_default(db::Connection& connection, const Table& table, Column& column) {
  column.default_value = connection.query_value(
      fmt::format("SELECT CONVERT(DEFAULT(t.{}) USING utf8mb4) FROM (SELECT 1) one LEFT JOIN {} t "
                  "ON FALSE",
                  quote_name(column.name), table.name.quoted()));
}

// A row for each member is the only place where the server tells its bytes.
void read_members(db::Connection& connection, const Table& table, Column& column) {
  const std::string members =
      mysql::TableName{table.name.schema, std::string(kMembersTable)}.quoted();
  const std::string name = quote_name(column.name);
  connection.execute("DROP TEMPORARY TABLE IF EXISTS " + members);
  connection.execute(fmt::format("CREATE TEMPORARY TABLE {} SELECT {} FROM {} LIMIT 0", members,
                                 name, table.name.quoted()));
  std::string values;
  for (std::size_t i = 0; i < column.members.size(); ++i) {
    const std::uint64_t number =
        column.kind == ValueKind::set ? std::uint64_t{1} << i : std::uint64_t{i} + 1;
    values += fmt::format("{}({})", values.empty() ? "" : ",", number);
  }
  connection.execute(fmt::format("INSERT INTO {} VALUES {}", members, values));
  const db::Table rows = connection.query(
      fmt::format("SELECT CONVERT({} USING utf8mb4) FROM {} ORDER BY {} + 0", name, members, name));
  connection.execute("DROP TEMPORARY TABLE " + members);
  if (rows.rows.size() != column.members.size()) return;
  for (std::size_t i = 0; i < column.members.size(); ++i) {
    column.members[i] = rows.rows[i][0].value_or("");
  }
  column.text_lost = false;
}

}  // namespace

void read_lost_text(db::Connection& connection, Tables& tables) {
  for (auto& [name, table] : tables) {
    for (Column& column : table.columns) {
      if (!holds_four_byte_characters(column)) continue;
      if (column.default_value && !column.default_is_expression &&
          looks_lost(*column.default_value)) {
        read_default(connection, table, column);
      }
      if (!members_look_lost(column)) continue;
      column.text_lost = true;
      try {
        read_members(connection, table, column);
      } catch (const base::ErrorException& e) {
        // What the server refuses leaves the mark, and the assessment tells; a lost session does
        // not come back by itself.
        if (db::session_lost(e.error())) throw;
        base::log::info("schema.members_unread", "members of {}.{} can not be read: {}",
                        name.to_string(), column.name, e.what());
      }
    }
  }
}

}  // namespace flyover::schema::detail
