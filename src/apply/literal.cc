#include "apply/literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "mysql/identifier.h"
#include "schema/json_types.h"

namespace flyover::apply {
namespace {

using binlog::Value;
using binlog::ValueType;
using schema::ValueKind;

bool is_plain_decimal(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_year(const schema::Column& column) {
  return column.data_type == "year";
}

// To compare a binary literal, new servers convert it to the column's character set, and refuse
// bytes that an 8-bit set does not define (0x7F of swe7, 0xA6 of dec8); a literal of that set is
// taken as it is. TEXT is left out because its length does not tell how many bytes a character has.
bool needs_introducer(const schema::Column& column, const Value& value) {
  if (value.type != ValueType::text && value.type != ValueType::bytes) return false;
  const bool is_sized = column.data_type == "char" || column.data_type == "varchar";
  return column.kind == ValueKind::text && is_sized &&
         column.max_length_bytes == column.max_length_chars &&
         std::any_of(value.bytes.begin(), value.bytes.end(),
                     [](char c) { return c < ' ' || c > '~'; });
}

// Documents are equal to the server when their values are: 1, 1.0 and the DECIMAL 1 are one. Its
// comparison comes first, because it is the cheapest.
void append_same_document(std::string& out, const std::string& quoted_column,
                          const schema::Column& column, const Value& value) {
  std::string document = "CAST(";
  append_literal(document, column, value);
  document += " AS JSON)";
  fmt::format_to(std::back_inserter(out), "{0}<=>{1} AND CAST({0} AS BINARY)=CAST({1} AS BINARY)",
                 quoted_column, document);
  const std::string types = schema::json_types_sql(quoted_column);
  if (value.type == ValueType::json) {
    out += " AND " + types + " IS NULL";
  } else {
    fmt::format_to(std::back_inserter(out), " AND {}<=>(SELECT {} FROM (SELECT {} AS v) AS d)",
                   types, schema::json_types_sql("d.v"), document);
  }
}

}  // namespace

void append_literal(std::string& out, const schema::Column& column, const Value& value) {
  switch (value.type) {
    case ValueType::null:
      out += "NULL";
      return;
    case ValueType::absent:
      FLYOVER_CHECK(value.type != ValueType::absent);
      return;
    case ValueType::signed_int:
      fmt::format_to(std::back_inserter(out), "{}", value.signed_int);
      return;
    case ValueType::unsigned_int:
      fmt::format_to(std::back_inserter(out), "{}", value.unsigned_int);
      return;
    case ValueType::float_number:
    case ValueType::double_number:
      // 17 significant digits name one double; a FLOAT's value is a double with fewer bits.
      fmt::format_to(std::back_inserter(out), "{:.16e}", value.number);
      return;
    case ValueType::text:
      // A quoted decimal would be compared as a double.
      if (column.kind == ValueKind::decimal && is_plain_decimal(value.bytes)) {
        out += value.bytes;
      } else {
        mysql::append_quoted_bytes(out, value.bytes);
      }
      return;
    case ValueType::bytes:
      mysql::append_quoted_bytes(out, value.bytes);
      return;
    case ValueType::json:
      out += "_utf8mb4";
      mysql::append_quoted_bytes(out, value.bytes);
      return;
    case ValueType::json_sql:
      out += value.bytes;
      return;
    case ValueType::json_change: {
      const std::size_t place = value.bytes.find('\0');
      FLYOVER_CHECK(place != std::string_view::npos);
      out += value.bytes.substr(0, place);
      out += mysql::quote_name(column.name);
      out += value.bytes.substr(place + 1);
      return;
    }
    case ValueType::json_impossible:
      base::throw_error({.code = "apply.json_value",
                         .side = base::Side::source,
                         .action = base::Action::fail,
                         .message = fmt::format("column {}: {}", column.name, value.bytes)});
  }
}

void append_key_equal(std::string& out, const std::string& quoted_column,
                      const schema::Column& column, const Value& value) {
  // A SET is compared with a number as a signed one in a double. Where that is not exact no index
  // can help.
  const bool large_set = column.kind == ValueKind::set && value.type == ValueType::unsigned_int &&
                         value.unsigned_int >= std::uint64_t{1} << 53;
  out += large_set ? "CAST(" + quoted_column + " AS UNSIGNED)" : quoted_column;
  // As a constant beside a YEAR, 0 would mean 2000.
  if (is_year(column) && value.unsigned_int == 0) out += "+0";
  out += value.type == ValueType::null ? " IS " : "=";
  if (needs_introducer(column, value)) out += "_" + column.charset;
  append_literal(out, column, value);
}

void append_exactly_equal(std::string& out, const std::string& quoted_column,
                          const schema::Column& column, const Value& value) {
  if (value.type == ValueType::null) {
    out += quoted_column;
    out += " IS NULL";
    return;
  }
  switch (column.kind) {
    case ValueKind::float_kind:
    case ValueKind::double_kind:
      // The text of a FLOAT has 6 digits; arithmetic sees the number. Only the text of a zero has
      // its sign.
      out += quoted_column + "*1e0<=>";
      append_literal(out, column, value);
      if (value.number == 0) {
        out += " AND LEFT(" + quoted_column + "*1e0,1)" +
               (std::signbit(value.number) ? "=" : "<>") + "'-'";
      }
      return;
    case ValueKind::enumeration:
      out += quoted_column + "+0<=>";
      break;
    case ValueKind::set:
      // In arithmetic a SET is a signed number in a double: -1 when it has all 64 members.
      out += "CAST(" + quoted_column + " AS UNSIGNED)<=>";
      break;
    case ValueKind::integer:
      out += quoted_column;
      out += is_year(column) ? "+0<=>" : "<=>";
      break;
    case ValueKind::text:
    case ValueKind::geometry:
    case ValueKind::vector:
      out += "CAST(" + quoted_column + " AS BINARY)<=>";
      break;
    case ValueKind::json:
      append_same_document(out, quoted_column, column, value);
      return;
    case ValueKind::decimal:
    case ValueKind::bit:
    case ValueKind::temporal:
    case ValueKind::binary:
      out += quoted_column + "<=>";
      break;
  }
  append_literal(out, column, value);
}

bool needs_relaxed_mode(const schema::Column& column, const Value& value) {
  return column.kind == ValueKind::enumeration && value.type == ValueType::unsigned_int &&
         value.unsigned_int == 0;
}

std::string describe_value(const Value& value) {
  static constexpr std::size_t kBytesMax = 40;
  switch (value.type) {
    case ValueType::null:
      return "NULL";
    case ValueType::absent:
      return "?";
    case ValueType::signed_int:
      return std::to_string(value.signed_int);
    case ValueType::unsigned_int:
      return std::to_string(value.unsigned_int);
    case ValueType::float_number:
    case ValueType::double_number:
      return fmt::format("{}", value.number);
    default:
      break;
  }
  const std::string_view bytes = value.bytes.substr(0, kBytesMax);
  const bool printable =
      std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return printable ? "'" + std::string(bytes) + "'" : mysql::hex_literal(bytes);
}

}  // namespace flyover::apply
