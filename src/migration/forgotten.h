#pragma once
// What old servers read in a statement and forget, and new ones keep: CHECK before 8.0.16, and
// REFERENCES in the definition of a column before 9.0.

#include <string>
#include <string_view>
#include <vector>

#include "mysql/version.h"
#include "schema/model.h"

namespace flyover::migration {

/// The statement that made a table what it is, and what is known of the table on its server.
struct MadeBy {
  std::string_view sql{};  ///< empty when it can not tell which foreign keys the table has
  bool ansi_quotes = false;
  mysql::Version version{};               ///< of the server whose statement it is
  const schema::Table* now = nullptr;     ///< as it is there by now; null when it is gone
  const schema::Table* before = nullptr;  ///< as it was; null when the statement made it
};

/// Statements that take from `table`, as the statement's text made it elsewhere, what its server
/// forgets. Pure.
std::vector<std::string> forgotten_sql(const MadeBy& made, const schema::Table& table);

}  // namespace flyover::migration
