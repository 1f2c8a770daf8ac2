// Without a key that identifies a row, its change has to be found by all its values.

#include <fmt/format.h>

#include <algorithm>

#include "assess/registry.h"
#include "base/units.h"

namespace flyover::assess {
namespace {

constexpr std::uint64_t kManyRows = 100'000;

bool has_nullable_unique(const schema::Table& table) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [](const schema::Index& index) { return index.unique(); });
}

}  // namespace

void check_keys(CheckContext& context) {
  for (const schema::Table& table : context.catalog.tables) {
    if (table.row_key() != nullptr) continue;
    const std::string object = "table " + table.name.to_string();
    std::string reason = "it has no primary key and no unique key without NULL columns";
    if (has_nullable_unique(table)) {
      reason =
          "its unique keys allow NULL, prefixes or inexact numbers, so they do not identify "
          "every row";
    }
    reason +=
        "; it is locked READ for the moment in which the snapshots open, it is loaded in one "
        "piece, and each of its changes is found by all columns";
    if (table.rows_estimated > kManyRows) {
      reason += fmt::format(" among about {} rows, which is slow",
                            base::format_count(table.rows_estimated));
    }
    context.warning(
        object, reason,
        fmt::format("ALTER TABLE {} ADD PRIMARY KEY (...); on the source", table.name.quoted()));
  }
}

}  // namespace flyover::assess
