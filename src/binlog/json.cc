#include "binlog/json.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/byte_reader.h"
#include "binlog/decimal.h"
#include "binlog/errors.h"
#include "binlog/temporal.h"
#include "mysql/column_type.h"

namespace flyover::binlog {
namespace {

using mysql::ColumnType;
using mysql::JsonNode;
using mysql::JsonType;

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

// Writes the text and notes whether the server would read the same document back.
class TextSink {
 public:
  TextSink(std::size_t binary_bytes, std::string& out)
      : out_(out), text_max_(out.size() + kTextBase + binary_bytes * kTextPerByteMax) {}

  bool exact() const { return exact_; }
  bool within_bounds() const { return out_.size() <= text_max_; }

  void open(bool object) { out_ += object ? '{' : '['; }
  void close(bool object) { out_ += object ? '}' : ']'; }
  void next(std::size_t index) {
    if (index > 0) out_ += ", ";
  }
  void key(std::string_view key) {
    mysql::append_json_string(key, out_);
    out_ += ": ";
  }
  void literal(JsonType /*type*/, std::string_view text) { out_ += text; }
  void signed_number(std::int64_t number) {
    if (number > static_cast<std::int64_t>(mysql::kSignedInTextMax)) exact_ = false;
    fmt::format_to(std::back_inserter(out_), "{}", number);
  }
  void unsigned_number(std::uint64_t number) {
    if (number <= mysql::kSignedInTextMax) exact_ = false;
    fmt::format_to(std::back_inserter(out_), "{}", number);
  }
  void number(std::string_view text) { out_ += text; }
  void string(std::string_view text) { mysql::append_json_string(text, out_); }
  void decimal(std::string_view text) {
    exact_ = false;
    out_ += text;
  }
  void temporal(JsonType /*type*/, std::string_view text) {
    exact_ = false;
    out_ += '"';
    out_ += text;
    out_ += '"';
  }
  void opaque(std::uint8_t type, std::string_view bytes) {
    exact_ = false;
    out_ += '"';
    mysql::append_json_opaque(type, bytes, out_);
    out_ += '"';
  }

 private:
  std::string& out_;
  const std::size_t text_max_;
  bool exact_ = true;
};

// Builds the tree.
class TreeSink {
 public:
  explicit TreeSink(JsonNode& root, std::size_t binary_bytes)
      : root_(root), nodes_max_(kTextBase + binary_bytes) {}

  bool within_bounds() const { return nodes_ <= nodes_max_; }

  void open(bool object) {
    JsonNode& node = add(object ? JsonType::object : JsonType::array, {});
    // Stays where it is: its parent gets no further child before this one is closed.
    open_.push_back(&node);
  }
  void close(bool /*object*/) { open_.pop_back(); }
  void next(std::size_t /*index*/) {}
  void key(std::string_view key) { open_.back()->keys.emplace_back(key); }
  void literal(JsonType type, std::string_view text) { add(type, text); }
  void signed_number(std::int64_t number) { add(JsonType::integer, std::to_string(number)); }
  void unsigned_number(std::uint64_t number) {
    add(JsonType::unsigned_integer, std::to_string(number));
  }
  void number(std::string_view text) { add(JsonType::number, text); }
  void string(std::string_view text) { add(JsonType::string, text); }
  void decimal(std::string_view text) { add(JsonType::decimal, text); }
  void temporal(JsonType type, std::string_view text) { add(type, text); }
  void opaque(std::uint8_t type, std::string_view bytes) {
    add(JsonType::opaque, bytes).opaque_type = type;
  }

 private:
  JsonNode& add(JsonType type, std::string_view text) {
    ++nodes_;
    JsonNode& node = open_.empty() ? root_ : open_.back()->children.emplace_back();
    node.type = type;
    node.text = text;
    return node;
  }

  JsonNode& root_;
  std::vector<JsonNode*> open_{};
  std::size_t nodes_ = 0;
  // Every value has bytes of its own.
  const std::size_t nodes_max_;
};

// Recursive descent; every function is false when the bytes are not a document.
template <typename Sink>
class Reader {
 public:
  explicit Reader(Sink& sink) : sink_(sink) {}

  bool document(std::string_view binary) {
    if (binary.empty()) {
      sink_.literal(JsonType::null, "null");
      return true;
    }
    return value(static_cast<std::uint8_t>(binary[0]), binary.substr(1), 0);
  }

 private:
  bool value(std::uint8_t type, std::string_view bytes, unsigned depth) {
    if (depth > kDepthMax || !sink_.within_bounds()) return false;
    switch (type) {
      case kSmallObject:
      case kLargeObject:
        return container(bytes, type == kLargeObject, true, depth);
      case kSmallArray:
      case kLargeArray:
        return container(bytes, type == kLargeArray, false, depth);
      case kString: {
        base::ByteReader in(bytes);
        sink_.string(in.bytes(read_length(in)));
        return in.ok();
      }
      case kOpaque:
        return opaque(bytes);
      default:
        return scalar(type, bytes);
    }
  }

