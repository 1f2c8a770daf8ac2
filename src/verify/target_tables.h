#pragma once
// What the target's catalog says of the tables that are compared.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "mysql/identifier.h"

namespace flyover::verify {

struct TargetTable {
  std::optional<std::string> engine{};
  std::map<std::string, std::string> collations{};  ///< by column; "" where it has none
};

using TargetTables = std::map<mysql::TableName, TargetTable>;

/// Those of `names` that are there, by the name that was asked for. Few questions, whatever the
/// number of tables.
TargetTables read_target_tables(db::Connection& target, const std::vector<mysql::TableName>& names);

}  // namespace flyover::verify
