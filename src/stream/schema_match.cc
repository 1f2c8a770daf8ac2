#include "stream/schema_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace flyover::stream {
namespace {

using mysql::ColumnType;

/// Types that hold the same values in different layouts count as one family.
enum class Family {
  tiny,
  short_int,
  int24,
  long_int,
  long_long,
  float_type,
  double_type,
  decimal,
  year,
  bit,
  date,
  time,
  datetime,
  timestamp,
  fixed_string,
  variable_string,
  blob,
  enumeration,
  set,
  json,
  geometry,
  vector,
  unknown
};

struct NamedFamily {
  std::string_view data_type;
  Family family;
};

constexpr NamedFamily kDataTypes[] = {{"tinyint", Family::tiny},
                                      {"smallint", Family::short_int},
                                      {"mediumint", Family::int24},
                                      {"int", Family::long_int},
                                      {"bigint", Family::long_long},
                                      {"float", Family::float_type},
                                      {"double", Family::double_type},
                                      {"decimal", Family::decimal},
                                      {"year", Family::year},
                                      {"bit", Family::bit},
                                      {"date", Family::date},
                                      {"time", Family::time},
                                      {"datetime", Family::datetime},
                                      {"timestamp", Family::timestamp},
                                      {"char", Family::fixed_string},
                                      {"binary", Family::fixed_string},
                                      {"varchar", Family::variable_string},
                                      {"varbinary", Family::variable_string},
                                      {"tinytext", Family::blob},
                                      {"text", Family::blob},
                                      {"mediumtext", Family::blob},
                                      {"longtext", Family::blob},
                                      {"tinyblob", Family::blob},
                                      {"blob", Family::blob},
                                      {"mediumblob", Family::blob},
                                      {"longblob", Family::blob},
                                      {"enum", Family::enumeration},
                                      {"set", Family::set},
                                      {"json", Family::json},
                                      {"geometry", Family::geometry},
                                      {"point", Family::geometry},
                                      {"linestring", Family::geometry},
                                      {"polygon", Family::geometry},
                                      {"multipoint", Family::geometry},
                                      {"multilinestring", Family::geometry},
                                      {"multipolygon", Family::geometry},
                                      {"geometrycollection", Family::geometry},
                                      {"geomcollection", Family::geometry},
                                      {"vector", Family::vector}};

Family family_of(std::string_view data_type) {
  const auto* found =
      std::find_if(std::begin(kDataTypes), std::end(kDataTypes),
                   [&](const NamedFamily& named) { return named.data_type == data_type; });
  return found == std::end(kDataTypes) ? Family::unknown : found->family;
}

Family family_of(ColumnType type) {
  switch (type) {
    case ColumnType::tiny:
      return Family::tiny;
    case ColumnType::short_int:
      return Family::short_int;
    case ColumnType::int24:
      return Family::int24;
    case ColumnType::long_int:
      return Family::long_int;
    case ColumnType::long_long:
      return Family::long_long;
    case ColumnType::float_type:
      return Family::float_type;
    case ColumnType::double_type:
      return Family::double_type;
    case ColumnType::newdecimal:
    case ColumnType::decimal_old:
      return Family::decimal;
    case ColumnType::year:
      return Family::year;
    case ColumnType::bit:
      return Family::bit;
    case ColumnType::date:
    case ColumnType::newdate:
      return Family::date;
    case ColumnType::time:
    case ColumnType::time2:
      return Family::time;
    case ColumnType::datetime:
    case ColumnType::datetime2:
      return Family::datetime;
    case ColumnType::timestamp:
    case ColumnType::timestamp2:
      return Family::timestamp;
    case ColumnType::string:
      return Family::fixed_string;
    case ColumnType::varchar:
    case ColumnType::var_string:
      return Family::variable_string;
    case ColumnType::tiny_blob:
    case ColumnType::medium_blob:
    case ColumnType::long_blob:
    case ColumnType::blob:
      return Family::blob;
    case ColumnType::enum_type:
      return Family::enumeration;
    case ColumnType::set_type:
      return Family::set;
    case ColumnType::json:
      return Family::json;
    case ColumnType::geometry:
      return Family::geometry;
    case ColumnType::vector:
      return Family::vector;
    case ColumnType::null_type:
    case ColumnType::typed_array:
      break;
  }
  return Family::unknown;
}

bool is_integer(Family family) {
  return family <= Family::long_long;
}

bool matches(const binlog::TableMapColumn& logged, const schema::Column& known) {
  const Family family = family_of(logged.type);
  if (family == Family::unknown || family != family_of(known.data_type)) return false;
  const bool same_sign =
      !is_integer(family) || !logged.is_unsigned || *logged.is_unsigned == known.is_unsigned;
  const bool same_name = logged.name.empty() || logged.name == known.name;
  return same_sign && same_name;
}

std::string shape(const schema::Table& table) {
  std::string text;
  for (const schema::Column& column : table.columns) {
    if (!text.empty()) text += ", ";
    text += column.name + " " + column.column_type;
  }
  return text;
}

}  // namespace

std::optional<base::Error> match_schema(const binlog::TableMap& map, const schema::Table& table,
                                        std::vector<binlog::ColumnHint>& hints) {
  const bool same =
      map.columns.size() == table.columns.size() &&
      std::equal(map.columns.begin(), map.columns.end(), table.columns.begin(), matches);
  if (!same) {
    return base::Error{
        .code = "source.schema_changed",
        .side = base::Side::source,
        .action = base::Action::fail,
        .message = fmt::format("{} is not the table flyover knows: the binary log has {} columns "
                               "({}), the schema has {} ({})",
                               map.name.to_string(), map.columns.size(), map.shape(),
                               table.columns.size(), shape(table)),
        .hint =
            "Its definition was changed without a statement that flyover carried out: [ddl] says "
            "\"ignore\", or binary logging was off for it. `flyover reload` has the table made "
            "anew "
            "and copied again."};
  }
  hints.clear();
  hints.reserve(table.columns.size());
  for (const schema::Column& column : table.columns) {
    const bool fixed_binary = column.data_type == "binary";
    hints.push_back(
        {.is_unsigned = column.is_unsigned,
         .binary_pad_bytes = fixed_binary ? static_cast<std::size_t>(column.max_length_bytes) : 0});
  }
  return std::nullopt;
}

}  // namespace flyover::stream
