// The optional part of a table map event: a list of (type, length, value), each value about the
// columns of one family in column order.

#include <algorithm>

#include "base/byte_reader.h"
#include "binlog/table_map.h"

namespace flyover::binlog {
namespace {

using mysql::ColumnType;

// Table_map_event::Optional_metadata_field_type.
enum Field : std::uint8_t {
  kSignedness = 1,
  kDefaultCharset = 2,
  kColumnCharset = 3,
  kColumnName = 4,
  kSetMembers = 5,
  kEnumMembers = 6,
  kGeometryType = 7,
  kSimplePrimaryKey = 8,
  kPrimaryKeyWithPrefix = 9,
  kEnumAndSetDefaultCharset = 10,
  kEnumAndSetColumnCharset = 11,
  kColumnVisibility = 12,
  kVectorDimensions = 13
};

// The columns that have a bit in the signedness map. YEAR has one, and is unsigned.
bool is_numeric(ColumnType type) {
  switch (type) {
    case ColumnType::decimal_old:
    case ColumnType::tiny:
    case ColumnType::short_int:
    case ColumnType::int24:
    case ColumnType::long_int:
    case ColumnType::long_long:
    case ColumnType::float_type:
    case ColumnType::double_type:
    case ColumnType::newdecimal:
    case ColumnType::year:
      return true;
    default:
      return false;
  }
}

// GEOMETRY has one as well, binary; JSON and VECTOR have none.
bool has_charset(ColumnType type) {
  switch (type) {
    case ColumnType::varchar:
    case ColumnType::var_string:
    case ColumnType::string:
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
    case ColumnType::geometry:
      return true;
    default:
      return false;
  }
}

bool is_enum_or_set(ColumnType type) {
  return type == ColumnType::enum_type || type == ColumnType::set_type;
}

// Bits, highest first, for each column that `applies`.
template <typename Applies, typename Assign>
void for_each_bit(base::ByteReader& in, TableMap& map, Applies applies, Assign assign) {
  std::uint8_t byte = 0;
  std::size_t bit = 0;
  for (TableMapColumn& column : map.columns) {
    if (!applies(column.type)) continue;
    if (bit % 8 == 0) byte = in.u8();
    assign(column, (byte >> (7 - bit % 8) & 1) != 0);
    ++bit;
  }
}

// One id for most columns, then (position among the family, id) of the others.
template <typename Applies>
void read_default_charset(base::ByteReader& in, TableMap& map, Applies applies) {
  std::vector<TableMapColumn*> family;
  const auto usual = static_cast<std::uint32_t>(in.length_encoded());
  for (TableMapColumn& column : map.columns) {
    if (!applies(column.type)) continue;
    column.collation = usual;
    family.push_back(&column);
  }
  while (in.ok() && !in.at_end()) {
    const std::uint64_t index = in.length_encoded();
    const auto collation = static_cast<std::uint32_t>(in.length_encoded());
    if (index >= family.size()) {
      in.fail();
    } else {
      family[index]->collation = collation;
    }
  }
}

template <typename Applies, typename Assign>
void for_each_number(base::ByteReader& in, TableMap& map, Applies applies, Assign assign) {
  for (TableMapColumn& column : map.columns) {
    if (applies(column.type)) assign(column, static_cast<std::uint32_t>(in.length_encoded()));
  }
}

void read_members(base::ByteReader& in, TableMap& map, ColumnType type) {
  for (TableMapColumn& column : map.columns) {
    if (column.type != type) continue;
    const std::uint64_t count = in.length_encoded();
    column.members.clear();
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      column.members.emplace_back(in.length_encoded_bytes());
    }
  }
}

void read_primary_key(base::ByteReader& in, TableMap& map, bool with_prefix) {
  map.primary_key.clear();
  while (in.ok() && !in.at_end()) {
    map.primary_key.push_back(static_cast<std::uint32_t>(in.length_encoded()));
    if (with_prefix) in.length_encoded();
  }
}

void read_field(std::uint8_t field, base::ByteReader& in, TableMap& map) {
  const auto set_collation = [](TableMapColumn& c, std::uint32_t id) { c.collation = id; };
  switch (field) {
    case kSignedness:
      return for_each_bit(in, map, is_numeric,
                          [](TableMapColumn& c, bool bit) { c.is_unsigned = bit; });
    case kDefaultCharset:
      return read_default_charset(in, map, has_charset);
    case kColumnCharset:
      return for_each_number(in, map, has_charset, set_collation);
    case kColumnName:
      for (TableMapColumn& column : map.columns) column.name = in.length_encoded_bytes();
      return;
    case kSetMembers:
      return read_members(in, map, ColumnType::set_type);
    case kEnumMembers:
      return read_members(in, map, ColumnType::enum_type);
    case kGeometryType:
      return for_each_number(
          in, map, [](ColumnType type) { return type == ColumnType::geometry; },
          [](TableMapColumn& c, std::uint32_t type) { c.geometry_type = type; });
    case kSimplePrimaryKey:
    case kPrimaryKeyWithPrefix:
      return read_primary_key(in, map, field == kPrimaryKeyWithPrefix);
    case kEnumAndSetDefaultCharset:
      return read_default_charset(in, map, is_enum_or_set);
    case kEnumAndSetColumnCharset:
      return for_each_number(in, map, is_enum_or_set, set_collation);
    case kColumnVisibility:
      return for_each_bit(
          in, map, [](ColumnType) { return true; },
          [](TableMapColumn& c, bool bit) { c.visible = bit; });
    case kVectorDimensions:
      return for_each_number(
          in, map, [](ColumnType type) { return type == ColumnType::vector; },
          [](TableMapColumn& c, std::uint32_t count) { c.vector_dimensions = count; });
    default:
      return;
  }
}

}  // namespace

bool parse_optional_metadata(std::string_view bytes, TableMap& map) {
  base::ByteReader in(bytes);
  while (in.ok() && !in.at_end()) {
    const std::uint8_t field = in.u8();
    base::ByteReader value(in.length_encoded_bytes());
    if (!in.ok()) break;
    read_field(field, value, map);
    // What only describes may be of a shape a newer server invented; signs decide about values.
    if (!value.ok() && field == kSignedness) return false;
  }
  return in.ok();
}

}  // namespace flyover::binlog
