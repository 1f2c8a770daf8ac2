#include "binlog/table_map.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "binlog/errors.h"

namespace flyover::binlog {
namespace {

using mysql::ColumnType;

constexpr std::size_t kShortTableIdHeader = 6;  // Before 5.1.4 the id had four bytes.
constexpr std::size_t kColumnsMax = 4096;       // Of any table of any server.

// CHAR and BINARY store (real type ^ (length & 0x300) >> 4) and length & 0xff, so that lengths up
// to 1023 fit beside the type; ENUM and SET store their type and the bytes of a value.
void resolve_string(std::uint8_t first, std::uint8_t second, TableMapColumn& column) {
  const std::uint8_t type = first | 0x30;
  const std::uint16_t high_bits = static_cast<std::uint16_t>(((first & 0x30) ^ 0x30) << 4);
  column.type = static_cast<ColumnType>(type);
  column.metadata = static_cast<std::uint16_t>(high_bits | second);
}

bool read_metadata(base::ByteReader& in, TableMapColumn& column) {
  switch (column.type) {
    case ColumnType::float_type:
    case ColumnType::double_type:
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::json:
    case ColumnType::geometry:
    case ColumnType::vector:
    case ColumnType::timestamp2:
    case ColumnType::datetime2:
    case ColumnType::time2:
      column.metadata = in.u8();
      return true;
    case ColumnType::varchar:
    case ColumnType::var_string:
      column.metadata = in.u16();
      return true;
    case ColumnType::bit: {
      const std::uint8_t bits = in.u8();
      column.metadata = static_cast<std::uint16_t>(in.u8() * 8 + bits);
      return true;
    }
    case ColumnType::newdecimal:
      column.metadata = static_cast<std::uint16_t>(in.uint_be(2));
      return true;
    case ColumnType::string:
    case ColumnType::enum_type:
    case ColumnType::set_type: {
      const std::uint8_t first = in.u8();
      resolve_string(first, in.u8(), column);
      return true;
    }
    case ColumnType::tiny:
    case ColumnType::short_int:
    case ColumnType::int24:
    case ColumnType::long_int:
    case ColumnType::long_long:
    case ColumnType::year:
    case ColumnType::date:
    case ColumnType::newdate:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp:
    case ColumnType::null_type:
    case ColumnType::decimal_old:
      return true;
    case ColumnType::typed_array:
      break;
  }
  return false;
}

// Whether row images can be read with this metadata.
bool metadata_in_range(const TableMapColumn& column) {
  static constexpr unsigned kFractionDigitsMax = 6;
  static constexpr unsigned kPrecisionMax = 65;
  static constexpr unsigned kBitsMax = 64;
  const unsigned value = column.metadata;
  switch (column.type) {
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::json:
    case ColumnType::geometry:
    case ColumnType::vector:
      return value >= 1 && value <= 4;
    case ColumnType::timestamp2:
    case ColumnType::datetime2:
    case ColumnType::time2:
      return value <= kFractionDigitsMax;
    case ColumnType::bit:
      return value >= 1 && value <= kBitsMax;
    case ColumnType::newdecimal:
      return column.precision() >= 1 && column.precision() <= kPrecisionMax &&
             column.scale() <= column.precision();
    case ColumnType::enum_type:
      return value == 1 || value == 2;
    case ColumnType::set_type:
      return (value >= 1 && value <= 4) || value == 8;
    default:
      return true;
  }
}

bool has_length(ColumnType type) {
  return type == ColumnType::varchar || type == ColumnType::string || type == ColumnType::bit ||
         type == ColumnType::timestamp2 || type == ColumnType::datetime2 ||
         type == ColumnType::time2;
}

}  // namespace

std::string describe(const TableMapColumn& column) {
  std::string text(mysql::to_string(column.type));
  if (column.type == ColumnType::newdecimal) {
    text += fmt::format("({},{})", column.precision(), column.scale());
  } else if (has_length(column.type)) {
    text += fmt::format("({})", column.metadata);
  }
  if (column.is_unsigned.value_or(false)) text += " unsigned";
  return text;
}

std::string TableMap::shape() const {
  std::string text;
  for (const TableMapColumn& column : columns) {
    if (!text.empty()) text += ", ";
    if (!column.name.empty()) text += column.name + " ";
    text += describe(column);
  }
  return text;
}

base::Result<std::uint64_t> parse_table_id(const EventView& event,
                                           const FormatDescription& format) {
  base::ByteReader in(event.body);
  const bool is_short = format.post_header(event.header.type, 8) == kShortTableIdHeader;
  const std::uint64_t table_id = is_short ? in.u32() : in.u48();
  if (!in.ok()) return corrupt(to_string(event.header.type) + " event is cut");
  return table_id;
}

base::Result<bool> ends_statement(const EventView& event, const FormatDescription& format) {
  static constexpr std::uint16_t kStatementEnd = 1;
  base::ByteReader in(event.body);
  const bool is_short = format.post_header(event.header.type, 8) == kShortTableIdHeader;
  in.skip(is_short ? 4 : 6);
  const std::uint16_t flags = in.u16();
  if (!in.ok()) return corrupt(to_string(event.header.type) + " event is cut");
  return (flags & kStatementEnd) != 0;
}

base::Result<TableMap> parse_table_map(const EventView& event, const FormatDescription& format) {
  base::ByteReader in(event.body);
  TableMap map;
  const std::size_t post_header = format.post_header(EventType::table_map, 8);
  map.table_id = post_header == kShortTableIdHeader ? in.u32() : in.u48();
  in.u16();  // Flags: of no use to a reader.
  map.name.schema = in.bytes(in.u8());
  in.skip(1);
  map.name.table = in.bytes(in.u8());
  in.skip(1);
  const std::uint64_t count = in.length_encoded();
  const std::string_view types = in.bytes(count > in.remaining() ? in.remaining() + 1 : count);
  base::ByteReader metadata(in.length_encoded_bytes());
  const std::string_view nullable = in.bytes((types.size() + 7) / 8);
  if (!in.ok()) return corrupt("a table_map event is cut");
  if (types.size() > kColumnsMax) {
    return corrupt(fmt::format("{} with {} columns", map.name.to_string(), types.size()));
  }
  map.columns.resize(types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    TableMapColumn& column = map.columns[i];
    column.type = static_cast<ColumnType>(types[i]);
    column.nullable = (static_cast<unsigned char>(nullable[i / 8]) >> i % 8 & 1) != 0;
    if (!read_metadata(metadata, column)) {
      return unsupported(fmt::format("column {} of {} has the type {}", i + 1, map.name.to_string(),
                                     static_cast<unsigned>(column.type)),
                         "Row events can not be decoded: the server is newer than this version of "
                         "flyover.");
    }
    if (!metadata.ok() || !metadata_in_range(column)) {
      return corrupt(fmt::format("column {} of {} is described as {} with metadata {}", i + 1,
                                 map.name.to_string(), mysql::to_string(column.type),
                                 column.metadata));
    }
  }
  if (!parse_optional_metadata(in.rest(), map)) {
    return corrupt("the optional metadata of table " + map.name.to_string());
  }
  return map;
}

}  // namespace flyover::binlog
