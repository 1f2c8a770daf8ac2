#include "mysql/json_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "mysql/column_type.h"
#include "mysql/identifier.h"

namespace flyover::mysql {
namespace {

// The longest value of a MEDIUMBLOB, whose type an expression has by its greatest length.
constexpr std::size_t kMediumBlobMax = (std::size_t{1} << 24) - 1;
constexpr std::size_t kBinaryMax = 255;
constexpr std::size_t kBitBytesMax = 8;
constexpr std::string_view kOpaquePrefix = "base64:type";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_signed_in_text(std::string_view digits) {
  if (digits.starts_with('-')) return true;
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number <= kSignedInTextMax;
}

void append_utf8(std::string_view text, std::string& out) {
  out += "_utf8mb4";
  append_quoted_bytes(out, text);
}

void append_bytes(std::string_view bytes, std::string& out) {
  out += "_binary";
  append_quoted_bytes(out, bytes);
}

// A value has the type of a JSON_TABLE column only there.
void append_table_value(std::string_view document, std::string_view column_type, std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 "(SELECT v FROM JSON_TABLE({},_utf8mb4'$[*]' COLUMNS(v {} PATH _utf8mb4'$' "
                 "ERROR ON EMPTY ERROR ON ERROR)) AS t)",
                 document, column_type);
}

base::Error not_makeable(const JsonNode& node) {
  return {.code = "json.opaque_type",
          .action = base::Action::fail,
          .message = fmt::format("a JSON document holds {} bytes that came from a column of type "
                                 "number {}, and no SQL expression makes such a value",
                                 node.text.size(), node.opaque_type),
          .hint =
              "Write the value on the source from a VARBINARY or BLOB expression and load the "
              "table again, or exclude the table."};
}

std::optional<base::Error> append_opaque(const JsonNode& node, std::string& out) {
  const std::string_view bytes = node.text;
  std::string document;
  switch (static_cast<ColumnType>(node.opaque_type)) {
    case ColumnType::varchar:
      append_bytes(bytes, out);
      return std::nullopt;
    case ColumnType::bit: {
      if (bytes.empty() || bytes.size() > kBitBytesMax) return not_makeable(node);
      std::uint64_t number = 0;
      for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
      append_table_value(fmt::format("_utf8mb4'[{}]'", number),
                         fmt::format("BIT({})", 8 * bytes.size()), out);
      return std::nullopt;
    }
    case ColumnType::string:
      if (bytes.size() > kBinaryMax) return not_makeable(node);
      document = "JSON_ARRAY(";
      append_bytes(bytes, document);
      append_table_value(document + ")", fmt::format("BINARY({})", bytes.size()), out);
      return std::nullopt;
    // The branch that is not taken lends its type.
    case ColumnType::blob:
      out += "IF(1,";
      append_bytes(bytes, out);
      out +=
          ",(SELECT v FROM JSON_TABLE(_utf8mb4'[]',_utf8mb4'$[*]' COLUMNS(v BLOB PATH "
          "_utf8mb4'$')) AS t))";
      return std::nullopt;
    case ColumnType::medium_blob:
      if (bytes.size() > kMediumBlobMax) return not_makeable(node);
      out += "IF(1,";
      append_bytes(bytes, out);
      out += ",CAST(NULL AS BINARY(70000)))";
      return std::nullopt;
    case ColumnType::long_blob:
      out += "IF(1,";
      append_bytes(bytes, out);
      out += ",ST_AsBinary(NULL))";
      return std::nullopt;
    default:
      return not_makeable(node);
  }
}

void append_cast(std::string_view text, std::string_view type, std::string& out) {
  out += "CAST(";
  append_quoted_bytes(out, text);
  fmt::format_to(std::back_inserter(out), " AS {})", type);
}

std::optional<base::Error> append_scalar(const JsonNode& node, std::string& out) {
  switch (node.type) {
    case JsonType::null:
      out += "NULL";
      break;
    case JsonType::boolean:
      out += node.text;
      break;
    case JsonType::integer:
      append_cast(node.text, "SIGNED", out);
      break;
    case JsonType::unsigned_integer:
      append_cast(node.text, "UNSIGNED", out);
      break;
    case JsonType::number:
      // Without an exponent it would be a DECIMAL.
      out += node.text;
      if (node.text.find_first_of("eE") == std::string::npos) out += "e0";
      break;
    case JsonType::decimal: {
      const auto point = node.text.find('.');
      const std::size_t scale = point == std::string::npos ? 0 : node.text.size() - point - 1;
      append_cast(node.text, fmt::format("DECIMAL(65,{})", scale), out);
      break;
    }
    case JsonType::string:
      append_utf8(node.text, out);
      break;
    case JsonType::date:
      append_cast(node.text, "DATE", out);
      break;
    case JsonType::time:
      append_cast(node.text, "TIME(6)", out);
      break;
    case JsonType::datetime:
      append_cast(node.text, "DATETIME(6)", out);
      break;
    case JsonType::timestamp: {
      std::string document = "JSON_ARRAY(";
      append_utf8(node.text, document);
      append_table_value(document + ")", "TIMESTAMP(6)", out);
      break;
    }
    case JsonType::opaque:
      return append_opaque(node, out);
    case JsonType::array:
    case JsonType::object:
      FLYOVER_CHECK(false);
  }
  return std::nullopt;
}

bool is_container(const JsonNode& node) {
  return node.type == JsonType::array || node.type == JsonType::object;
}

int base64_digit(char c) {
  const auto at = kBase64.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

bool exact_as_text(const JsonNode& node) {
  switch (node.type) {
    case JsonType::null:
    case JsonType::boolean:
    case JsonType::number:
    case JsonType::string:
      return true;
    case JsonType::integer:
      return is_signed_in_text(node.text);
    case JsonType::unsigned_integer:
      return !is_signed_in_text(node.text);
    case JsonType::array:
    case JsonType::object:
      return std::all_of(node.children.begin(), node.children.end(), exact_as_text);
    default:
      return false;
  }
}

void append_json_string(std::string_view characters, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : characters) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kDigits[static_cast<unsigned char>(c) >> 4];
          out += kDigits[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_json_opaque(std::uint8_t type, std::string_view bytes, std::string& out) {
  // The server breaks lines as in mail, and the line break is then a character of the string.
  static constexpr std::size_t kBytesPerLine = 57;
  fmt::format_to(std::back_inserter(out), "{}{}:", kOpaquePrefix, type);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    if (i > 0 && i % kBytesPerLine == 0) out += "\\n";
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0);
    }
    out += kBase64[group >> 18];
    out += kBase64[group >> 12 & 63];
    out += count > 1 ? kBase64[group >> 6 & 63] : '=';
    out += count > 2 ? kBase64[group & 63] : '=';
  }
}