  bool scalar(std::uint8_t type, std::string_view bytes) {
    base::ByteReader in(bytes);
    switch (type) {
      case kLiteral: {
        static constexpr std::string_view kLiterals[] = {"null", "true", "false"};
        const std::uint8_t literal = in.u8();
        if (!in.ok() || literal > 2) return false;
        sink_.literal(literal == 0 ? JsonType::null : JsonType::boolean, kLiterals[literal]);
        return true;
      }
      case kInt16:
        sink_.signed_number(static_cast<std::int16_t>(in.u16()));
        return in.ok();
      case kUint16:
        sink_.unsigned_number(in.u16());
        return in.ok();
      case kInt32:
        sink_.signed_number(static_cast<std::int32_t>(in.u32()));
        return in.ok();
      case kUint32:
        sink_.unsigned_number(in.u32());
        return in.ok();
      case kInt64:
        sink_.signed_number(static_cast<std::int64_t>(in.u64()));
        return in.ok();
      case kUint64:
        sink_.unsigned_number(in.u64());
        return in.ok();
      case kDouble: {
        const double number = std::bit_cast<double>(in.u64());
        return in.ok() && double_number(number);
      }
      default:
        return false;
    }
  }

  bool double_number(double number) {
    if (!std::isfinite(number)) return false;
    std::array<char, 40> text{};
    char* end = std::to_chars(text.data(), text.data() + 32, number).ptr;
    const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
    // Without it the text would read back as an integer.
    if (digits.find_first_of(".e") == std::string_view::npos) {
      *end++ = '.';
      *end++ = '0';
    }
    sink_.number({text.data(), static_cast<std::size_t>(end - text.data())});
    return true;
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
    sink_.open(object);
    for (std::uint64_t i = 0; i < count; ++i) {
      sink_.next(i);
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
    sink_.close(object);
    return true;
  }

  bool key(base::ByteReader& keys, std::string_view bytes, std::size_t word) {
    const std::uint64_t offset = keys.uint_le(word);
    const std::uint16_t size = keys.u16();
    if (!keys.ok() || offset > bytes.size() || size > bytes.size() - offset) return false;
    if (!sink_.within_bounds()) return false;
    sink_.key(bytes.substr(offset, size));
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
        return temporal(JsonType::date, data);
      case ColumnType::time:
        return temporal(JsonType::time, data);
      case ColumnType::datetime:
        return temporal(JsonType::datetime, data);
      case ColumnType::timestamp:
        return temporal(JsonType::timestamp, data);
      default:
        sink_.opaque(type, data);
        return true;
    }
  }

  bool decimal(std::string_view data) {
    base::ByteReader in(data);
    const unsigned precision = in.u8();
    const unsigned scale = in.u8();
    if (!in.ok() || precision == 0 || precision > kDecimalDigitsMax || scale > precision)
      return false;
    const std::string_view packed = in.bytes(decimal_bytes(precision, scale));
    std::array<char, kDecimalTextMax> text{};
    if (!in.ok()) return false;
    const auto size = write_decimal(packed, precision, scale, text.data());
    if (size) sink_.decimal({text.data(), *size});
    return size.has_value();
  }

  bool temporal(JsonType type, std::string_view data) {
    static constexpr unsigned kFractionDigits = 6;
    base::ByteReader in(data);
    const auto packed = static_cast<std::int64_t>(in.u64());
    if (!in.ok()) return false;
    std::array<char, kTemporalTextMax> text{};
    std::optional<std::size_t> size;
    if (type == JsonType::time) {
      size = write_time_packed(packed, kFractionDigits, text.data());
    } else if (type == JsonType::date) {
      size = write_date_packed(packed, text.data());
    } else {
      size = write_datetime_packed(packed, kFractionDigits, text.data());
    }
    if (size) sink_.temporal(type, {text.data(), *size});
    return size.has_value();
  }

  Sink& sink_;
};

base::Error corrupt_document(std::string_view binary) {
  return corrupt(fmt::format("a JSON document of {} bytes", binary.size()));
}

}  // namespace

std::optional<base::Error> append_json_text(std::string_view binary, std::string& out,
                                            bool* exact) {
  TextSink sink(binary.size(), out);
  if (!Reader<TextSink>(sink).document(binary)) return corrupt_document(binary);
  if (exact != nullptr) *exact = sink.exact();
  return std::nullopt;
}

base::Result<mysql::JsonNode> parse_json_binary(std::string_view binary) {
  JsonNode root;
  TreeSink sink(root, binary.size());
  if (!Reader<TreeSink>(sink).document(binary)) return corrupt_document(binary);
  return root;
}

}  // namespace flyover::binlog
