// Values: encoded here, decoded by the product.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/byte_writer.h"
#include "binlog/checksum.h"
#include "binlog/control_events.h"
#include "binlog/decimal.h"
#include "binlog/json.h"
#include "binlog/temporal.h"

namespace flyover::binlog {
namespace {

template <typename Writer>
std::string text_of(Writer writer) {
  std::array<char, kDecimalTextMax> room{};
  const std::optional<std::size_t> size = writer(room.data());
  return size ? std::string(room.data(), *size) : "none";
}

// Packs as decimal2bin() does: nine digits in four bytes, the rest in as few as hold them.
std::string pack_decimal(bool negative, const std::string& digits, unsigned scale) {
  static constexpr std::size_t kBytes[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
  std::string out;
  const auto put = [&](std::size_t at, std::size_t count) {
    const std::uint32_t group =
        count == 0 ? 0 : static_cast<std::uint32_t>(std::stoul(digits.substr(at, count)));
    for (std::size_t i = kBytes[count]; i-- > 0;) out += static_cast<char>(group >> 8 * i);
  };
  const std::size_t whole = digits.size() - scale;
  std::size_t at = whole % 9;
  put(0, at);
  for (; at < digits.size();) {
    const std::size_t count = std::min<std::size_t>(9, digits.size() - at);
    put(at, count);
    at += count;
  }
  if (negative) {
    for (char& c : out) c = static_cast<char>(~c);
  }
  out[0] = static_cast<char>(out[0] ^ 0x80);
  return out;
}

TEST(Decimal, RoundTrips) {
  EXPECT_TRUE(rc::check([](bool negative) {
    const auto precision = *rc::gen::inRange(1U, 66U);
    const auto scale = *rc::gen::inRange(0U, std::min(precision, 30U) + 1);
    const auto digits =
        *rc::gen::container<std::string>(precision, rc::gen::elementOf(std::string("0123456789")));
    const std::string packed = pack_decimal(negative, digits, scale);
    RC_ASSERT(packed.size() == decimal_bytes(precision, scale));
    const std::string text =
        text_of([&](char* out) { return write_decimal(packed, precision, scale, out); });
    std::string whole = digits.substr(0, precision - scale);
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
    std::string expected = whole.empty() ? "0" : whole;
    if (scale > 0) expected += "." + digits.substr(precision - scale);
    const bool zero = digits.find_first_not_of('0') == std::string::npos;
    RC_ASSERT(text == (negative && !zero ? "-" + expected : expected));
  }));
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  const std::string packed("\xff\xff\xff\xff", 4);  // More than nine digits.
  EXPECT_EQ(text_of([&](char* out) { return write_decimal(packed, 9, 0, out); }), "none");
}

std::uint32_t power_of_ten(unsigned exponent) {
  std::uint32_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

std::string fraction_text(std::uint32_t microseconds, unsigned digits) {
  return digits == 0 ? "" : "." + fmt::format("{:06}", microseconds).substr(0, digits);
}

TEST(Temporal, DatetimeRoundTrips) {
  EXPECT_TRUE(rc::check([] {
    const auto year = *rc::gen::inRange(0U, 10000U);
    const auto month = *rc::gen::inRange(0U, 13U);
    const auto day = *rc::gen::inRange(0U, 32U);
    const auto hour = *rc::gen::inRange(0U, 24U);
    const auto minute = *rc::gen::inRange(0U, 60U);
    const auto second = *rc::gen::inRange(0U, 60U);
    const auto digits = *rc::gen::inRange(0U, 7U);
    const std::uint32_t unit = power_of_ten(6 - digits);
    const std::uint32_t micros = *rc::gen::inRange(0U, 1000000U) / unit * unit;
    const std::uint64_t date = (std::uint64_t{year} * 13 + month) << 5 | day;
    const std::uint64_t head = (date << 17 | hour << 12 | minute << 6 | second) + 0x8000000000ULL;
    const std::uint32_t stored = micros / power_of_ten(6 - 2 * fraction_bytes(digits));
    const std::string text = text_of([&](char* out) {
      return write_datetime_packed(datetime2_packed(head, stored, digits), digits, out);
    });
    const std::string expected =
        fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}", year, month, day, hour, minute, second,
                    fraction_text(micros, digits));
    RC_ASSERT(text == expected);
    const std::uint64_t old = ((std::uint64_t{year} * 100 + month) * 100 + day) * 1000000 +
                              hour * 10000 + minute * 100 + second;
    RC_ASSERT(text_of([&](char* out) { return write_datetime_old(old, out); }) ==
              expected.substr(0, 19));
    const std::uint32_t packed_date = year << 9 | month << 5 | day;
    RC_ASSERT(text_of([&](char* out) { return write_date(packed_date, out); }) ==
              expected.substr(0, 10));
  }));
}

TEST(Temporal, TimeRoundTrips) {
  EXPECT_TRUE(rc::check([](bool negative) {
    const auto hour = *rc::gen::inRange(0U, 839U);
    const auto minute = *rc::gen::inRange(0U, 60U);
    const auto second = *rc::gen::inRange(0U, 60U);
    const auto digits = *rc::gen::inRange(0U, 7U);
    const std::uint32_t unit = power_of_ten(6 - digits);
    const std::uint32_t micros = *rc::gen::inRange(0U, 1000000U) / unit * unit;
    const bool zero = hour + minute + second + micros == 0;
    // my_time_packed_to_binary(): the number with its fraction, in two's complement plus an offset.
    const unsigned bits = 8 * static_cast<unsigned>(fraction_bytes(digits));
    const std::uint32_t stored = micros / power_of_ten(6 - 2 * fraction_bytes(digits));
    const std::int64_t whole = hour << 12 | minute << 6 | second;
    const std::int64_t magnitude = (whole << bits) + stored;
    const std::int64_t offset = 0x800000LL << bits;
    const auto on_disk = static_cast<std::uint64_t>((negative ? -magnitude : magnitude) + offset);
    const auto head = static_cast<std::uint32_t>(on_disk >> bits);
    const auto fraction = static_cast<std::uint32_t>(on_disk & ((1ULL << bits) - 1));
    const std::string text = text_of([&](char* out) {
      return write_time_packed(time2_packed(head, fraction, digits), digits, out);
    });
    RC_ASSERT(text == fmt::format("{}{:02}:{:02}:{:02}{}", negative && !zero ? "-" : "", hour,
                                  minute, second, fraction_text(micros, digits)));
    const auto old = static_cast<std::int32_t>(hour * 10000 + minute * 100 + second);
    RC_ASSERT(
        text_of([&](char* out) { return write_time_old(negative ? -old : old, out); }) ==
        fmt::format("{}{:02}:{:02}:{:02}", negative && old != 0 ? "-" : "", hour, minute, second));
  }));
}

TEST(Temporal, TimestampsAreUtc) {
  const auto text = [](std::uint32_t seconds, std::uint32_t micros, unsigned digits) {
    return text_of(
        [&](char* out) { return std::optional(write_timestamp(seconds, micros, digits, out)); });
  };
  EXPECT_EQ(text(0, 0, 2), "0000-00-00 00:00:00.00");
  EXPECT_EQ(text(1, 0, 0), "1970-01-01 00:00:01");
  EXPECT_EQ(text(951782400, 0, 0), "2000-02-29 00:00:00");
  EXPECT_EQ(text(4107542399U, 999999, 6), "2100-02-28 23:59:59.999999");
  EXPECT_EQ(text(4294967295U, 0, 0), "2106-02-07 06:28:15");
}

std::string json_text(std::string_view binary) {
  std::string out;
  return append_json_text(binary, out) ? "error" : out;
}

TEST(Json, PrintsScalars) {
  EXPECT_EQ(json_text(""), "null");
  EXPECT_EQ(json_text(std::string_view("\x04\x01", 2)), "true");
  EXPECT_EQ(json_text("\x05\xff\xff"), "-1");
  EXPECT_EQ(json_text("\x0a\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615");
  EXPECT_EQ(json_text("\x0c\x05"
                      "a\"\n\x01\\"),
            R"("a\"\n\u0001\\")");
  EXPECT_EQ(json_text(std::string_view("\x04\x03", 2)), "error");
}

TEST(Json, DoublesReadBackExactly) {
  EXPECT_TRUE(rc::check([](std::uint64_t bits) {
    base::ByteWriter binary;
    binary.u8(0x0b).u64(bits);
    const std::string text = json_text(binary.str());
    const double number = std::bit_cast<double>(bits);
    if (!std::isfinite(number)) {
      RC_ASSERT(text == "error");
      return;
    }
    RC_ASSERT(std::strtod(text.c_str(), nullptr) == number);
    RC_ASSERT(text.find_first_of(".e") != std::string::npos);
  }));
}

TEST(Json, RefusesDocumentsThatPointAtThemselves) {
  // A small array whose elements are the array itself.
  base::ByteWriter loop;
  loop.u8(0x02).u16(2).u16(10);
  loop.u8(0x02).u16(0).u8(0x02).u16(0);
  EXPECT_EQ(json_text(loop.str()), "error");
}

TEST(Checksum, IsCrc32) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(crc32("456789", crc32("123")), 0xcbf43926U);
}

TEST(Heartbeat, ReadsBothVersions) {
  EventView event;
  event.header.type = EventType::heartbeat;
  event.header.log_pos = 77;
  event.body = "binlog.000001";
  EXPECT_EQ(parse_heartbeat(event)->position, 77U);
  base::ByteWriter body;
  body.u8(1).length_encoded_bytes("binlog.000002").u8(2).u8(9).u8(0xfe).u64(1ULL << 40).u8(0);
  event.header.type = EventType::heartbeat_v2;
  event.body = body.str();
  EXPECT_EQ(parse_heartbeat(event)->file, "binlog.000002");
  EXPECT_EQ(parse_heartbeat(event)->position, 1ULL << 40);
}

TEST(PreviousGtids, ReadsSetsWithAndWithoutTags) {
  base::ByteWriter plain;
  plain.u64(1).bytes(std::string(16, '\x11')).u64(2).u64(1).u64(6).u64(7).u64(8);
  const std::string uuid = "11111111-1111-1111-1111-111111111111";
  EXPECT_EQ(*parse_previous_gtids(plain.str()), uuid + ":1-5:7");
  base::ByteWriter tagged;
  tagged.u8(1).uint_le(1, 6).u8(1).bytes(std::string(16, '\x11'));
  tagged.u8(4 << 1).bytes("blue").u64(1).u64(1).u64(4);
  EXPECT_EQ(*parse_previous_gtids(tagged.str()), uuid + ":blue:1-3");
}

}  // namespace
}  // namespace flyover::binlog
