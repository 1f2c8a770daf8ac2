// Without a key that identifies a row, its change has to be found by all its values.

#include <fmt/format.h>

#include <algorithm>

#include "assess/registry.h"
#include "base/units.h"
#include "schema/row_versions.h"

namespace flyover::assess {
namespace {

constexpr std::uint64_t kManyRows = 100'000;

bool has_nullable_unique(const schema::Table& table) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [](const schema::Index& index) { return index.unique(); });
}

/// See schema/row_versions.h.
void check_text_prefix(CheckContext& context, const schema::Table& table) {
  if (!schema::has_text_prefix_key(table)) return;
  const std::string object = "table " + table.name.to_string();
  const std::string fault =
      "its primary key has a prefix of a text column; when a column is added or dropped at once "
      "(ALGORITHM = INSTANT, the default), servers from 8.0.29 on lose what is behind the prefix "
      "of a text when a change of it to an equal one is rolled back";
  if (schema::has_row_versions(context.source.connection, table.name)) {
    context.warning(object, fault + "; this happened to this table",
                    schema::rebuild_sql(table.name) + "; on the source");
  } else {
    context.notice(object, fault,
                   "Add and drop its columns with ALGORITHM = INPLACE or COPY on the new server; "
                   "flyover does so.");
  }
}

}  // namespace

void check_keys(CheckContext& context) {
  for (const schema::Table& table : context.catalog.tables) {
    check_text_prefix(context, table);
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
