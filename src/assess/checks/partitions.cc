// Partition bounds that new servers do not read alike in every session.

#include <fmt/format.h>

#include "assess/registry.h"
#include "schema/partition_bounds.h"

namespace flyover::assess {

void check_partitions(CheckContext& context) {
  for (const schema::Table& table : context.catalog.tables) {
    if (!schema::has_bounds_of_the_session(table)) continue;
    context.blocker(
        "table " + table.name.to_string(),
        "a bound of its partitions is text outside of ASCII, of a column that is not in UTF-8; new "
        "servers read bounds in the character set of whichever session opens the table, so that "
        "rows would go into the wrong partition and not be found",
        "give the partitions bounds of ASCII text, or convert the column to utf8mb4, or exclude "
        "the table in [tables]");
  }
}

}  // namespace flyover::assess
