#include "mysql/column_type.h"

namespace flyover::mysql {

std::string_view to_string(ColumnType type) {
  switch (type) {
    case ColumnType::decimal_old:
      return "decimal_old";
    case ColumnType::tiny:
      return "tiny";
    case ColumnType::short_int:
      return "short";
    case ColumnType::long_int:
      return "long";
    case ColumnType::float_type:
      return "float";
    case ColumnType::double_type:
      return "double";
    case ColumnType::null_type:
      return "null";
    case ColumnType::timestamp:
      return "timestamp";
    case ColumnType::long_long:
      return "longlong";
    case ColumnType::int24:
      return "int24";
    case ColumnType::date:
      return "date";
    case ColumnType::time:
      return "time";
    case ColumnType::datetime:
      return "datetime";
    case ColumnType::year:
      return "year";
    case ColumnType::newdate:
      return "newdate";
    case ColumnType::varchar:
      return "varchar";
    case ColumnType::bit:
      return "bit";
    case ColumnType::timestamp2:
      return "timestamp2";
    case ColumnType::datetime2:
      return "datetime2";
    case ColumnType::time2:
      return "time2";
    case ColumnType::typed_array:
      return "typed_array";
    case ColumnType::vector:
      return "vector";
    case ColumnType::json:
      return "json";
    case ColumnType::newdecimal:
      return "newdecimal";
    case ColumnType::enum_type:
      return "enum";
    case ColumnType::set_type:
      return "set";
    case ColumnType::tiny_blob:
      return "tinyblob";
    case ColumnType::medium_blob:
      return "mediumblob";
    case ColumnType::long_blob:
      return "longblob";
    case ColumnType::blob:
      return "blob";
    case ColumnType::var_string:
      return "varstring";
    case ColumnType::string:
      return "string";
    case ColumnType::geometry:
      return "geometry";
  }
  return "unknown";
}

}  // namespace flyover::mysql
