#pragma once
// Statements in the binary log: which may be passed over, and which must stop the applier.

#include <functional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "binlog/transaction.h"
#include "schema/sql_text.h"

namespace flyover::apply {

enum class StatementVerdict {
  ignore,        ///< can not touch a selected table
  ddl,           ///< may change the definition of something selected
  statement_dml  ///< may change rows of a selected table, logged as text instead of rows
};

/// Statements of flyover's own that must not stop a link begin with this.
inline constexpr std::string_view kOwnStatementComment = "/* flyover";

/// Whether "x" is a name in the statement.
bool ansi_quotes(const binlog::StatementChange& statement);

/// Conservative: what is not known to be harmless and may name a selected schema is not ignored.
/// `schema_selected` is asked with names as written and in lower case. Pure.
StatementVerdict judge_statement(const binlog::StatementChange& statement,
                                 const std::function<bool(std::string_view)>& schema_selected);

/// The error with which the applier stops before `statement`.
base::Error statement_error(StatementVerdict verdict, const binlog::StatementChange& statement,
                            const mysql::BinlogPosition& position);

}  // namespace flyover::apply
