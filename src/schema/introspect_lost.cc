// Defaults and members of ENUM and SET that a server can not print: information_schema and SHOW
// CREATE are three-byte UTF-8, also in 9.7, and have a '?' for every other character. Before 8.0
// defaults of BINARY columns end at the first byte that is no UTF-8.

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/log.h"
#include "schema/introspect_detail.h"
#include "schema/session.h"

namespace flyover::schema::detail {
namespace {

using mysql::quote_name;

constexpr std::string_view kCopy = "flyover_members";

bool holds_four_byte_characters(const Column& column) {
  return column.charset == "utf8mb4" || column.charset.starts_with("utf16") ||
         column.charset == "utf32" || column.charset == "gb18030";
}

bool looks_lost(const std::string& text) {
  return text.find('?') != std::string::npos;
}

bool default_looks_lost(const Column& column) {
  return column.default_value && !column.default_is_expression && looks_lost(*column.default_value);
}

bool members_look_lost(const Column& column) {
  return std::any_of(column.members.begin(), column.members.end(), looks_lost);
}

// A table with a column like this one is the only place where the server tells its bytes: an empty
// row has the default, and a row for each member the members.
class Copy {
 public:
  Copy(db::Connection& connection, const Table& table, const Column& column)
      : connection_(connection),
        name_(mysql::TableName{table.name.schema, std::string(kCopy)}.quoted()),
        column_(quote_name(column.name)) {
    connection_.execute("DROP TEMPORARY TABLE IF EXISTS " + name_);
    connection_.execute(fmt::format("CREATE TEMPORARY TABLE {} SELECT {} FROM {} LIMIT 0", name_,
                                    column_, table.name.quoted()));
  }

  /// What the column holds after the insert, in the order of its numbers.
  std::vector<std::string> rows_of(const std::string& insert) {
    connection_.execute("DELETE FROM " + name_);
    connection_.execute(fmt::format("INSERT INTO {} {}", name_, insert));
    std::vector<std::string> texts;
    const db::Table rows = connection_.query(
        fmt::format("SELECT CONVERT({0} USING utf8mb4) FROM {1} ORDER BY {0} + 0", column_, name_));
    for (const auto& row : rows.rows) texts.push_back(row[0].value_or(""));
    return texts;
  }

  void drop() { connection_.execute("DROP TEMPORARY TABLE " + name_); }

 private:
  db::Connection& connection_;
  const std::string name_;
  const std::string column_;
};

void read_again(db::Connection& connection, const Table& table, Column& column) {
  Copy copy(connection, table, column);
  if (default_looks_lost(column)) {
    const std::vector<std::string> found = copy.rows_of("() VALUES ()");
    if (found.size() != 1) return;
    column.default_value = found.front();
  }
  if (members_look_lost(column)) {
    std::string values;
    for (std::size_t i = 0; i < column.members.size(); ++i) {
      const std::uint64_t number =
          column.kind == ValueKind::set ? std::uint64_t{1} << i : std::uint64_t{i} + 1;
      values += fmt::format("{}({})", values.empty() ? "VALUES " : ",", number);
    }
    std::vector<std::string> found = copy.rows_of(values);
    if (found.size() != column.members.size()) return;
    column.members = std::move(found);
  }
  copy.drop();
  column.text_lost = false;
}

constexpr std::uint8_t kFieldListCommand = 4;

// Column definitions of COM_FIELD_LIST, the only place that has defaults as they are in a row; the
// command reads the definition and no rows.
std::vector<std::string> list_fields(db::Connection& connection, const mysql::TableName& name) {
  const DefaultSchema schema(connection, name.schema);
  const SessionScope utf8(connection, utf8_session_sql());
  std::vector<std::string> packets;
  try {
    connection.send_command(kFieldListCommand, name.table + '\0');
    while (const auto packet = connection.read_packet()) packets.emplace_back(*packet);
  } catch (const base::ErrorException& e) {
    base::Error error = e.error();
    error.message =
        fmt::format("the defaults of {} cannot be read: {}", name.to_string(), e.what());
    base::throw_error(std::move(error));
  }
  return packets;
}

// Catalog, schema, table, original table, name and original name; then twelve bytes of numbers
// behind their length; then the default.
struct ListedField {
  std::string_view name{};
  std::string_view default_value{};
};

std::optional<ListedField> read_listed_field(std::string_view packet) {
  static constexpr int kTextsBeforeName = 4;
  static constexpr std::size_t kNumbers = 13;
  base::ByteReader in(packet);
  const auto text = [&] { return in.bytes(in.length_encoded()); };
  for (int i = 0; i < kTextsBeforeName; ++i) text();
  ListedField field;
  field.name = text();
  text();
  in.bytes(kNumbers);
  if (!in.ok()) return std::nullopt;
  // NULL, or no default: nobody asks for those.
  if (in.at_end() || packet[in.position()] == '\xfb') return field;
  field.default_value = text();
  return in.ok() && in.at_end() ? std::optional(field) : std::nullopt;
}

}  // namespace

void read_binary_defaults(db::Connection& connection, Table& table) {
  const std::vector<std::string> packets = list_fields(connection, table.name);
  for (Column& column : table.columns) {
    if (!has_binary_default(column)) continue;
    bool found = false;
    for (const std::string& packet : packets) {
      const auto field = read_listed_field(packet);
      if (!field || field->name != column.name) continue;
      column.default_value = field->default_value;
      found = true;
    }
    if (found) continue;
    base::throw_error({.code = "schema.unreadable_default",
                       .side = connection.side(),
                       .message = fmt::format("the server does not tell the default of column {} "
                                              "of {}",
                                              column.name, table.name.to_string()),
                       .hint = "Was the table altered just now? Start again; or drop the default, "
                               "or exclude the table."});
  }
}

void read_lost_text(db::Connection& connection, Tables& tables) {
  for (auto& [name, table] : tables) {
    for (Column& column : table.columns) {
      if (!holds_four_byte_characters(column)) continue;
      if (!default_looks_lost(column) && !members_look_lost(column)) continue;
      column.text_lost = true;
      try {
        read_again(connection, table, column);
      } catch (const base::ErrorException& e) {
        // What the server refuses leaves the mark, and the assessment tells; a lost session does
        // not come back by itself.
        if (db::session_lost(e.error())) throw;
        base::log::info("schema.text_unread", "the text of {}.{} can not be read: {}",
                        name.to_string(), column.name, e.what());
      }
    }
  }
}

}  // namespace flyover::schema::detail
