#include "schema/partition_bounds.h"

#include <algorithm>
#include <set>
#include <string>

#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

// Bytes of a bound are read right in these, whatever the session's character set is: as UTF-8 by
// sessions that pass bytes unchanged.
bool keeps_bytes(const Column& column) {
  static const std::set<std::string> kCharsets = {"utf8", "utf8mb3", "utf8mb4", "ascii", "binary"};
  return column.kind != ValueKind::text || kCharsets.contains(column.charset);
}

}  // namespace

bool has_bounds_of_the_session(const Table& table) {
  if (table.partitions_unreadable) return true;
  std::set<std::string> names;
  for (const Column& column : table.columns) {
    if (!keeps_bytes(column)) names.insert(to_lower(column.name));
  }
  if (names.empty() || is_ascii(table.partition_clause)) return false;
  bool named = false;
  bool odd_text = false;
  bool assigned = false;  // COMMENT = '…', DATA DIRECTORY = '…'
  for (const Token& token : tokenize(table.partition_clause)) {
    if (token.kind == TokenKind::space) continue;
    if (token.kind == TokenKind::word || token.kind == TokenKind::quoted_name) {
      named = named || names.contains(to_lower(token_name(token)));
    }
    odd_text = odd_text || (token.kind == TokenKind::string && !assigned && !is_ascii(token.text));
    assigned = token.text == "=";
  }
  return named && odd_text;
}

}  // namespace flyover::schema
