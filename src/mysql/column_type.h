#pragma once
// The column types of MySQL as row events, result sets and table maps number them.

#include <cstdint>
#include <string_view>

namespace flyover::mysql {

/// enum_field_types of the server (include/field_types.h).
enum class ColumnType : std::uint8_t {
  decimal_old = 0,
  tiny = 1,
  short_int = 2,
  long_int = 3,
  float_type = 4,
  double_type = 5,
  null_type = 6,
  timestamp = 7,
  long_long = 8,
  int24 = 9,
  date = 10,
  time = 11,
  datetime = 12,
  year = 13,
  newdate = 14,
  varchar = 15,
  bit = 16,
  timestamp2 = 17,
  datetime2 = 18,
  time2 = 19,
  typed_array = 20,
  vector = 242,
  json = 245,
  newdecimal = 246,
  enum_type = 247,
  set_type = 248,
  tiny_blob = 249,
  medium_blob = 250,
  long_blob = 251,
  blob = 252,
  var_string = 253,
  string = 254,
  geometry = 255
};

std::string_view to_string(ColumnType type);

}  // namespace flyover::mysql
