#include "schema/row_versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "mysql/identifier.h"

namespace flyover::schema {
namespace {

// InnoDB spells every other character as "@" and its number.
bool is_spelled_plainly(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return ('0' <= c && c <= '9') || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_';
  });
}

}  // namespace

bool has_text_prefix_key(const Table& table) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
    if (index.kind != IndexKind::primary) return false;
    return std::any_of(index.parts.begin(), index.parts.end(), [&](const IndexPart& part) {
      const Column* const column = table.find_column(part.column);
      return part.prefix.has_value() && column != nullptr && column->kind == ValueKind::text &&
             !column->collation.ends_with("_bin") && column->collation != "binary";
    });
  });
}

bool has_row_versions(db::Connection& connection, const mysql::TableName& table) {
  if (!connection.version().at_least(8, 0, 29)) return false;
  std::string which = "LOCATE('@', name) > 0";
  if (is_spelled_plainly(table.schema) && is_spelled_plainly(table.table)) {
    const std::string name = table.schema + "/" + table.table;
    which = fmt::format("(name = '{0}' OR LOCATE('{0}#p#', name) = 1)", name);
  }
  return connection
      .query_value(
          "SELECT 1 FROM information_schema.innodb_tables WHERE total_row_versions > 0 AND " +
          which + " LIMIT 1")
      .has_value();
}

std::string rebuild_sql(const mysql::TableName& table) {
  return fmt::format("ALTER TABLE {} FORCE", table.quoted());
}

}  // namespace flyover::schema
