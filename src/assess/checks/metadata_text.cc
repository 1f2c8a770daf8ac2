// Servers print definitions in three-byte UTF-8, with '?' for what has no such text, and FLOAT with
// six digits. What introspection could not read in another way would be another one in the copy.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "assess/registry.h"

namespace flyover::assess {
namespace {

// Also where the server tells no more digits: what it prints has as many as it ever does.
bool may_be_rounded(const schema::Column& column) {
  constexpr int kPrintedDigits = 6;
  const std::string_view text = *column.default_value;
  const std::string_view digits = text.substr(0, text.find('e'));
  return std::count_if(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }) >=
         kPrintedDigits;
}

void check_float_default(CheckContext& context, const schema::Table& table,
                         const schema::Column& column) {
  if (column.kind != schema::ValueKind::float_kind || !column.default_value) return;
  const std::string object = fmt::format("column {} of {}", column.name, table.name.to_string());
  const std::string& printed = *column.default_value;
  const auto alter = [&](std::string_view value) {
    return fmt::format("ALTER TABLE {} ALTER {} SET DEFAULT {};", table.name.quoted(),
                       mysql::quote_name(column.name), value);
  };
  if (!column.exact_default) {
    if (column.text_lost || !may_be_rounded(column)) return;
    context.warning(object,
                    fmt::format("its default is printed as {}, the last of six digits, and an old "
                                "server tells more only where there is a row",
                                printed),
                    "if it is another number: " + alter(printed));
  } else if (std::strtof(printed.c_str(), nullptr) !=
             std::strtof(column.exact_default->c_str(), nullptr)) {
    context.blocker(object,
                    fmt::format("its default is {}, which every server rounds to {} at the next "
                                "ALTER TABLE, also at the one that adds the indexes to the copy",
                                *column.exact_default, printed),
                    alter(printed));
  }
}

}  // namespace

void check_metadata_text(CheckContext& context) {
  for (const schema::Table& table : context.catalog.tables) {
    for (const schema::Column& column : table.columns) {
      check_float_default(context, table, column);
      if (!column.text_lost) continue;
      context.blocker(
          fmt::format("column {} of {}", column.name, table.name.to_string()),
          "the server may print its default or a member of it otherwise than it is (an emoji, a "
          "character with two codes, digits of a FLOAT); reading it needs a temporary table, and "
          "the server refused one",
          fmt::format("GRANT CREATE TEMPORARY TABLES ON {}.* TO {};",
                      mysql::quote_name(table.name.schema), context.source.account));
    }
  }
}

}  // namespace flyover::assess
