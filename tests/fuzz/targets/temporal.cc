// Input: which writer, fraction digits, the number in eight bytes, a fraction in three.

#include "binlog/temporal.h"

#include <array>

#include "base/byte_reader.h"
#include "fuzz_target.h"

using namespace flyover;

namespace {

std::optional<std::size_t> write(std::uint8_t which, unsigned digits, std::uint64_t number,
                                 std::uint32_t fraction, char* out) {
  const auto low = static_cast<std::uint32_t>(number);
  switch (which % 9) {
    case 0:
      return binlog::write_date(low & 0xffffff, out);
    case 1:
      return binlog::write_time_old(static_cast<std::int32_t>(low << 8) >> 8, out);
    case 2:
      return binlog::write_datetime_old(number, out);
    case 3:
      return binlog::write_timestamp(low, fraction % 1000000, digits, out);
    case 4:
      return binlog::write_time_packed(static_cast<std::int64_t>(number), digits, out);
    case 5:
      return binlog::write_datetime_packed(static_cast<std::int64_t>(number), digits, out);
    case 6:
      return binlog::write_date_packed(static_cast<std::int64_t>(number), out);
    case 7:
      return binlog::write_datetime_packed(
          binlog::datetime2_packed(number & 0xffffffffff, fraction, digits), digits, out);
    default:
      return binlog::write_time_packed(binlog::time2_packed(low & 0xffffff, fraction, digits),
                                       digits, out);
  }
}

}  // namespace

FLYOVER_FUZZ_TARGET(temporal) {
  const std::uint8_t which = fuzz::take_byte(input);
  const unsigned digits = fuzz::take_byte(input) % 7;
  base::ByteReader in(input);
  const std::uint64_t number = in.u64();
  const std::uint64_t stored = in.uint_le(binlog::fraction_bytes(digits));
  if (!in.ok()) return;
  // Room for exactly the most that may be written.
  const auto room = std::make_unique<char[]>(binlog::kTemporalTextMax);
  const auto size = write(which, digits, number, static_cast<std::uint32_t>(stored), room.get());
  if (!size) return;
  FLYOVER_EXPECT(*size >= 8 && *size <= 26);
  for (std::size_t i = 0; i < *size; ++i) {
    const char c = room[i];
    FLYOVER_EXPECT((c >= '0' && c <= '9') || c == '-' || c == ':' || c == ' ' || c == '.');
  }
}
