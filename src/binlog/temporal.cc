#include "binlog/temporal.h"

namespace flyover::binlog {
namespace {

constexpr unsigned kFractionBits = 24;
constexpr std::int64_t kFractionMask = (1LL << kFractionBits) - 1;

constexpr std::uint32_t kPowersOfTen[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

class TextWriter {
 public:
  explicit TextWriter(char* out) : begin_(out), at_(out) {}

  void character(char c) { *at_++ = c; }
  void two(std::uint64_t number) {
    *at_++ = static_cast<char>('0' + number / 10 % 10);
    *at_++ = static_cast<char>('0' + number % 10);
  }
  void date(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
    two(year / 100);
    two(year % 100);
    character('-');
    two(month);
    character('-');
    two(day);
  }
  void clock(std::uint64_t hour, std::uint64_t minute, std::uint64_t second) {
    if (hour >= 100) character(static_cast<char>('0' + hour / 100 % 10));
    two(hour % 100);
    character(':');
    two(minute);
    character(':');
    two(second);
  }
  void fraction(std::uint32_t microseconds, unsigned digits) {
    if (digits == 0) return;
    character('.');
    std::uint32_t value = microseconds / kPowersOfTen[6 - digits];
    for (unsigned i = digits; i-- > 0; value /= 10) at_[i] = static_cast<char>('0' + value % 10);
    at_ += digits;
  }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  char* begin_;
  char* at_;
};

bool is_date(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
  return year <= 9999 && month <= 12 && day <= 31;
}

bool is_clock(std::uint64_t hour, std::uint64_t minute, std::uint64_t second) {
  return hour <= 23 && minute <= 59 && second <= 59;
}

struct CivilDate {
  std::uint32_t year;
  std::uint32_t month;
  std::uint32_t day;
};

// Days since 1970-01-01 to a date of the Gregorian calendar, counted from 0000-03-01 in eras of
// 400 years (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
CivilDate civil_from_days(std::uint32_t days) {
  const std::uint32_t shifted = days + 719468;
  const std::uint32_t era = shifted / 146097;
  const std::uint32_t day_of_era = shifted % 146097;
  const std::uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::uint32_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const std::uint32_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

}  // namespace

std::optional<std::size_t> write_date(std::uint32_t packed, char* out) {
  const std::uint32_t day = packed & 31;
  const std::uint32_t month = packed >> 5 & 15;
  const std::uint32_t year = packed >> 9;
  if (!is_date(year, month, day)) return std::nullopt;
  TextWriter text(out);
  text.date(year, month, day);
  return text.size();
}

std::optional<std::size_t> write_time_old(std::int32_t hhmmss, char* out) {
  const auto value = static_cast<std::uint32_t>(hhmmss < 0 ? -hhmmss : hhmmss);
  const std::uint32_t hour = value / 10000;
  if (hour > 838 || !is_clock(0, value / 100 % 100, value % 100)) return std::nullopt;
  TextWriter text(out);
  if (hhmmss < 0) text.character('-');
  text.clock(hour, value / 100 % 100, value % 100);
  return text.size();
}

std::optional<std::size_t> write_datetime_old(std::uint64_t number, char* out) {
  const std::uint64_t date = number / 1000000;
  const std::uint64_t clock = number % 1000000;
  if (!is_date(date / 10000, date / 100 % 100, date % 100) ||
      !is_clock(clock / 10000, clock / 100 % 100, clock % 100)) {
    return std::nullopt;
  }
  TextWriter text(out);
  text.date(date / 10000, date / 100 % 100, date % 100);
  text.character(' ');
  text.clock(clock / 10000, clock / 100 % 100, clock % 100);
  return text.size();
}

std::size_t write_timestamp(std::uint32_t seconds, std::uint32_t microseconds, unsigned digits,
                            char* out) {
  static constexpr std::uint32_t kSecondsPerDay = 86400;
  TextWriter text(out);
  if (seconds == 0 && microseconds == 0) {
    text.date(0, 0, 0);
    text.character(' ');
    text.clock(0, 0, 0);
  } else {
    const CivilDate date = civil_from_days(seconds / kSecondsPerDay);
    const std::uint32_t clock = seconds % kSecondsPerDay;
    text.date(date.year, date.month, date.day);
    text.character(' ');
    text.clock(clock / 3600, clock / 60 % 60, clock % 60);
  }
  text.fraction(microseconds, digits);
  return text.size();
}

std::optional<std::size_t> write_time_packed(std::int64_t packed, unsigned digits, char* out) {
  // Not -packed, which overflows for the smallest number.
  const std::uint64_t value =
      packed < 0 ? ~static_cast<std::uint64_t>(packed) + 1 : static_cast<std::uint64_t>(packed);
  const std::uint64_t clock = value >> kFractionBits;
  const auto microseconds = static_cast<std::uint32_t>(value & kFractionMask);
  const std::uint64_t hour = clock >> 12;
  if (hour > 838 || microseconds > 999999 || !is_clock(0, clock >> 6 & 63, clock & 63)) {
    return std::nullopt;
  }
  TextWriter text(out);
  if (packed < 0) text.character('-');
  text.clock(hour, clock >> 6 & 63, clock & 63);
  text.fraction(microseconds, digits);
  return text.size();
}

std::optional<std::size_t> write_date_packed(std::int64_t packed, char* out) {
  if (packed < 0) return std::nullopt;
  const std::uint64_t days = static_cast<std::uint64_t>(packed) >> (kFractionBits + 17);
  const std::uint64_t months = days >> 5;
  if (!is_date(months / 13, months % 13, days & 31)) return std::nullopt;
  TextWriter text(out);
  text.date(months / 13, months % 13, days & 31);
  return text.size();
}

std::optional<std::size_t> write_datetime_packed(std::int64_t packed, unsigned digits, char* out) {
  const std::optional<std::size_t> date = write_date_packed(packed, out);
  const std::uint64_t clock = static_cast<std::uint64_t>(packed) >> kFractionBits & 0x1ffff;
  const auto microseconds = static_cast<std::uint32_t>(packed & kFractionMask);
  if (!date || microseconds > 999999 || !is_clock(clock >> 12, clock >> 6 & 63, clock & 63)) {
    return std::nullopt;
  }
  TextWriter text(out + *date);
  text.character(' ');
  text.clock(clock >> 12, clock >> 6 & 63, clock & 63);
  text.fraction(microseconds, digits);
  return *date + text.size();
}

std::uint32_t fraction_microseconds(std::uint32_t fraction, unsigned digits) {
  return fraction * kPowersOfTen[6 - 2 * fraction_bytes(digits)];
}

std::int64_t datetime2_packed(std::uint64_t head, std::uint32_t fraction, unsigned digits) {
  static constexpr std::int64_t kOffset = 0x8000000000;
  const std::int64_t whole = static_cast<std::int64_t>(head) - kOffset;
  return whole * (1LL << kFractionBits) + fraction_microseconds(fraction, digits);
}

std::int64_t time2_packed(std::uint32_t head, std::uint32_t fraction, unsigned digits) {
  static constexpr std::int64_t kOffset = 0x800000;
  const std::size_t size = fraction_bytes(digits);
  std::int64_t whole = static_cast<std::int64_t>(head) - kOffset;
  auto part = static_cast<std::int64_t>(fraction);
  if (size == 3) return whole * (1LL << kFractionBits) + part;
  // A negative time with a fraction is stored as its complement: -00:00:00.1 is head -1 and
  // fraction 0x100 - 10 for one byte.
  if (whole < 0 && part != 0) {
    ++whole;
    part -= 1LL << (8 * size);
  }
  return whole * (1LL << kFractionBits) + part * kPowersOfTen[6 - 2 * size];
}

}  // namespace flyover::binlog
