#include "binlog/json.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/byte_reader.h"
#include "binlog/decimal.h"
#include "binlog/errors.h"
#include "binlog/temporal.h"
#include "mysql/column_type.h"

namespace flyover::binlog {
namespace {

using mysql::ColumnType;

enum Type : std::uint8_t {
  kSmallObject = 0x00,
  kLargeObject = 0x01,
  kSmallArray = 0x02,
  kLargeArray = 0x03,
  kLiteral = 0x04,
  kInt16 = 0x05,
  kUint16 = 0x06,
  kInt32 = 0x07,
  kUint32 = 0x08,
  kInt64 = 0x09,
  kUint64 = 0x0a,
  kDouble = 0x0b,
  kString = 0x0c,
  kOpaque = 0x0f
};

// The server allows 100 levels.
constexpr unsigned kDepthMax = 128;
// Every value of a document has bytes of its own, so a text much longer than the bytes comes from
// offsets that point at the same bytes again and again.
constexpr std::size_t kTextPerByteMax = 16;
constexpr std::size_t kTextBase = 1024;

void append_quoted(std::string_view text, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
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

void append_base64(std::string_view bytes, std::string& out) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // The server breaks lines as in mail, and the line break is then a character of the string.
  static constexpr std::size_t kBytesPerLine = 57;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    if (i > 0 && i % kBytesPerLine == 0) out += "\\n";
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0);
    }
    out += kDigits[group >> 18];
    out += kDigits[group >> 12 & 63];
    out += count > 1 ? kDigits[group >> 6 & 63] : '=';
    out += count > 2 ? kDigits[group & 63] : '=';
  }
}

bool append_double(double number, std::string& out) {
  if (!std::isfinite(number)) return false;
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out += digits;
  // Without it the text would read back as an integer.
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
  return true;
}

// Seven bits per byte, lowest first; at most 32 bits.
std::size_t read_length(base::ByteReader& in) {
  std::uint64_t length = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const std::uint8_t byte = in.u8();
    length |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return static_cast<std::size_t>(length);
  }
  in.fail();
  return 0;
}

// Recursive descent; every function is false when the bytes are not a document.
class Printer {
 public:
  Printer(std::size_t binary_bytes, std::string& out)
      : out_(out), text_max_(out.size() + kTextBase + binary_bytes * kTextPerByteMax) {}

  bool value(std::uint8_t type, std::string_view bytes, unsigned depth) {
    if (depth > kDepthMax || out_.size() > text_max_) return false;
    switch (type) {
      case kSmallObject:
      case kLargeObject:
        return container(bytes, type == kLargeObject, true, depth);
      case kSmallArray:
      case kLargeArray:
        return container(bytes, type == kLargeArray, false, depth);
      case kString: {
        base::ByteReader in(bytes);
        append_quoted(in.bytes(read_length(in)), out_);
        return in.ok();
      }
      case kOpaque:
        return opaque(bytes);
      default:
        return scalar(type, bytes);
    }
  }

 private:
  bool scalar(std::uint8_t type, std::string_view bytes) {
    base::ByteReader in(bytes);
    switch (type) {
      case kLiteral: {
        static constexpr std::string_view kLiterals[] = {"null", "true", "false"};
        const std::uint8_t literal = in.u8();
        if (!in.ok() || literal > 2) return false;
        out_ += kLiterals[literal];
        return true;
      }
      case kInt16:
        integer(static_cast<std::int16_t>(in.u16()));
        return in.ok();
      case kUint16:
        integer(in.u16());
        return in.ok();
      case kInt32:
        integer(static_cast<std::int32_t>(in.u32()));
        return in.ok();
      case kUint32:
        integer(in.u32());
        return in.ok();
      case kInt64:
        integer(static_cast<std::int64_t>(in.u64()));
        return in.ok();
      case kUint64:
        integer(in.u64());
        return in.ok();
      case kDouble: {
        const std::uint64_t bits = in.u64();
        double number = 0;
        std::memcpy(&number, &bits, sizeof number);
        return in.ok() && append_double(number, out_);
      }
      default:
        return false;
    }
  }

  template <typename T>
  void integer(T number) {
    fmt::format_to(std::back_inserter(out_), "{}", number);
  }

