// Defaults and members of ENUM and SET that a server does not print as they are: information_schema
// and SHOW CREATE are three-byte UTF-8, also in 9.7, and have a '?' for every other character, one
// character for several codes of a column's character set, and six digits of a FLOAT. Before 8.0
// defaults of BINARY columns end at the first byte that is no UTF-8.

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/log.h"
#include "schema/introspect_detail.h"
#include "schema/session.h"
#include "schema/sql_text.h"

namespace flyover::schema::detail {
namespace {

using mysql::quote_name;

constexpr std::string_view kCopy = "flyover_members";

// Whether what the server prints of such a text may be another one. Characters beyond three bytes,
// and bytes that are no character, are printed as '?'; old character sets have several codes for
// one character.
bool prints_otherwise(const Column& column, const std::string& text) {
  if (column.charset == "utf8mb3" || column.charset == "utf8" || column.charset == "latin1") {
    return false;  // Every code is a character of its own.
  }
  if (text.find('?') != std::string::npos) return true;
  return column.charset != "utf8mb4" && !is_ascii(text);
}

bool has_literal_default(const Column& column) {
  return column.default_value && !column.default_is_expression;
}

bool default_looks_lost(const Column& column) {
  return has_literal_default(column) && !column.charset.empty() &&
         prints_otherwise(column, *column.default_value);
}

bool members_look_lost(const Column& column) {
  return std::any_of(column.members.begin(), column.members.end(),
                     [&](const std::string& member) { return prints_otherwise(column, member); });
}

struct Text {
  std::string utf8{};
  std::string bytes{};      ///< in the column's character set
  bool reversible = false;  ///< the character set has these bytes for that text
};

// A table with a column like this one is the only place where the server tells its bytes: an empty
// row has the default, and a row for each member the members.
class Copy {
 public:
  Copy(db::Connection& connection, const Table& table, const Column& column)
      : connection_(connection),
        name_(mysql::TableName{table.name.schema, std::string(kCopy)}.quoted()),
        column_(quote_name(column.name)),
        charset_(column.charset) {
    connection_.execute("DROP TEMPORARY TABLE IF EXISTS " + name_);
    connection_.execute(fmt::format("CREATE TEMPORARY TABLE {} SELECT {} FROM {} LIMIT 0", name_,
                                    column_, table.name.quoted()));
  }

  /// What the column holds after the insert, in the order of its numbers.
  std::vector<Text> texts_of(const std::string& insert) {
    connection_.execute("DELETE FROM " + name_);
    connection_.execute(fmt::format("INSERT INTO {} {}", name_, insert));
    std::vector<Text> texts;
    const db::Table rows = connection_.query(fmt::format(
        "SELECT CONVERT({0} USING utf8mb4), CAST({0} AS BINARY), CAST({0} AS BINARY) = "
        "CAST(CONVERT(CONVERT({0} USING utf8mb4) USING {2}) AS BINARY) FROM {1} ORDER BY {0} + 0",
        column_, name_, charset_));
    for (const auto& row : rows.rows) {
      texts.push_back({row[0].value_or(""), row[1].value_or(""), row[2] == "1"});
    }
    return texts;
  }

  void drop() { connection_.execute("DROP TEMPORARY TABLE " + name_); }

 private:
  db::Connection& connection_;
  const std::string name_;
  const std::string column_;
  const std::string charset_;
};

bool read_default(Copy& copy, Column& column) {
  const std::vector<Text> found = copy.texts_of("() VALUES ()");
  if (found.size() != 1) return false;
  column.default_value = found.front().utf8;
  if (!found.front().reversible) column.exact_default = found.front().bytes;
  return true;
}

bool read_members(Copy& copy, Column& column) {
  std::string values;
  for (std::size_t i = 0; i < column.members.size(); ++i) {
    const std::uint64_t number =
        column.kind == ValueKind::set ? std::uint64_t{1} << i : std::uint64_t{i} + 1;
    values += fmt::format("{}({})", values.empty() ? "VALUES " : ",", number);
  }
  const std::vector<Text> found = copy.texts_of(values);
  if (found.size() != column.members.size()) return false;
  const bool reversible =
      std::all_of(found.begin(), found.end(), [](const Text& member) { return member.reversible; });
  for (std::size_t i = 0; i < found.size(); ++i) {
    column.members[i] = found[i].utf8;
    if (!reversible) column.member_bytes.push_back(found[i].bytes);
  }
  return true;
}

void read_again(db::Connection& connection, const Table& table, Column& column) {
  Copy copy(connection, table, column);
  if (default_looks_lost(column) && !read_default(copy, column)) return;
  if (members_look_lost(column) && !read_members(copy, column)) return;
  copy.drop();
  column.text_lost = false;
}

// Temporary tables round it, too; a row tells it, and new servers also where there is none.
void read_float_default(db::Connection& connection, const Table& table, Column& column) {
  const std::string what = fmt::format("SELECT DEFAULT({}) + 0e0 FROM {} ", quote_name(column.name),
                                       table.name.quoted());
  column.exact_default = connection.query_value(what + "LIMIT 1");
  if (!column.exact_default) {
    column.exact_default = connection.query_value(what + "HAVING COUNT(*) = 0");
  }
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
      const bool rounded = column.kind == ValueKind::float_kind && has_literal_default(column);
      if (!rounded && !default_looks_lost(column) && !members_look_lost(column)) continue;
      column.text_lost = true;
      try {
        if (rounded) {
          read_float_default(connection, table, column);
        } else {
          read_again(connection, table, column);
        }
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
