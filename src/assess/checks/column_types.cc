// Column types that one of the servers does not have, or can not show whole.

#include <fmt/format.h>

#include "assess/registry.h"
#include "schema/json_types.h"

namespace flyover::assess {
namespace {

using schema::ValueKind;

/// What `server` has to be for the column; nullptr when it is.
const char* lacks(const schema::Column& column, const mysql::Version& server) {
  if (column.kind == ValueKind::json && !server.at_least(5, 7, 8)) return "JSON came with 5.7.8";
  if (column.kind == ValueKind::vector && !server.at_least(9, 0)) return "VECTOR came with 9.0";
  if (column.srid && !server.at_least(8, 0, 3)) return "a column's SRID came with 8.0.3";
  return nullptr;
}

std::string name_of(const schema::Table& table, const schema::Column& column) {
  return fmt::format("column {} of {}", column.name, table.name.to_string());
}

}  // namespace

void check_column_types(CheckContext& context) {
  const mysql::Version& source = context.source.connection.version();
  const mysql::Version& target = context.target.connection.version();
  for (const schema::Table& table : context.catalog.tables) {
    for (const schema::Column& column : table.columns) {
      if (const char* const reason = lacks(column, target)) {
        context.blocker(name_of(table, column),
                        fmt::format("its type is {}, and the target is {}: {}", column.column_type,
                                    target.to_string(), reason),
                        "exclude the table in [tables], or change the column on the source");
      }
      if (column.kind != ValueKind::json) continue;
      if (!schema::can_read_json_types(source)) {
        context.warning(
            name_of(table, column),
            fmt::format("the documents are copied as text, because {} can not tell the types "
                        "within them (JSON_TABLE came with 8.0.4): a DECIMAL arrives as DOUBLE, "
                        "a date or bytes as a string. Changes that are replicated keep them",
                        source.to_string()),
            "none is needed when the application writes its documents as text");
      } else if (!schema::can_read_json_types(target)) {
        context.warning(name_of(table, column),
                        fmt::format("documents that are not exact as text can not be made on {} "
                                    "and stop the migration at their row",
                                    target.to_string()),
                        "none is needed when the application writes its documents as text");
      }
    }
  }
}

}  // namespace flyover::assess
