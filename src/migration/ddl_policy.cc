#include "migration/ddl_policy.h"

#include <algorithm>
#include <utility>

#include "apply/statement_policy.h"
#include "schema/sql_text.h"

namespace flyover::migration {

using schema::StatementClass;
using schema::StatementInfo;

DdlPolicy::DdlPolicy(schema::Selection selection, std::map<std::string, std::string> actions)
    : selection_(std::move(selection)), actions_(std::move(actions)) {}

StatementInfo DdlPolicy::read(const binlog::StatementChange& statement) const {
  return schema::read_statement(statement.sql, statement.sql_mode, statement.schema,
                                statement.session.client_charset.value_or(0));
}

bool DdlPolicy::selects(const mysql::TableName& name) const {
  // A server that folds names keeps them in lower case and logs them as they were typed.
  return selection_.selects(name) ||
         selection_.selects({schema::to_lower(name.schema), schema::to_lower(name.table)});
}

bool DdlPolicy::concerns(const binlog::StatementChange& statement,
                         const StatementInfo& info) const {
  if (std::string_view(statement.sql).starts_with(apply::kOwnStatementComment)) return false;
  const auto schema_selected = [&](const std::string& name) {
    return selection_.selects_schema(name) || selection_.selects_schema(schema::to_lower(name));
  };
  switch (info.kind) {
    case StatementClass::none:
    case StatementClass::account:
    case StatementClass::temporary:
    case StatementClass::maintenance:
    case StatementClass::rows:
      return false;
    case StatementClass::database:
      return schema_selected(info.database);
    default:
      break;
  }
  if (!info.names_known) {
    return std::any_of(info.schemas.begin(), info.schemas.end(), schema_selected);
  }
  const bool of_schema = info.kind == StatementClass::routine ||
                         info.kind == StatementClass::event || info.kind == StatementClass::trigger;
  return std::any_of(info.names.begin(), info.names.end(), [&](const mysql::TableName& name) {
    return of_schema ? schema_selected(name.schema) : selects(name);
  });
}

DdlAction DdlPolicy::action(const StatementInfo& info) const {
  const auto found = actions_.find(std::string(schema::to_string(info.kind)));
  if (found == actions_.end() || found->second == "stop") return DdlAction::stop;
  return found->second == "apply" ? DdlAction::apply : DdlAction::ignore;
}

bool DdlPolicy::changes_tables(const StatementInfo& info) {
  switch (info.kind) {
    case StatementClass::create_table:
    case StatementClass::alter_table:
    case StatementClass::drop_table:
    case StatementClass::rename_table:
    case StatementClass::index:
    case StatementClass::partition:
    case StatementClass::database:
      return true;
    default:
      return false;
  }
}

std::vector<mysql::TableName> DdlPolicy::selected_names(const StatementInfo& info) const {
  std::vector<mysql::TableName> names;
  for (const mysql::TableName& name : info.names) {
    if (selects(name) && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace flyover::migration
