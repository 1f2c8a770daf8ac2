// MySQL before 8.0 prints definitions in three-byte UTF-8. A character beyond that in a default or
// in a member of ENUM or SET is shown as '?', and the copy would really have a question mark.

#include <fmt/format.h>

#include "assess/registry.h"

namespace flyover::assess {
namespace {

bool holds_four_byte_characters(const schema::Column& column) {
  return column.charset == "utf8mb4" || column.charset.starts_with("utf16") ||
         column.charset == "utf32" || column.charset == "gb18030";
}

bool looks_lost(const std::string& text) {
  return text.find('?') != std::string::npos;
}

}  // namespace

void check_metadata_text(CheckContext& context) {
  if (context.source.connection.version().at_least(8, 0)) return;
  for (const schema::Table& table : context.catalog.tables) {
    for (const schema::Column& column : table.columns) {
      if (!holds_four_byte_characters(column)) continue;
      bool lost = column.default_value && looks_lost(*column.default_value);
      for (const std::string& member : column.members) lost = lost || looks_lost(member);
      if (!lost) continue;
      context.warning(
          fmt::format("column {} of {}", column.name, table.name.to_string()),
          "its default or one of its members shows a '?', which may stand for a character that "
          "this server can not print, such as an emoji",
          fmt::format("compare with SELECT HEX(DEFAULT({})) on the source; if it is not 3F, alter "
                      "the column on the target after the schema is made",
                      mysql::quote_name(column.name)));
    }
  }
}

}  // namespace flyover::assess
