#pragma once
// Which statements in the log concern a migration, and what is to be done about each. Pure.

#include <map>
#include <string>
#include <vector>

#include "binlog/transaction.h"
#include "schema/selection.h"
#include "schema/statement_class.h"

namespace flyover::migration {

enum class DdlAction { apply, ignore, stop };

class DdlPolicy {
 public:
  /// `actions`: the section [ddl] of the configuration. A class that is not in it is "stop".
  DdlPolicy(schema::Selection selection, std::map<std::string, std::string> actions);

  schema::StatementInfo read(const binlog::StatementChange& statement) const;
  /// Whether the statement may mean something that is selected, and is not one of flyover's own,
  /// administration, about temporary tables, or about rows. Accounts concern nobody.
  bool concerns(const binlog::StatementChange& statement, const schema::StatementInfo& info) const;
  DdlAction action(const schema::StatementInfo& info) const;
  /// Whether tables are others behind it, so that rows have to be read with new definitions.
  static bool changes_tables(const schema::StatementInfo& info);

  bool selects(const mysql::TableName& name) const;
  bool selects_schema(const std::string& name) const;
  /// Those of the statement's names that are selected tables, each once.
  std::vector<mysql::TableName> selected_names(const schema::StatementInfo& info) const;

 private:
  schema::Selection selection_;
  std::map<std::string, std::string> actions_;
};

}  // namespace flyover::migration
