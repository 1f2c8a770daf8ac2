#include "schema/json_types.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace flyover::schema {
namespace {

using mysql::JsonNode;
using mysql::JsonType;

// An SQL condition: the text does not tell the type of the value. False for NULL.
std::string not_told_sql(std::string_view value) {
  return fmt::format(
      "CASE JSON_TYPE({0}) WHEN 'STRING' THEN 0 WHEN 'INTEGER' THEN {0}>{1} "
      "WHEN 'UNSIGNED INTEGER' THEN {0}<={1} WHEN 'DOUBLE' THEN 0 WHEN 'OBJECT' THEN 0 "
      "WHEN 'ARRAY' THEN 0 WHEN 'BOOLEAN' THEN 0 WHEN 'NULL' THEN 0 "
      "ELSE JSON_TYPE({0}) IS NOT NULL END",
      value, mysql::kSignedInTextMax);
}

base::Error mismatch(std::string_view text) {
  return {.code = "json.types",
          .action = base::Action::bug,
          .message =
              fmt::format("the types of a JSON document of {} bytes are not its own", text.size())};
}

/// The children of objects (or of arrays) in the order in which the path '$**.*' (or '$**[*]')
/// finds them: those of a node, then those of each child with all below it.
void collect(JsonNode& node, JsonType parent, std::vector<JsonNode*>& found) {
  if (node.type == parent) {
    for (JsonNode& child : node.children) found.push_back(&child);
  }
  for (JsonNode& child : node.children) collect(child, parent, found);
}

std::optional<JsonType> type_of(std::string_view name) {
  static const std::map<std::string_view, JsonType> kTypes = {
      {"INTEGER", JsonType::integer},     {"UNSIGNED INTEGER", JsonType::unsigned_integer},
      {"DECIMAL", JsonType::decimal},     {"DATE", JsonType::date},
      {"TIME", JsonType::time},           {"DATETIME", JsonType::datetime},
      {"TIMESTAMP", JsonType::timestamp}, {"BLOB", JsonType::opaque},
      {"BIT", JsonType::opaque},          {"GEOMETRY", JsonType::opaque},
      {"OPAQUE", JsonType::opaque}};
  const auto found = kTypes.find(name);
  return found == kTypes.end() ? std::nullopt : std::optional(found->second);
}

/// The node that an element of the types names; null: there is none.
JsonNode* find_node(JsonNode& root, const std::vector<JsonNode*>& members,
                    const std::vector<JsonNode*>& cells, const JsonNode& element) {
  const JsonNode& member = element.children[0];
  const JsonNode& cell = element.children[1];
  if (member.type == JsonType::null && cell.type == JsonType::null) return &root;
  const bool is_member = member.type != JsonType::null;
  const std::string& digits = is_member ? member.text : cell.text;
  const std::vector<JsonNode*>& nodes = is_member ? members : cells;
  std::size_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number == 0 || number > nodes.size() ? nullptr : nodes[number - 1];
}

bool set_type(JsonNode& node, const JsonNode& element) {
  const auto type = type_of(element.children[2].text);
  // The value is the proof that both walks met the same node.
  if (!type || node.text != element.children[3].text || !node.children.empty()) return false;
  const bool number = *type == JsonType::integer || *type == JsonType::unsigned_integer ||
                      *type == JsonType::decimal;
  if (number == (node.type == JsonType::string)) return false;
  if (*type == JsonType::opaque) return parse_json_opaque(element.children[3].text, node);
  node.type = *type;
  return true;
}

}  // namespace

bool can_read_json_types(const mysql::Version& version) {
  return !version.mariadb && version.at_least(8, 0, 4);
}

std::string json_types_sql(std::string_view document) {
  // The names of the inner columns are no column's of a user's table.
  return fmt::format(
      "IF(JSON_TYPE({0}) IN ('OBJECT','ARRAY'),"
      "(SELECT JSON_ARRAYAGG(JSON_ARRAY(flyover_o,flyover_p,"
      "COALESCE(JSON_TYPE(flyover_n),JSON_TYPE(flyover_m)),"
      "IF(flyover_o IS NULL,flyover_m,flyover_n)))"
      " FROM JSON_TABLE({0},_utf8mb4'$' COLUMNS("
      "NESTED PATH _utf8mb4'$**.*' COLUMNS("
      "flyover_o FOR ORDINALITY,flyover_n JSON PATH _utf8mb4'$'),"
      "NESTED PATH _utf8mb4'$**[*]' COLUMNS("
      "flyover_p FOR ORDINALITY,flyover_m JSON PATH _utf8mb4'$'))) AS flyover_t"
      " WHERE {1} OR {2}),IF({3},JSON_ARRAY(JSON_ARRAY(NULL,NULL,JSON_TYPE({0}),{0})),NULL))",
      document, not_told_sql("flyover_n"), not_told_sql("flyover_m"), not_told_sql(document));
}

base::Result<JsonNode> typed_json_document(std::string_view text, std::string_view types) {
  auto document = mysql::parse_json_text(text);
  if (!document) return document;
  const auto elements = mysql::parse_json_text(types);
  if (!elements) return elements.error();
  std::vector<JsonNode*> members;
  std::vector<JsonNode*> cells;
  collect(*document, JsonType::object, members);
  collect(*document, JsonType::array, cells);
  for (const JsonNode& element : elements->children) {
    if (element.children.size() != 4) return mismatch(text);
    JsonNode* const node = find_node(*document, members, cells, element);
    if (node == nullptr || !set_type(*node, element)) return mismatch(text);
  }
  return document;
}

}  // namespace flyover::schema
