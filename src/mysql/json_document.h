#pragma once
// A JSON document as a tree that keeps what its text does not tell: that a number is a DECIMAL or
// unsigned, a string a date or binary. And the SQL expression that makes exactly this document.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"

namespace flyover::mysql {

/// The types that JSON_TYPE() of a server tells apart; `opaque` is its BLOB, BIT and OPAQUE.
enum class JsonType : std::uint8_t {
  null,
  boolean,
  integer,
  unsigned_integer,
  number,  ///< DOUBLE
  decimal,
  string,
  date,
  time,
  datetime,
  timestamp,
  opaque,
  array,
  object
};

/// A value of a document with all below it.
struct JsonNode {
  JsonType type = JsonType::null;
  std::uint8_t opaque_type = 0;  ///< number of the column type the bytes came from
  /// boolean: "true" or "false"; numbers, dates and times: as the server prints them; string: its
  /// characters in UTF-8; opaque: its bytes.
  std::string text{};
  std::vector<std::string> keys{};  ///< object: parallel to `children`
  std::vector<JsonNode> children{};
};

/// In a text the server takes an integer up to this for a signed one, and any above it for an
/// unsigned one.
inline constexpr std::uint64_t kSignedInTextMax = UINT32_MAX;

/// False when the server would make another document of the text: it tells signed from unsigned
/// numbers by their size alone, reads a DECIMAL as DOUBLE or integer, dates and bytes as strings.
bool exact_as_text(const JsonNode& node);

/// Appends the characters quoted and escaped as the server does it.
void append_json_string(std::string_view characters, std::string& out);
/// Appends the bytes as the server shows them in a JSON string, without the quotes:
/// "base64:type15:…". Its line breaks are escaped.
void append_json_opaque(std::uint8_t type, std::string_view bytes, std::string& out);
/// Appends the document as the server prints it.
void append_json_text(const JsonNode& node, std::string& out);

/// Reads a text that a server printed. Types are those that the text tells: strings are strings.
base::Result<JsonNode> parse_json_text(std::string_view text);
/// The bytes and the type of what append_json_opaque() makes, line breaks unescaped; false for any
/// other text.
bool parse_json_opaque(std::string_view text, JsonNode& out);

/// Appends an expression that makes exactly this document in a neutral session (binary character
/// set, UTC, invalid dates allowed) of a server with JSON_TABLE. On an error (a kind of binary
/// value that no expression makes) `out` holds a part.
std::optional<base::Error> append_json_sql(const JsonNode& node, std::string& out);
/// The same as an argument for JSON_ARRAY, JSON_REPLACE and the like.
std::optional<base::Error> append_json_argument(const JsonNode& node, std::string& out);

}  // namespace flyover::mysql
