#pragma once
// DECIMAL as row images and JSON documents pack it.
// Format: decimal2bin() in strings/decimal.cc of the server.

#include <cstddef>
#include <optional>
#include <string_view>

namespace flyover::binlog {

/// Digits of the longest DECIMAL: 65 in a column; in a JSON document leading zeros may fill its
/// nine words of nine digits.
inline constexpr unsigned kDecimalDigitsMax = 81;
/// The longest text of a DECIMAL: its digits, sign, point and a leading zero.
inline constexpr std::size_t kDecimalTextMax = 96;

/// Bytes of a packed DECIMAL(precision, scale).
std::size_t decimal_bytes(unsigned precision, unsigned scale);

/// Writes the value as SELECT prints it, "-12.340": exactly `scale` digits behind the point, no
/// needless zeros before it, no sign on zero. `out` has room for kDecimalTextMax. Returns the
/// length, nothing when the bytes are not a DECIMAL. `packed` has decimal_bytes() bytes and
/// precision is at most kDecimalDigitsMax.
std::optional<std::size_t> write_decimal(std::string_view packed, unsigned precision,
                                         unsigned scale, char* out);

}  // namespace flyover::binlog
