// Row images and session variables of any shape: encoded here, decoded by the product.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "binlog/control_events.h"
#include "binlog/rows.h"

namespace flyover::binlog {
namespace {

using base::ByteWriter;
using mysql::ColumnType;

struct TestColumn {
  ColumnType type = ColumnType::tiny;
  std::size_t bytes = 1;  ///< of a value; 0: a text with its length
  std::uint8_t detail = 0;
  bool is_unsigned = false;

  bool numeric() const {
    return type == ColumnType::tiny || type == ColumnType::short_int || type == ColumnType::int24 ||
           type == ColumnType::long_int || type == ColumnType::long_long ||
           type == ColumnType::year || type == ColumnType::float_type ||
           type == ColumnType::double_type;
  }
};

TestColumn any_column() {
  static const std::vector<TestColumn> kColumns = {
      {ColumnType::tiny, 1},         {ColumnType::short_int, 2},    {ColumnType::int24, 3},
      {ColumnType::long_int, 4},     {ColumnType::long_long, 8},    {ColumnType::year, 1},
      {ColumnType::float_type, 4},   {ColumnType::double_type, 8},  {ColumnType::bit, 1, 3},
      {ColumnType::bit, 8, 64},      {ColumnType::bit, 2, 11},      {ColumnType::enum_type, 1, 1},
      {ColumnType::enum_type, 2, 2}, {ColumnType::set_type, 1, 1},  {ColumnType::set_type, 3, 3},
      {ColumnType::set_type, 8, 8},  {ColumnType::varchar, 0, 100}, {ColumnType::varchar, 0, 0}};
  TestColumn column = kColumns[*rc::gen::inRange<std::size_t>(0, kColumns.size())];
  column.is_unsigned = *rc::gen::arbitrary<bool>();
  return column;
}

std::string bits_of(const std::vector<bool>& bits, bool highest_first) {
  std::string out((bits.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const unsigned bit = highest_first ? 7 - i % 8 : i % 8;
    if (bits[i]) out[i / 8] = static_cast<char>(out[i / 8] | 1 << bit);
  }
  return out;
}

void put_metadata(const TestColumn& column, ByteWriter& out) {
  switch (column.type) {
    case ColumnType::float_type:
    case ColumnType::double_type:
      out.u8(static_cast<std::uint8_t>(column.bytes));
      break;
    case ColumnType::bit:
      out.u8(column.detail % 8).u8(column.detail / 8);
      break;
    case ColumnType::enum_type:
    case ColumnType::set_type:
      out.u8(static_cast<std::uint8_t>(column.type)).u8(column.detail);
      break;
    case ColumnType::varchar:  // Beyond 255 bytes the length takes two.
      out.u16(column.detail > 0 ? column.detail : 300);
      break;
    default:
      break;
  }
}

TableMap make_map(const std::vector<TestColumn>& columns, bool signs) {
  ByteWriter types;
  ByteWriter metadata;
  std::vector<bool> sign_bits;
  for (const TestColumn& column : columns) {
    const bool hidden = column.type == ColumnType::enum_type || column.type == ColumnType::set_type;
    types.u8(static_cast<std::uint8_t>(hidden ? ColumnType::string : column.type));
    put_metadata(column, metadata);
    if (column.numeric()) sign_bits.push_back(column.is_unsigned);
  }
  ByteWriter body;
  body.uint_le(7, 6).u16(1).u8(1).nul_terminated("s").u8(1).nul_terminated("t");
  body.length_encoded_bytes(types.str()).length_encoded_bytes(metadata.str());
  body.bytes(std::string((columns.size() + 7) / 8, '\xff'));
  if (signs) body.u8(1).length_encoded_bytes(bits_of(sign_bits, true));
  EventView event;
  event.header.type = EventType::table_map;
  event.body = body.str();
  return parse_table_map(event, {}).value_or_throw();
}

// One value of the column, as it stands in an image and as text. The model of what is stored.
std::string any_value(const TestColumn& column, bool is_unsigned, ByteWriter& image) {
  if (column.bytes == 0) {
    const std::string text(*rc::gen::inRange<std::size_t>(0, 100), '\xe4');
    image.uint_le(text.size(), column.detail > 0 ? 1 : 2).bytes(text);
    return text;
  }
  const auto raw = *rc::gen::oneOf(
      rc::gen::arbitrary<std::uint64_t>(),
      rc::gen::element<std::uint64_t>(0, ~0ULL, 1ULL << 63, 0x80, 0x8000, 0x800000, 0x80000000));
  const std::uint64_t value = column.bytes == 8 ? raw : raw & ((1ULL << 8 * column.bytes) - 1);
  if (column.type == ColumnType::bit) {
    for (std::size_t i = column.bytes; i-- > 0;)
      image.u8(static_cast<std::uint8_t>(value >> 8 * i));
    return fmt::format("{}u", value);
  }
  image.uint_le(value, column.bytes);
  switch (column.type) {
    case ColumnType::year:
      return value == 0 ? "0" : fmt::format("{}", 1900 + value);
    case ColumnType::enum_type:
    case ColumnType::set_type:
      return fmt::format("{}u", value);
    case ColumnType::float_type:
    case ColumnType::double_type:
      return fmt::format("bits {:x}", value);
    default:
      break;
  }
  if (is_unsigned) return fmt::format("{}u", value);
  const std::uint64_t sign = 1ULL << (8 * column.bytes - 1);
  if ((value & sign) == 0) return fmt::format("{}", value);
  // Two's complement by hand.
  const std::uint64_t all = column.bytes == 8 ? ~0ULL : (1ULL << 8 * column.bytes) - 1;
  return fmt::format("-{}", (value ^ all) + 1);
}

std::string text_of(const Value& value) {
  switch (value.type) {
    case ValueType::null:
      return "NULL";
    case ValueType::absent:
      return "absent";
    case ValueType::signed_int:
      return fmt::format("{}", value.signed_int);
    case ValueType::unsigned_int:
      return fmt::format("{}u", value.unsigned_int);
    case ValueType::float_number: {
      const auto number = static_cast<float>(value.number);
      std::uint32_t bits = 0;
      std::memcpy(&bits, &number, sizeof bits);
      return fmt::format("bits {:x}", bits);
    }
    case ValueType::double_number: {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value.number, sizeof bits);
      return fmt::format("bits {:x}", bits);
    }
    default:
      return std::string(value.bytes);
  }
}

// A NaN's payload does not survive arithmetic, and a server stores none.
bool is_number(const std::string& text) {
  return !text.starts_with("bits") || (text.find("7f") != 5 && text.find("ff") != 5);
}

struct Rows {
  std::string body;
  std::vector<std::string> values;
};

Rows make_rows(const std::vector<TestColumn>& columns, bool update, bool version1, bool signs,
               bool hint) {
  ByteWriter out;
  Rows rows;
  out.uint_le(7, 6).u16(1);
  if (!version1) out.u16(2);
  out.length_encoded(columns.size());
  std::vector<std::vector<bool>> present;
  for (int image = 0; image < (update ? 2 : 1); ++image) {
    std::vector<bool> bits =
        *rc::gen::container<std::vector<bool>>(columns.size(), rc::gen::arbitrary<bool>());
    bits[0] = true;
    out.bytes(bits_of(bits, false));
    present.push_back(std::move(bits));
  }
  const auto count = *rc::gen::inRange(1, 4);
  for (int row = 0; row < count; ++row) {
    for (const std::vector<bool>& image : present) {
      std::vector<bool> nulls;
      ByteWriter values;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!image[i]) {
          rows.values.emplace_back("absent");
          continue;
        }
        nulls.push_back(*rc::gen::inRange(0, 4) == 0);
        if (nulls.back()) {
          rows.values.emplace_back("NULL");
        } else {
          const bool is_unsigned = signs ? columns[i].is_unsigned : hint;
          rows.values.push_back(any_value(columns[i], is_unsigned, values));
        }
      }
      out.bytes(bits_of(nulls, false)).bytes(values.str());
    }
  }
  rows.body = out.take();
  return rows;
}

