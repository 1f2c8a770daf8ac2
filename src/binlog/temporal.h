#pragma once
// Dates and times as row images and JSON documents pack them, to the text SELECT prints.
// Format: sql-common/my_time.cc of the server (my_datetime_packed_to_binary() and its siblings).
// Zero and partial dates are values like any other: nothing is converted to a point in time except
// TIMESTAMP, which is UTC seconds.

#include <cstddef>
#include <cstdint>
#include <optional>

namespace flyover::binlog {

/// Room each writer needs: "-838:59:59.000000" and "9999-12-31 23:59:59.999999" with reserve.
inline constexpr std::size_t kTemporalTextMax = 40;

// The writers return the length of the text; nothing when the number is not such a value.
// `digits`: of the fraction, 0 to 6; `microseconds` is cut to them.

/// DATE: day 5 bits, month 4 bits, year 15 bits.
std::optional<std::size_t> write_date(std::uint32_t packed, char* out);
/// TIME before 5.6.4: hhmmss as a decimal number, signed.
std::optional<std::size_t> write_time_old(std::int32_t hhmmss, char* out);
/// DATETIME before 5.6.4: YYYYMMDDhhmmss as a decimal number.
std::optional<std::size_t> write_datetime_old(std::uint64_t number, char* out);
/// TIMESTAMP: seconds since 1970 in UTC; 0 without a fraction is the zero date.
std::size_t write_timestamp(std::uint32_t seconds, std::uint32_t microseconds, unsigned digits,
                            char* out);
/// TIME: sign, hour 10 bits, minute 6, second 6, microsecond 24.
std::optional<std::size_t> write_time_packed(std::int64_t packed, unsigned digits, char* out);
/// DATETIME: year * 13 + month, day 5 bits, hour 5, minute 6, second 6, microsecond 24.
std::optional<std::size_t> write_datetime_packed(std::int64_t packed, unsigned digits, char* out);
/// The date of a packed DATETIME.
std::optional<std::size_t> write_date_packed(std::int64_t packed, char* out);

/// Bytes of a fraction with `digits` digits.
constexpr std::size_t fraction_bytes(unsigned digits) {
  return (digits + 1) / 2;
}

/// Packed forms from what DATETIME2 and TIME2 columns store: the head of 5 or 3 bytes and the
/// fraction of fraction_bytes(), both big-endian.
std::int64_t datetime2_packed(std::uint64_t head, std::uint32_t fraction, unsigned digits);
std::int64_t time2_packed(std::uint32_t head, std::uint32_t fraction, unsigned digits);
/// The fraction of a TIMESTAMP2 in microseconds.
std::uint32_t fraction_microseconds(std::uint32_t fraction, unsigned digits);

}  // namespace flyover::binlog
