// The decoder against bytes that real servers wrote.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "binlog/captured_events.h"
#include "binlog/captured_log.h"

namespace flyover::binlog {
namespace {

using test::EverythingDecoder;

EverythingDecoder decode(std::string_view hex) {
  EverythingDecoder decoder;
  for (const std::string& event : test::events_of(hex)) decoder.take(event);
  return decoder;
}

// The row that tests/support/capture_events.py inserted, as columns 0 to 18.
void expect_common_row(const Value* row, bool signedness_known) {
  EXPECT_EQ(row[0].signed_int, -7);
  if (signedness_known) {
    EXPECT_EQ(row[1].unsigned_int, 200U);
    EXPECT_EQ(row[3].unsigned_int, 18446744073709551615U);
  } else {
    EXPECT_EQ(row[1].signed_int, 200 - 256);
    EXPECT_EQ(row[3].signed_int, -1);
  }
  EXPECT_EQ(row[2].signed_int, 2024);
  EXPECT_EQ(row[4].type, ValueType::float_number);
  EXPECT_EQ(row[4].number, static_cast<double>(0.1F));
  EXPECT_EQ(row[5].number, 1e-7);
  EXPECT_EQ(row[6].bytes, "-1234.5000");
  EXPECT_EQ(row[7].unsigned_int, 1025U);
  EXPECT_EQ(row[8].bytes, "2020-00-15");
  EXPECT_EQ(row[9].bytes, "-00:00:01.500");
  EXPECT_EQ(row[10].bytes, "2024-02-29 23:59:59.000001");
  EXPECT_EQ(row[11].bytes, "2038-01-19 03:14:07.25");
  EXPECT_EQ(row[12].bytes, "\xc3\xa9");
  EXPECT_EQ(row[13].bytes, "\x01");
  EXPECT_EQ(row[14].bytes, "varchar");
  EXPECT_EQ(row[15].type, ValueType::null);
  EXPECT_EQ(row[16].unsigned_int, 2U);
  EXPECT_EQ(row[17].unsigned_int, 5U);
  EXPECT_EQ(row[18].bytes.size(), 25U);
}

TEST(Captured, ReadsTheLogOf56) {
  const EverythingDecoder log = decode(kLog56);
  EXPECT_EQ(log.errors, 0U) << log.last_error;
  EXPECT_TRUE(log.format.server_version.starts_with("5.6.24"));
  EXPECT_EQ(log.format.checksum, ChecksumAlgorithm::crc32);
  ASSERT_EQ(log.rows.size(), 4U);
  EXPECT_EQ(log.rows[0].kind, ChangeKind::insert);
  EXPECT_EQ(log.rows[0].table.to_string(), "cap.t");
  expect_common_row(log.rows[0].after(0), false);
  EXPECT_EQ(log.rows[1].kind, ChangeKind::update);
  expect_common_row(log.rows[1].before(0), false);
  EXPECT_EQ(log.rows[1].after(0)[13].bytes, "");
  EXPECT_EQ(log.rows[1].after(0)[15].bytes, "text");
  EXPECT_EQ(log.rows[2].kind, ChangeKind::remove);
  EXPECT_EQ(log.rows[3].row_count(), 2U);
  EXPECT_EQ(log.rows[3].after(1)->signed_int, 2);
  EXPECT_THAT(log.statements, testing::Contains("COMMIT"));
}

TEST(Captured, ReadsTheLogOf97) {
  const EverythingDecoder log = decode(kLog97);
  EXPECT_EQ(log.errors, 0U) << log.last_error;
  EXPECT_TRUE(log.format.server_version.starts_with("9.7"));
  ASSERT_EQ(log.rows.size(), 8U);
  expect_common_row(log.rows[0].after(0), true);
  EXPECT_EQ(log.rows[0].after(0)[19].type, ValueType::json_sql);
  EXPECT_EQ(log.rows[0].after(0)[20].bytes.size(), 8U);
  EXPECT_EQ(log.rows[4].after(0)[1].bytes, "full");
  EXPECT_EQ(log.rows[5].after(0)[1].bytes, "tagged");
  EXPECT_EQ(log.rows[6].after(1)[1].bytes, std::string(50, 'y'));  // From a compressed payload.
  EXPECT_EQ(log.rows[7].after(0)[1].bytes, "xa");
  EXPECT_THAT(log.types, testing::Contains(EventType::xa_prepare));
  EXPECT_THAT(log.types, testing::Contains(EventType::transaction_payload));
  EXPECT_THAT(log.statements, testing::Contains("XA COMMIT X'7831',X'',1"));
  EXPECT_THAT(log.gtids, testing::Contains(testing::ContainsRegex("^[0-9a-f-]{36}:blue:1$")));
  EXPECT_THAT(log.gtids, testing::Contains(testing::ContainsRegex("^[0-9a-f-]{36}:[0-9]+$")));
}

TEST(Captured, ReadsFullMetadata) {
  const EverythingDecoder log = decode(kLog97);
  const TableMap& full = log.maps.back();
  ASSERT_EQ(full.columns.size(), 2U);
  EXPECT_EQ(full.columns[0].name, "id");
  EXPECT_EQ(full.columns[0].is_unsigned, false);
  EXPECT_EQ(full.columns[1].name, "v");
  EXPECT_TRUE(full.columns[1].collation.has_value());
  EXPECT_EQ(full.primary_key, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(full.shape(), "id long, v varchar(200)");
}

TEST(Captured, PadsBinaryWithTheHint) {
  FormatDescription format;
  std::optional<TableMap> map;
  for (const std::string& bytes : test::events_of(kLog56)) {
    auto event = parse_event(bytes, format.checksum).value_or_throw();
    if (event.header.type == EventType::format_description) {
      format = parse_format_description(event.body).value_or_throw();
    } else if (event.header.type == EventType::table_map && !map) {
      map = parse_table_map(event, format).value_or_throw();
    } else if (is_rows_event(event.header.type)) {
      std::vector<ColumnHint> hints(map->columns.size());
      hints[1].is_unsigned = true;
      hints[13].binary_pad_bytes = 4;
      RowsChange rows = decode_rows(event, format, *map, hints).value_or_throw();
      const RowsChange moved = std::move(rows);
      EXPECT_EQ(moved.after(0)[1].unsigned_int, 200U);
      EXPECT_EQ(moved.after(0)[13].bytes, std::string_view("\x01\0\0\0", 4));
      return;
    }
  }
  FAIL() << "no rows";
}

TEST(Captured, SeesAWrongChecksum) {
  std::vector<std::string> events = test::events_of(kLog56);
  events[1].back() = static_cast<char>(events[1].back() ^ 1);
  const auto event = parse_event(events[1], ChecksumAlgorithm::crc32);
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, "binlog.checksum_mismatch");
}

// Nothing in these loops may crash or read beyond its input; the sanitizer builds see to that.
TEST(Corrupt, FlippedBytesAreErrorsOrOtherValues) {
  for (const char* hex : {kLog56, kLog97}) {
    const std::vector<std::string> events = test::events_of(hex);
    for (std::size_t broken = 0; broken < events.size(); ++broken) {
      for (std::size_t at = 0; at < events[broken].size(); ++at) {
        for (const unsigned char mask : {0x01, 0x80, 0xff}) {
          EverythingDecoder decoder;
          decoder.take(events[0]);
          // The table map before the rows, so that they are decoded.
          if (broken > 0) decoder.take(events[broken - 1]);
          std::string bytes = events[broken];
          bytes[at] = static_cast<char>(bytes[at] ^ mask);
          decoder.take(bytes, false);
          if (broken + 1 < events.size()) decoder.take(events[broken + 1]);
        }
      }
    }
  }
}

TEST(Corrupt, CutEventsAreErrorsOrOtherValues) {
  for (const char* hex : {kLog56, kLog97}) {
    const std::vector<std::string> events = test::events_of(hex);
    for (std::size_t broken = 1; broken < events.size(); ++broken) {
      for (std::size_t size = 0; size < events[broken].size(); ++size) {
        EverythingDecoder decoder;
        decoder.take(events[0]);
        decoder.take(events[broken - 1]);
        std::string bytes = events[broken].substr(0, size);
        // The length in the header agrees, so that the body is looked at.
        for (std::size_t i = 0; size > 13 && i < 4; ++i) {
          bytes[9 + i] = static_cast<char>(size >> 8 * i);
        }
        decoder.take(bytes, false);
      }
    }
  }
}

}  // namespace
}  // namespace flyover::binlog