TEST(RowImage, RoundTripsWithAllTypesInterleaved) {
  EXPECT_TRUE(rc::check([](bool update, bool version1, bool signs, bool hint) {
    std::vector<TestColumn> columns;
    const auto count = *rc::gen::inRange(1, 40);
    for (int i = 0; i < count; ++i) columns.push_back(any_column());
    const TableMap map = make_map(columns, signs);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      RC_ASSERT(map.columns[i].type == columns[i].type);
      RC_ASSERT(
          map.columns[i].is_unsigned ==
          (signs && columns[i].numeric() ? std::optional(columns[i].is_unsigned) : std::nullopt));
    }
    const Rows rows = make_rows(columns, update, version1, signs, hint);
    const std::vector<ColumnHint> hints(columns.size(), {.is_unsigned = hint});
    EventView event;
    event.header.type = update ? (version1 ? EventType::update_rows_v1 : EventType::update_rows)
                               : (version1 ? EventType::write_rows_v1 : EventType::write_rows);
    const std::string bytes = std::string(kEventHeaderBytes, '\0') + rows.body;
    event.bytes = bytes;
    event.body = event.bytes.substr(kEventHeaderBytes);
    const RowsChange decoded = decode_rows(event, {}, map, hints).value_or_throw();
    RC_ASSERT(decoded.values.size() == rows.values.size());
    for (std::size_t i = 0; i < rows.values.size(); ++i) {
      if (is_number(rows.values[i])) RC_ASSERT(text_of(decoded.values[i]) == rows.values[i]);
    }
    // No prefix of it is a whole event, but for one that ends between two rows.
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
    event.bytes = std::string_view(bytes).substr(0, std::max(cut, kEventHeaderBytes));
    event.body = event.bytes.substr(kEventHeaderBytes);
    const auto shorter = decode_rows(event, {}, map, hints);
    if (shorter) RC_ASSERT(shorter->row_count() < decoded.row_count());
  }));
}

