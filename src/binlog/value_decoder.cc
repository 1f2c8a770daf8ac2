#include "binlog/value_decoder.h"

#include <bit>
#include <cstring>
#include <optional>

#include "binlog/decimal.h"
#include "binlog/json.h"
#include "binlog/temporal.h"
#include "mysql/identifier.h"
#include "mysql/json_document.h"

namespace flyover::binlog {
namespace {

using mysql::ColumnType;

constexpr std::size_t kOneByteLengthMax = 255;

std::int64_t sign_extend(std::uint64_t value, std::size_t size) {
  const unsigned shift = static_cast<unsigned>(64 - 8 * size);
  return static_cast<std::int64_t>(value << shift) >> shift;
}

void set_unsigned(std::uint64_t value, Value& out) {
  out.type = ValueType::unsigned_int;
  out.unsigned_int = value;
}

void set_number(ValueType type, double number, Value& out) {
  out.type = type;
  out.number = number;
}

void set_bytes(std::size_t length_bytes, base::ByteReader& in, Value& out) {
  out.type = ValueType::bytes;
  out.unsigned_int = 0;
  out.bytes = in.bytes(static_cast<std::size_t>(in.uint_le(length_bytes)));
}

bool is_blob_length(std::uint16_t metadata) {
  return metadata >= 1 && metadata <= 4;
}

}  // namespace

bool ValueDecoder::integer(const TableMapColumn& column, const ColumnHint& hint, std::size_t size,
                           base::ByteReader& in, Value& out) {
  const std::uint64_t raw = in.uint_le(size);
  if (column.is_unsigned.value_or(hint.is_unsigned)) {
    set_unsigned(raw, out);
  } else {
    out.type = ValueType::signed_int;
    out.signed_int = sign_extend(raw, size);
  }
  return true;
}

void ValueDecoder::pad(const ColumnHint& hint, Value& out) {
  if (out.bytes.size() >= hint.binary_pad_bytes) return;
  char* const room = arena_.room(hint.binary_pad_bytes);
  if (!out.bytes.empty()) std::memcpy(room, out.bytes.data(), out.bytes.size());
  std::memset(room + out.bytes.size(), 0, hint.binary_pad_bytes - out.bytes.size());
  out.bytes = arena_.keep(hint.binary_pad_bytes);
}

bool ValueDecoder::decimal(const TableMapColumn& column, base::ByteReader& in, Value& out) {
  const std::string_view packed = in.bytes(decimal_bytes(column.precision(), column.scale()));
  if (!in.ok()) return false;
  const auto size =
      write_decimal(packed, column.precision(), column.scale(), arena_.room(kDecimalTextMax));
  if (!size) return false;
  out.type = ValueType::text;
  out.bytes = arena_.keep(*size);
  return true;
}

bool ValueDecoder::temporal(const TableMapColumn& column, base::ByteReader& in, Value& out) {
  static constexpr std::uint32_t kMicrosecondsMax = 999999;
  const unsigned digits = column.metadata;
  char* const room = arena_.room(kTemporalTextMax);
  std::optional<std::size_t> size;
  switch (column.type) {
    case ColumnType::date:
    case ColumnType::newdate:
      size = write_date(in.u24(), room);
      break;
    case ColumnType::time:
      size = write_time_old(static_cast<std::int32_t>(sign_extend(in.u24(), 3)), room);
      break;
    case ColumnType::datetime:
      size = write_datetime_old(in.u64(), room);
      break;
    case ColumnType::timestamp:
      size = write_timestamp(in.u32(), 0, 0, room);
      break;
    case ColumnType::timestamp2: {
      const auto seconds = static_cast<std::uint32_t>(in.uint_be(4));
      const auto fraction = static_cast<std::uint32_t>(in.uint_be(fraction_bytes(digits)));
      const std::uint32_t microseconds = fraction_microseconds(fraction, digits);
      if (microseconds <= kMicrosecondsMax) {
        size = write_timestamp(seconds, microseconds, digits, room);
      }
      break;
    }
    case ColumnType::datetime2: {
      const std::uint64_t head = in.uint_be(5);
      const auto fraction = static_cast<std::uint32_t>(in.uint_be(fraction_bytes(digits)));
      size = write_datetime_packed(datetime2_packed(head, fraction, digits), digits, room);
      break;
    }
    default: {
      const auto head = static_cast<std::uint32_t>(in.uint_be(3));
      const auto fraction = static_cast<std::uint32_t>(in.uint_be(fraction_bytes(digits)));
      size = write_time_packed(time2_packed(head, fraction, digits), digits, room);
    }
  }
  if (!size || !in.ok()) return false;
  out.type = ValueType::text;
  out.bytes = arena_.keep(*size);
  return true;
}

void ValueDecoder::keep(ValueType type, std::string_view text, Value& out) {
  std::memcpy(arena_.room(text.size()), text.data(), text.size());
  out.type = type;
  out.unsigned_int = 0;
  out.bytes = arena_.keep(text.size());
}

bool ValueDecoder::json(const TableMapColumn& column, base::ByteReader& in, Value& out) {
  set_bytes(column.metadata, in, out);
  if (!in.ok()) return false;
  scratch_.clear();
  bool exact = true;
  if (append_json_text(out.bytes, scratch_, &exact)) return false;
  if (exact) {
    keep(ValueType::json, scratch_, out);
    return true;
  }
  const auto document = parse_json_binary(out.bytes);
  if (!document) return false;
  scratch_.clear();
  if (const auto impossible = mysql::append_json_sql(*document, scratch_)) {
    keep(ValueType::json_impossible, impossible->text(), out);
  } else {
    keep(ValueType::json_sql, scratch_, out);
  }
  return true;
}

bool ValueDecoder::decode_json_change(const TableMapColumn& column, const Value& before,
                                      base::ByteReader& in, Value& out) {
  set_bytes(column.metadata, in, out);
  if (!in.ok() || !is_blob_length(column.metadata)) return false;
  const std::string_view diffs = out.bytes;
  if (diffs.empty()) {
    out = before;
    return true;
  }
  std::string document;
  switch (before.type) {
    case ValueType::json:
      document = "_utf8mb4";
      mysql::append_quoted_bytes(document, before.bytes);
      break;
    case ValueType::json_sql:
      document = before.bytes;
      break;
    case ValueType::json_impossible:
      out = before;
      return true;
    case ValueType::absent:
      document.assign(1, '\0');
      break;
    default:
      return false;
  }
  scratch_.clear();
  if (const auto error = append_json_diffs_sql(diffs, document, scratch_)) {
    if (error->code != "json.opaque_type") return false;
    keep(ValueType::json_impossible, error->text(), out);
    return true;
  }
  keep(before.type == ValueType::absent ? ValueType::json_change : ValueType::json_sql, scratch_,
       out);
  return true;
}

bool ValueDecoder::decode(const TableMapColumn& column, const ColumnHint& hint,
                          base::ByteReader& in, Value& out) {
  static constexpr std::uint64_t kFirstYear = 1900;
  switch (column.type) {
    case ColumnType::tiny:
      return integer(column, hint, 1, in, out);
    case ColumnType::short_int:
      return integer(column, hint, 2, in, out);
    case ColumnType::int24:
      return integer(column, hint, 3, in, out);
    case ColumnType::long_int:
      return integer(column, hint, 4, in, out);
    case ColumnType::long_long:
      return integer(column, hint, 8, in, out);
    case ColumnType::float_type:
      set_number(ValueType::float_number, std::bit_cast<float>(in.u32()), out);
      return true;
    case ColumnType::double_type:
      set_number(ValueType::double_number, std::bit_cast<double>(in.u64()), out);
      return true;
    case ColumnType::year: {
      const std::uint8_t year = in.u8();
      out.type = ValueType::signed_int;
      out.signed_int = year == 0 ? 0 : static_cast<std::int64_t>(kFirstYear + year);
      return true;
    }
    case ColumnType::bit:
      set_unsigned(in.uint_be((column.metadata + 7U) / 8), out);
      return true;
    case ColumnType::enum_type:
    case ColumnType::set_type:
      set_unsigned(in.uint_le(column.metadata), out);
      return true;
    case ColumnType::string:
    case ColumnType::varchar:
    case ColumnType::var_string:
      set_bytes(column.metadata > kOneByteLengthMax ? 2 : 1, in, out);
      if (column.type == ColumnType::string && in.ok()) pad(hint, out);
      return out.bytes.size() <= std::max<std::size_t>(column.metadata, hint.binary_pad_bytes);
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::geometry:
    case ColumnType::vector:
      set_bytes(column.metadata, in, out);
      return is_blob_length(column.metadata);
    case ColumnType::json:
      return is_blob_length(column.metadata) && json(column, in, out);
    case ColumnType::newdecimal:
      return decimal(column, in, out);
    case ColumnType::date:
    case ColumnType::newdate:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp:
    case ColumnType::timestamp2:
    case ColumnType::datetime2:
    case ColumnType::time2:
      return temporal(column, in, out);
    case ColumnType::null_type:
    case ColumnType::decimal_old:
    case ColumnType::typed_array:
      break;
  }
  return false;
}

}  // namespace flyover::binlog
