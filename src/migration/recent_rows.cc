#include "migration/recent_rows.h"

#include <map>
#include <set>
#include <utility>

#include "schema/json_types.h"
#include "schema/row_select.h"

namespace flyover::migration {
std::vector<std::string> differing_rows(db::Connection& from, db::Connection& to,
                                        const std::vector<schema::Table>& tables,
                                        const std::vector<apply::RecentRow>& rows) {
  const bool typed =
      schema::can_read_json_types(from.version()) && schema::can_read_json_types(to.version());
  const auto types = typed ? schema::JsonTypes::read : schema::JsonTypes::leave;
  std::map<mysql::TableName, std::string> select_lists;
  for (const schema::Table& table : tables) {
    select_lists.emplace(table.name, schema::make_row_select(table).select_list(types));
  }
  std::set<std::pair<mysql::TableName, std::string>> seen;
  std::vector<std::string> differing;
  // Dates that no calendar has may be in a key; without the mode a server refuses to look for one.
  for (db::Connection* const session : {&from, &to}) {
    session->execute("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
  }
  for (const apply::RecentRow& row : rows) {
    if (!seen.emplace(row.table, row.where).second) continue;
    const std::string sql =
        "SELECT " + select_lists.at(row.table) + " FROM " + row.table.quoted() + row.where;
    if (from.query(sql).rows != to.query(sql).rows) {
      differing.push_back(row.table.to_string() + row.where);
    }
  }
  return differing;
}

}  // namespace flyover::migration