  static bool is_inlined(std::uint8_t type, bool large) {
    return type == kLiteral || type == kInt16 || type == kUint16 ||
           (large && (type == kInt32 || type == kUint32));
  }

  // Offsets count from the first byte of the container.
  bool container(std::string_view bytes, bool large, bool object, unsigned depth) {
    const std::size_t word = large ? 4 : 2;
    base::ByteReader in(bytes);
    const std::uint64_t count = in.uint_le(word);
    const std::uint64_t size = in.uint_le(word);
    const std::uint64_t key_bytes = object ? count * (word + 2) : 0;
    if (!in.ok() || size > bytes.size() || key_bytes + count * (word + 1) > in.remaining()) {
      return false;
    }
    bytes = bytes.substr(0, size);
    base::ByteReader keys(in.bytes(key_bytes));
    out_ += object ? '{' : '[';
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ", ";
      if (object && !key(keys, bytes, word)) return false;
      const std::uint8_t type = in.u8();
      const std::string_view inlined = in.bytes(word);
      base::ByteReader offset_reader(inlined);
      const std::uint64_t offset = offset_reader.uint_le(word);
      if (is_inlined(type, large)) {
        if (!scalar(type, inlined)) return false;
      } else if (offset >= bytes.size() || !value(type, bytes.substr(offset), depth + 1)) {
        return false;
      }
    }
    out_ += object ? '}' : ']';
    return true;
  }

  bool key(base::ByteReader& keys, std::string_view bytes, std::size_t word) {
    const std::uint64_t offset = keys.uint_le(word);
    const std::uint16_t size = keys.u16();
    if (!keys.ok() || offset > bytes.size() || size > bytes.size() - offset) return false;
    if (out_.size() > text_max_) return false;
    append_quoted(bytes.substr(offset, size), out_);
    out_ += ": ";
    return true;
  }

  bool opaque(std::string_view bytes) {
    base::ByteReader in(bytes);
    const std::uint8_t type = in.u8();
    const std::string_view data = in.bytes(read_length(in));
    if (!in.ok()) return false;
    switch (static_cast<ColumnType>(type)) {
      case ColumnType::newdecimal:
        return decimal(data);
      case ColumnType::date:
      case ColumnType::time:
      case ColumnType::datetime:
      case ColumnType::timestamp:
        return temporal(static_cast<ColumnType>(type), data);
      default:
        fmt::format_to(std::back_inserter(out_), "\"base64:type{}:", type);
        append_base64(data, out_);
        out_ += '"';
        return true;
    }
  }

  bool decimal(std::string_view data) {
    base::ByteReader in(data);
    const unsigned precision = in.u8();
    const unsigned scale = in.u8();
    if (!in.ok() || precision == 0 || precision > 65 || scale > precision) return false;
    const std::string_view packed = in.bytes(decimal_bytes(precision, scale));
    std::array<char, kDecimalTextMax> text{};
    if (!in.ok()) return false;
    const auto size = write_decimal(packed, precision, scale, text.data());
    if (size) out_.append(text.data(), *size);
    return size.has_value();
  }

  bool temporal(ColumnType type, std::string_view data) {
    static constexpr unsigned kFractionDigits = 6;
    base::ByteReader in(data);
    const auto packed = static_cast<std::int64_t>(in.u64());
    if (!in.ok()) return false;
    std::array<char, kTemporalTextMax> text{};
    std::optional<std::size_t> size;
    if (type == ColumnType::time) {
      size = write_time_packed(packed, kFractionDigits, text.data());
    } else if (type == ColumnType::date) {
      size = write_date_packed(packed, text.data());
    } else {
      size = write_datetime_packed(packed, kFractionDigits, text.data());
    }
    if (!size) return false;
    out_ += '"';
    out_.append(text.data(), *size);
    out_ += '"';
    return true;
  }

  std::string& out_;
  const std::size_t text_max_;
};

}  // namespace

std::optional<base::Error> append_json_text(std::string_view binary, std::string& out) {
  if (binary.empty()) {
    out += "null";
    return std::nullopt;
  }
  Printer printer(binary.size(), out);
  if (!printer.value(static_cast<std::uint8_t>(binary[0]), binary.substr(1), 0)) {
    return corrupt(fmt::format("a JSON document of {} bytes", binary.size()));
  }
  return std::nullopt;
}

}  // namespace flyover::binlog
