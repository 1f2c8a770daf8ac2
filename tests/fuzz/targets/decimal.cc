// Input: precision, scale, a packed DECIMAL.

#include "binlog/decimal.h"

#include <array>

#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(decimal) {
  const unsigned precision = fuzz::take_byte(input);
  const unsigned scale = fuzz::take_byte(input);
  // What the callers have checked before.
  if (precision < 1 || precision > 65 || scale > precision) return;
  const std::string_view packed = fuzz::take(input, binlog::decimal_bytes(precision, scale));
  if (packed.size() < binlog::decimal_bytes(precision, scale)) return;
  std::array<char, binlog::kDecimalTextMax> room{};
  const auto size = binlog::write_decimal(packed, precision, scale, room.data());
  if (!size) return;
  std::string_view text(room.data(), *size);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  FLYOVER_EXPECT((point < text.size()) == (scale > 0));
  FLYOVER_EXPECT(point >= 1 && point <= std::max(1U, precision - scale));
  FLYOVER_EXPECT(text.size() == point + (scale > 0 ? scale + 1 : 0));
  FLYOVER_EXPECT(text[0] != '0' || point == 1);
  bool zero = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    FLYOVER_EXPECT(i == point || (text[i] >= '0' && text[i] <= '9'));
    zero = zero && (i == point || text[i] == '0');
  }
  FLYOVER_EXPECT(!negative || !zero);
}
