#include "migration/ddl_refusals.h"

#include <fmt/format.h>

#include <set>

#include "migration/structure.h"
#include "schema/introspect.h"

namespace flyover::migration {
namespace {

bool has_collation(db::Connection& connection, const schema::Dialect& dialect,
                   const std::string& collation) {
  return connection
      .query_value("SELECT 1 FROM information_schema.collations WHERE collation_name = " +
                   mysql::quote_bytes(sql_for(dialect, collation)))
      .has_value();
}

}  // namespace

void refuse_statement(const RefusedStatement& statement, const base::Error& error) {
  base::throw_error(
      {.code = "ddl.refused",
       .side = statement.to,
       .action = base::Action::fail,
       .message = fmt::format("the {} does not take a statement that was carried out on the {} at "
                              "{}: {}; the statement: {}",
                              base::to_string(statement.to), base::to_string(statement.from),
                              statement.at, error.message, statement.sql),
       .hint = fmt::format(
           "1. Undo it on the active server. 2. Start `flyover run` again: what the statement "
           "names is made as it then is, and its tables are copied again. 3. Where it is refused "
           "still, set [ddl] {} = \"ignore\" until it is passed. Or end the way back with `flyover "
           "finish`.",
           statement.kind)});
}

void refuse_engine(const RefusedStatement& statement, const schema::Table& table) {
  base::throw_error(
      {.code = "ddl.refused",
       .side = statement.from,
       .action = base::Action::fail,
       .message = fmt::format("the statement at {} left {} with the engine {}, which keeps no rows "
                              "of its own in the table: a copy would hold rows that are elsewhere, "
                              "or none; the statement: {}",
                              statement.at, table.name.to_string(), table.engine, statement.sql),
       .hint = "Drop it on the active server, give it another engine there, or leave it out with "
               "[tables] exclude, and start `flyover run` again. Nothing behind the statement is "
               "applied."});
}

void refuse_bounds(const RefusedStatement& statement, const mysql::TableName& table) {
  base::throw_error(
      {.code = "ddl.refused",
       .side = statement.from,
       .action = base::Action::fail,
       .message = fmt::format(
           "the statement at {} gave {} a partition bound of text outside of ASCII, of a column "
           "that is not in UTF-8: new servers read it in the character set of whichever session "
           "opens the table, and rows would go into the wrong partition",
           statement.at, table.to_string()),
       .hint = "Give the table's partitions bounds of ASCII text on both servers, or leave it out "
               "with [tables] exclude, and run again. Nothing behind the statement is applied."});
}

void refuse_new_collations(db::Connection& from, db::Connection& to, const schema::Dialect& dialect,
                           const std::vector<mysql::TableName>& tables,
                           const RefusedStatement& statement) {
  for (const mysql::TableName& name : tables) {
    const auto table = schema::read_table(from, name);
    if (!table) continue;
    std::set<std::string> collations = {table->collation};
    for (const schema::Column& column : table->columns) collations.insert(column.collation);
    for (const std::string& collation : collations) {
      if (collation.empty() || has_collation(to, dialect, collation)) continue;
      base::throw_error(
          {.code = "ddl.refused",
           .side = statement.to,
           .action = base::Action::fail,
           .message = fmt::format("{} has on the {} the collation {}, which the {} does not have, "
                                  "since the statement at {} or one behind it: {}",
                                  name.to_string(), base::to_string(statement.from), collation,
                                  base::to_string(statement.to), statement.at, statement.sql),
           .hint = "Give it one that both servers have on the active server (ALTER TABLE … CONVERT "
                   "TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci), or drop it there, and "
                   "start `flyover run` again; or end the way back with `flyover finish`. Nothing "
                   "behind the statement is applied, and the application is not touched."});
    }
  }
}

}  // namespace flyover::migration
