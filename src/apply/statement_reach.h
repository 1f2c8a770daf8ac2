#pragma once
// Which tables a statement that was logged as text, instead of as rows, may have changed.
//
// A statement is not understood here, its names are: the tables it names, and what views, triggers
// and functions behind these names name in turn. That finds more tables than were changed, and
// never fewer; what foreign keys tie to them is added where tables are suspended.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "binlog/transaction.h"
#include "db/connection.h"
#include "mysql/identifier.h"
#include "schema/model.h"

namespace flyover::apply {

/// Something with a text through which other tables can be reached.
struct StoredText {
  enum class Kind { view, trigger, routine };
  Kind kind = Kind::view;
  mysql::TableName name{};  ///< triggers: their table
  std::string text{};
  bool unknown = false;  ///< the account may not see the text: it may reach everything
};

/// Views, triggers and functions of every schema of the server that is not a system schema.
std::vector<StoredText> read_stored_texts(db::Connection& connection);

/// Immutable once made, so any thread may ask it.
class StatementReach {
 public:
  StatementReach(const std::vector<schema::Table>& tables, const std::vector<StoredText>& texts);

  /// Those of the tables that the statement may have changed: all of them when its text can not be
  /// read with certainty.
  std::vector<mysql::TableName> tables_of(const binlog::StatementChange& statement) const;

  /// Those whose names stand in the text anywhere; all of them likewise. For statements that change
  /// definitions.
  std::vector<mysql::TableName> tables_named(const binlog::StatementChange& statement) const;

 private:
  using Words = std::set<std::string, std::less<>>;

  std::vector<mysql::TableName> all() const;
  /// False: something unknown is reached.
  bool grow(Words& words, const std::set<mysql::TableName>& triggered) const;

  std::vector<mysql::TableName> tables_;
  std::multimap<std::string, StoredText, std::less<>> texts_;  ///< by name in lower case
};

}  // namespace flyover::apply
