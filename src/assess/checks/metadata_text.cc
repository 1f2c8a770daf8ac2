// Servers print definitions in three-byte UTF-8: a character beyond that in a default or a member
// of ENUM or SET is shown as '?'. What introspection could not read in another way would really
// become a question mark in the copy.

#include <fmt/format.h>

#include "assess/registry.h"

namespace flyover::assess {

void check_metadata_text(CheckContext& context) {
  for (const schema::Table& table : context.catalog.tables) {
    for (const schema::Column& column : table.columns) {
      if (!column.text_lost) continue;
      context.blocker(
          fmt::format("column {} of {}", column.name, table.name.to_string()),
          "its default or a member shows a '?', which may stand for a character that this server "
          "can "
          "not print, such as an emoji; reading it needs a temporary table, and the server refused "
          "one",
          fmt::format("GRANT CREATE TEMPORARY TABLES ON {}.* TO {};",
                      mysql::quote_name(table.name.schema), context.source.account));
    }
  }
}

}  // namespace flyover::assess
