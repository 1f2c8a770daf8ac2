#pragma once
// Names of schemas, tables and columns, and how to quote them and string values.

#include <compare>
#include <string>
#include <string_view>

namespace flyover::mysql {

/// `name` in backticks, inner backticks doubled.
std::string quote_name(std::string_view name);

/// A byte string as a literal in single quotes with backslash escapes. Right only in a session
/// with character_set_client = binary and without NO_BACKSLASH_ESCAPES, as all of ours are.
std::string quote_bytes(std::string_view bytes);
/// The same, appended to `out`.
void append_quoted_bytes(std::string& out, std::string_view bytes);
/// 0x… literal, `''` for no bytes.
std::string hex_literal(std::string_view bytes);

/// A table's full name, compared byte by byte.
struct TableName {
  std::string schema;
  std::string table;

  /// "`schema`.`table`".
  std::string quoted() const { return quote_name(schema) + "." + quote_name(table); }
  /// "schema.table", for people.
  std::string to_string() const { return schema + "." + table; }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 trips over a defaulted comparison.
  friend auto operator<=>(const TableName&, const TableName&) = default;
};

}  // namespace flyover::mysql
