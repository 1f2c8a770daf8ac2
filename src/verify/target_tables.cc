#include "verify/target_tables.h"

#include <fmt/format.h>

#include <set>
#include <string_view>

#include "schema/sql_text.h"

namespace flyover::verify {
namespace {

// From here on whole schemas are asked for.
constexpr std::size_t kFewTables = 8;

// Conditions for information_schema that find all of the names, and perhaps more.
std::vector<std::string> conditions(const std::vector<mysql::TableName>& names) {
  std::set<std::string> found;
  for (const mysql::TableName& name : names) {
    std::string one = "TABLE_SCHEMA = _utf8mb4" + mysql::quote_bytes(name.schema);
    if (names.size() <= kFewTables) {
      one += " AND TABLE_NAME = _utf8mb4" + mysql::quote_bytes(name.table);
    }
    found.insert(std::move(one));
  }
  return {found.begin(), found.end()};
}

}  // namespace

TargetTables read_target_tables(db::Connection& target,
                                const std::vector<mysql::TableName>& names) {
  TargetTables all;
  for (const std::string& condition : conditions(names)) {
    const db::Table columns = target.query(
        "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COALESCE(COLLATION_NAME, '') "
        "FROM information_schema.COLUMNS WHERE " +
        condition);
    for (const auto& row : columns.rows) {
      all[{row[0].value_or(""), row[1].value_or("")}].collations[row[2].value_or("")] =
          row[3].value_or("");
    }
    const db::Table engines = target.query(
        "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE " +
        condition);
    for (const auto& row : engines.rows) {
      const auto table = all.find({row[0].value_or(""), row[1].value_or("")});
      if (table != all.end()) table->second.engine = row[2];
    }
  }
  // A server with lower_case_table_names has its own spelling.
  std::map<mysql::TableName, const TargetTable*> lower;
  for (const auto& [name, table] : all) {
    lower[{schema::to_lower(name.schema), schema::to_lower(name.table)}] = &table;
  }
  TargetTables found;
  for (const mysql::TableName& name : names) {
    if (const auto exact = all.find(name); exact != all.end()) {
      found[name] = exact->second;
      continue;
    }
    const auto other = lower.find({schema::to_lower(name.schema), schema::to_lower(name.table)});
    if (other != lower.end()) found[name] = *other->second;
  }
  return found;
}

}  // namespace flyover::verify
