// Every table is InnoDB on the target. What that means depends on the engine it comes from.

#include <fmt/format.h>

#include "assess/registry.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

std::string alter(const schema::Table& table) {
  return fmt::format("ALTER TABLE {} ENGINE=InnoDB; on the source", table.name.quoted());
}

void check_table(CheckContext& context, const schema::Table& table) {
  const std::string object = "table " + table.name.to_string();
  const std::string engine = schema::to_upper(table.engine);
  if (engine == "INNODB") return;
  const bool remote = engine == "FEDERATED" || engine == "MRG_MYISAM" || engine == "NDBCLUSTER" ||
                      engine == "NDB" || engine == "BLACKHOLE";
  if (remote) {
    context.blocker(object,
                    fmt::format("engine {} keeps no rows of its own in the table; a copy would "
                                "hold rows that are elsewhere, or none",
                                table.engine),
                    "exclude it in [tables] and create it on the target by hand");
    return;
  }
  const std::string becomes = fmt::format("engine {} becomes InnoDB on the target", table.engine);
  const std::string memory =
      engine == "MEMORY" ? "; its rows then outlive a restart of the server" : "";
  if (context.request.options.locks_nontransactional_tables) {
    context.warning(object, becomes + memory + "; it is locked READ while its rows are read");
  } else {
    context.blocker(object,
                    becomes + memory +
                        "; without snapshots its rows can not be read at the "
                        "exact position at which the changes start",
                    alter(table) + ", or exclude the table");
  }
}

}  // namespace

void check_engines(CheckContext& context) {
  for (const schema::Table& table : context.catalog.tables) check_table(context, table);
}

}  // namespace flyover::assess