void append_json_text(const JsonNode& node, std::string& out) {
  switch (node.type) {
    case JsonType::null:
      out += "null";
      return;
    case JsonType::string:
    case JsonType::date:
    case JsonType::time:
    case JsonType::datetime:
    case JsonType::timestamp:
      append_json_string(node.text, out);
      return;
    case JsonType::opaque:
      out += '"';
      append_json_opaque(node.opaque_type, node.text, out);
      out += '"';
      return;
    case JsonType::array:
    case JsonType::object:
      break;
    default:
      out += node.text;
      return;
  }
  const bool object = node.type == JsonType::object;
  out += object ? '{' : '[';
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (i > 0) out += ", ";
    if (object) {
      append_json_string(node.keys[i], out);
      out += ": ";
    }
    append_json_text(node.children[i], out);
  }
  out += object ? '}' : ']';
}

bool parse_json_opaque(std::string_view text, JsonNode& out) {
  if (!text.starts_with(kOpaquePrefix)) return false;
  text.remove_prefix(kOpaquePrefix.size());
  const char* const end = text.data() + text.size();
  const auto number = std::from_chars(text.data(), end, out.opaque_type);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != ':') return false;
  text.remove_prefix(static_cast<std::size_t>(number.ptr - text.data()) + 1);
  out.type = JsonType::opaque;
  std::string bytes;
  std::uint32_t group = 0;
  unsigned digits = 0;
  for (const char c : text) {
    if (c == '\n') continue;
    if (c == '=') break;
    const int digit = base64_digit(c);
    if (digit < 0) return false;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    if (++digits % 4 == 1) continue;
    const unsigned shift = 6 - 2 * ((digits - 1) % 4);
    bytes += static_cast<char>(group >> shift & 0xff);
  }
  out.text = std::move(bytes);
  return true;
}

std::optional<base::Error> append_json_argument(const JsonNode& node, std::string& out) {
  if (!is_container(node)) return append_scalar(node, out);
  if (exact_as_text(node)) {
    std::string text;
    append_json_text(node, text);
    out += "CAST(";
    append_utf8(text, out);
    out += " AS JSON)";
    return std::nullopt;
  }
  const bool object = node.type == JsonType::object;
  out += object ? "JSON_OBJECT(" : "JSON_ARRAY(";
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (i > 0) out += ',';
    if (object) {
      append_utf8(node.keys[i], out);
      out += ',';
    }
    if (auto error = append_json_argument(node.children[i], out)) return error;
  }
  out += ')';
  return std::nullopt;
}

std::optional<base::Error> append_json_sql(const JsonNode& node, std::string& out) {
  if (is_container(node)) return append_json_argument(node, out);
  out += "JSON_EXTRACT(JSON_ARRAY(";
  if (auto error = append_scalar(node, out)) return error;
  out += "),_utf8mb4'$[0]')";
  return std::nullopt;
}

}  // namespace flyover::mysql
