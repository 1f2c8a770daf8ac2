#pragma once
// The ends of a run at a statement that can not be followed: what, where, why, what to do.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "db/connection.h"
#include "mysql/identifier.h"
#include "schema/model.h"
#include "schema/session.h"

namespace flyover::migration {

/// The statement at which a link stops.
struct RefusedStatement {
  base::Side from = base::Side::source;
  base::Side to = base::Side::target;
  std::string at{};    ///< its position
  std::string sql{};   ///< or its beginning
  std::string kind{};  ///< its key in section [ddl] of the configuration
};

/// `to` does not take it.
[[noreturn]] void refuse_statement(const RefusedStatement& statement, const base::Error& error);

/// Their rows would be elsewhere, or nowhere.
[[noreturn]] void refuse_engine(const RefusedStatement& statement, const schema::Table& table);

/// Rows of a table with such partition bounds would be written into wrong partitions, unseen by a
/// comparison.
[[noreturn]] void refuse_bounds(const RefusedStatement& statement, const mysql::TableName& table);

/// Throws when one of the tables has, on `from`, a collation that `to` lacks: the older server
/// would take a character set without its collation for another one, by which other keys are equal.
void refuse_new_collations(db::Connection& from, db::Connection& to, const schema::Dialect& dialect,
                           const std::vector<mysql::TableName>& tables,
                           const RefusedStatement& statement);

}  // namespace flyover::migration
