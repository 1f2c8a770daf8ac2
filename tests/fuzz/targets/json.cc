// A document in MySQL's binary form. What is printed from characters that are UTF-8 is JSON.

#include "binlog/json.h"

#include <nlohmann/json.hpp>

#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(json) {
  static constexpr std::size_t kTextPerByteMax = 64;
  std::string text;
  // The changes of a partial update are another form of the same bytes.
  std::string changed;
  binlog::append_json_diffs_sql(input, "`j`", changed);
  const auto document = binlog::parse_json_binary(input);
  const auto error = binlog::append_json_text(input, text);
  if (error) return;
  // Both readers print the same, and what the expression needs is in the tree.
  FLYOVER_EXPECT(document.ok());
  std::string printed;
  mysql::append_json_text(*document, printed);
  FLYOVER_EXPECT(printed == text);
  std::string sql;
  mysql::append_json_sql(*document, sql);
  FLYOVER_EXPECT(text.size() <= 2048 + input.size() * kTextPerByteMax);
  // Every byte of a text is either ASCII or copied from the document, so only the document can
  // bring what is no UTF-8; those are left out here, as a server never stores them.
  bool ascii = true;
  for (const char c : text) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  if (ascii) FLYOVER_EXPECT(nlohmann::json::accept(text));
}
