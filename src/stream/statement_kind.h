#pragma once
// What a statement in the log means for the borders of a transaction.

#include <string>
#include <string_view>

namespace flyover::stream {

enum class StatementKind {
  begin,
  commit,
  rollback,
  savepoint,
  release_savepoint,
  rollback_to,
  xa_start,
  xa_end,
  xa_commit,
  xa_rollback,
  create_with_rows,  ///< CREATE TABLE … START TRANSACTION: the rows of its SELECT follow
  other
};

struct Statement {
  StatementKind kind = StatementKind::other;
  /// The savepoint's name in lower case, or the XA identifier as the server writes it.
  std::string name{};
};

/// Reads the first words of a statement, behind white space and plain comments.
Statement classify_statement(std::string_view sql);

}  // namespace flyover::stream