// Every row takes one byte and stands for 4096 columns.
TEST(RowImage, FewBytesDoNotTakeMuchMemory) {
  static constexpr std::size_t kColumns = 4096;
  const std::vector<TestColumn> columns(kColumns, {ColumnType::tiny, 1});
  const TableMap map = make_map(columns, false);
  ByteWriter body;
  body.uint_le(7, 6).u16(1).u16(2).length_encoded(kColumns);
  body.u8(1).zeros(kColumns / 8 - 1);
  body.bytes(std::string(20'000, '\1'));  // NULL in the only column of the image.
  EventView event;
  event.header.type = EventType::write_rows;
  const std::string bytes = std::string(kEventHeaderBytes, '\0') + body.str();
  event.bytes = bytes;
  event.body = event.bytes.substr(kEventHeaderBytes);
  const auto rows = decode_rows(event, {}, map, {}, std::size_t{16} << 20);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code, "binlog.unsupported");
}

TEST(RowImage, NoTableHasMoreThan4096Columns) {
  const std::vector<TestColumn> columns(4097, {ColumnType::tiny, 1});
  EXPECT_THROW(make_map(columns, false), base::ErrorException);
}

TEST(StatusVariables, RoundTripInAnyOrder) {
  EXPECT_TRUE(rc::check(
      [](std::uint32_t flags, std::uint64_t mode, std::uint16_t charset, std::uint64_t ddl_xid) {
        const auto zone = *rc::gen::container<std::string>(rc::gen::inRange('a', 'z'));
        std::vector<std::string> variables = {
            ByteWriter().u8(0).u32(flags).take(),
            ByteWriter().u8(1).u64(mode).take(),
            ByteWriter().u8(3).u16(2).u16(1).take(),
            ByteWriter().u8(4).u16(charset).u16(45).u16(8).take(),
            ByteWriter().u8(5).u8(static_cast<std::uint8_t>(zone.size())).bytes(zone).take(),
            ByteWriter().u8(6).u8(3).bytes("std").take(),
            ByteWriter().u8(7).u16(9).take(),
            ByteWriter().u8(8).u16(33).take(),
            ByteWriter().u8(9).zeros(8).take(),
            ByteWriter().u8(10).zeros(4).take(),
            ByteWriter().u8(11).u8(4).bytes("user").u8(1).bytes("%").take(),
            ByteWriter().u8(12).u8(2).nul_terminated("a").nul_terminated("b").take(),
            ByteWriter().u8(12).u8(254).take(),
            ByteWriter().u8(13).u24(999999).take(),
            ByteWriter().u8(16).u8(1).take(),
            ByteWriter().u8(17).u64(ddl_xid).take(),
            ByteWriter().u8(18).u16(255).take(),
            ByteWriter().u8(19).u8(1).take(),
            ByteWriter().u8(20).u8(1).take()};
        // rapidcheck has no shuffle: sorted by arbitrary keys.
        std::multimap<int, std::string> shuffled;
        for (std::string& variable : variables) {
          shuffled.emplace(*rc::gen::arbitrary<int>(), std::move(variable));
        }
        std::string all;
        for (const auto& [key, variable] : shuffled) all += variable;
        ByteWriter body;
        body.u32(7).u32(1).u8(1).u16(0).u16(static_cast<std::uint16_t>(all.size()));
        body.bytes(all).nul_terminated("s").bytes("DROP TABLE t");
        const auto query = parse_query(body.str(), {});
        RC_ASSERT(query.ok());
        RC_ASSERT(query->sql == "DROP TABLE t");
        RC_ASSERT(query->context.flags2 == flags);
        RC_ASSERT(query->context.sql_mode == mode);
        RC_ASSERT(query->context.client_charset == charset);
        RC_ASSERT(query->context.time_zone == zone);
        RC_ASSERT(query->context.catalog == "std");
        RC_ASSERT(query->context.invoker_host == "%");
        RC_ASSERT(query->context.microseconds == 999999U);
        RC_ASSERT(query->context.ddl_xid == ddl_xid);
        RC_ASSERT(query->context.default_table_encryption == 1);
      }));
}

}  // namespace
}  // namespace flyover::binlog
