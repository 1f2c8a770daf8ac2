// JSON documents whose text is not all of them, and their partial updates.

#include "binlog/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

#include "base/byte_writer.h"
#include "binlog/captured_events.h"
#include "binlog/captured_log.h"
#include "binlog/captured_partial_json.h"

namespace flyover::binlog {
namespace {

using test::EverythingDecoder;

bool exact(std::string_view binary) {
  std::string text;
  bool exact = true;
  EXPECT_FALSE(append_json_text(binary, text, &exact).has_value());
  return exact;
}

std::string sql_of(std::string_view binary) {
  auto document = parse_json_binary(binary);
  if (!document) return "corrupt";
  std::string sql;
  const auto error = mysql::append_json_sql(*document, sql);
  return error ? error->code : sql;
}

/// A scalar in the form "opaque".
std::string opaque(std::uint8_t type, std::string_view bytes) {
  base::ByteWriter binary;
  binary.u8(0x0f).u8(type).u8(static_cast<std::uint8_t>(bytes.size())).bytes(bytes);
  return std::string(binary.str());
}

TEST(JsonTypes, ATextTellsSomeTypesOnly) {
  using std::string_view_literals::operator""sv;
  EXPECT_TRUE(exact(""));
  EXPECT_TRUE(exact("\x04\x01"sv));
  EXPECT_TRUE(exact("\x05\xff\xff"sv));
  EXPECT_TRUE(exact("\x0c\x01x"sv));
  EXPECT_TRUE(exact("\x0b\0\0\0\0\0\0\0\x80"sv));
  // Up to 2^32 - 1 an integer comes back as signed, above as unsigned.
  EXPECT_FALSE(exact("\x06\x05\0"sv));
  EXPECT_FALSE(exact("\x08\xff\xff\xff\xff"sv));
  EXPECT_TRUE(exact("\x09\xff\xff\xff\xff\0\0\0\0"sv));
  EXPECT_FALSE(exact("\x09\0\0\0\0\x01\0\0\0"sv));
  EXPECT_TRUE(exact("\x09\0\0\0\0\0\0\0\x80"sv));
  EXPECT_TRUE(exact("\x0a\0\0\0\0\x01\0\0\0"sv));
  EXPECT_TRUE(exact("\x0a\0\0\0\0\0\0\0\x80"sv));
  EXPECT_FALSE(exact(opaque(15, "bytes")));
}

TEST(JsonTypes, ScalarsBecomeTypedExpressions) {
  using std::string_view_literals::operator""sv;
  const auto root = [](const std::string& value) {
    return "JSON_EXTRACT(JSON_ARRAY(" + value + "),_utf8mb4'$[0]')";
  };
  EXPECT_EQ(sql_of("\x06\x05\0"sv), root("CAST('5' AS UNSIGNED)"));
  EXPECT_EQ(sql_of("\x0b\0\0\0\0\0\0\0\x80"sv), root("-0.0e0"));
  EXPECT_EQ(sql_of(opaque(246, "\x03\x02\x81\x32"sv)), root("CAST('1.50' AS DECIMAL(65,2))"));
  // 65 digits in eight words of nine.
  EXPECT_EQ(sql_of(opaque(246,
                          "\x48\x00\x7f\xff\xff\x9c\xc4\x65\x36\x00\xc4\x65\x36\x00\xc4\x65\x36\x00"
                          "\xc4\x65\x36\x00\xc4\x65\x36\x00\xc4\x65\x36\x00\xc4\x65\x36\x00"sv)),
            root("CAST('-" + std::string(65, '9') + "' AS DECIMAL(65,0))"));
  EXPECT_EQ(sql_of(opaque(15, "a'\0"sv)), root("_binary'a\\'\\0'"));
  EXPECT_THAT(sql_of(opaque(16, "\x02\x01")), testing::HasSubstr("_utf8mb4'[513]'"));
  EXPECT_THAT(sql_of(opaque(16, "\x02\x01")), testing::HasSubstr("BIT(16)"));
  EXPECT_THAT(sql_of(opaque(254, "abc")), testing::HasSubstr("BINARY(3)"));
  EXPECT_EQ(sql_of(opaque(249, "abc")), "json.opaque_type");
  EXPECT_EQ(sql_of(opaque(253, "abc")), "json.opaque_type");
  EXPECT_EQ(sql_of("\x0c\x05x"sv), "corrupt");
}

TEST(JsonTypes, TheDocumentOf97KeepsItsDecimal) {
  EverythingDecoder log;
  for (const std::string& event : test::events_of(kLog97)) log.take(event);
  ASSERT_FALSE(log.rows.empty());
  const Value& value = log.rows[0].after(0)[19];
  EXPECT_EQ(value.type, ValueType::json_sql);
  EXPECT_EQ(value.bytes,
            "JSON_OBJECT(_utf8mb4'a',CAST('1.50' AS DECIMAL(65,2)),"
            "_utf8mb4'b',JSON_ARRAY(NULL,CAST('-1.5' AS DECIMAL(65,1))))");
}

TEST(JsonTypes, TextAndTreePrintAlike) {
  rc::check("the tree's text is the printer's", [](const std::string& bytes) {
    std::string printed;
    const auto error = append_json_text(bytes, printed);
    auto document = parse_json_binary(bytes);
    RC_ASSERT(error.has_value() != document.ok());
    if (error) return;
    std::string text;
    mysql::append_json_text(*document, text);
    RC_ASSERT(text == printed);
  });
}

TEST(PartialJson, ReadsTheUpdatesOf97) {
  EverythingDecoder log;
  for (const std::string& event : test::events_of(kPartialJson97)) log.take(event);
  EXPECT_EQ(log.errors, 0U) << log.last_error;
  ASSERT_EQ(log.rows.size(), 6U);
  for (std::size_t i = 0; i < log.rows.size(); ++i) {
    EXPECT_EQ(log.rows[i].kind, ChangeKind::update);
    EXPECT_EQ(log.rows[i].row_count(), 1U);
    // The first three have the whole row.
    EXPECT_EQ(log.rows[i].after(0)[0].type == ValueType::absent, i >= 3);
  }
  const std::string y(100, 'y');
  const std::string z(100, 'z');
  EXPECT_EQ(log.rows[0].after(0)[1].bytes,
            "JSON_REPLACE(_utf8mb4'{\"k\": [1, 2, {\"deep\": \"x\"}], \"s\": \"" + y +
                "\", \"gone\": 1}',_utf8mb4'$.k[1]',CAST('2.50' AS DECIMAL(65,2)))");
  EXPECT_EQ(log.rows[0].after(0)[3].bytes,
            "JSON_REMOVE(_utf8mb4'[1, 2, 3, \"" + z + "\"]',_utf8mb4'$[0]')");
}

TEST(PartialJson, AnUnchangedDocumentIsTheOneBefore) {
  EverythingDecoder log;
  for (const std::string& event : test::events_of(kPartialJson97)) log.take(event);
  ASSERT_EQ(log.rows.size(), 6U);
  const Value& before = log.rows[1].before(0)[1];
  const Value& after = log.rows[1].after(0)[1];
  EXPECT_EQ(before.type, ValueType::json_sql);  // It holds a DECIMAL by now.
  EXPECT_EQ(after.type, before.type);
  EXPECT_EQ(after.bytes, before.bytes);
}

TEST(PartialJson, WithoutTheRowBeforeItIsAChangeOfTheColumn) {
  EverythingDecoder log;
  for (const std::string& event : test::events_of(kPartialJson97)) log.take(event);
  ASSERT_EQ(log.rows.size(), 6U);
  const Value* only_b = log.rows[3].after(0);
  EXPECT_EQ(only_b[1].type, ValueType::absent);
  EXPECT_EQ(only_b[3].type, ValueType::json_change);
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(only_b[3].bytes, "JSON_REPLACE(\0,_utf8mb4'$[0]',CAST('99' AS SIGNED))"sv);
  EXPECT_EQ(log.rows[4].after(0)[1].bytes, "JSON_REMOVE(\0,_utf8mb4'$.gone')"sv);
  EXPECT_EQ(log.rows[4].after(0)[3].type, ValueType::json_change);
  EXPECT_EQ(log.rows[5].after(0)[1].type, ValueType::json);
  EXPECT_EQ(log.rows[5].after(0)[1].bytes, "{}");
}

TEST(PartialJson, NeighboursOfOneKindAreOneCall) {
  base::ByteWriter diffs;
  const auto value = [&](std::string_view binary) { diffs.length_encoded_bytes(binary); };
  using std::string_view_literals::operator""sv;
  diffs.u8(0).length_encoded_bytes("$.a");
  value("\x04\x01"sv);
  diffs.u8(0).length_encoded_bytes("$.b");
  value("\x04\x02"sv);
  diffs.u8(2).length_encoded_bytes("$.c");
  diffs.u8(1).length_encoded_bytes("$.d[0]");
  value("\x04\x00"sv);
  diffs.u8(1).length_encoded_bytes("$.\"e]\"");
  value("\x0c\x01x"sv);
  std::string sql;
  EXPECT_FALSE(append_json_diffs_sql(diffs.str(), "`j`", sql).has_value());
  EXPECT_EQ(sql,
            "JSON_INSERT(JSON_ARRAY_INSERT(JSON_REMOVE(JSON_REPLACE(`j`,_utf8mb4'$.a',true,"
            "_utf8mb4'$.b',false),_utf8mb4'$.c'),_utf8mb4'$.d[0]',NULL),_utf8mb4'$.\"e]\"',"
            "_utf8mb4'x')");
  for (std::size_t size = 0; size < diffs.str().size(); ++size) {
    std::string cut;
    append_json_diffs_sql(std::string(diffs.str()).substr(0, size), "`j`", cut);
  }
  std::string none;
  EXPECT_TRUE(append_json_diffs_sql("\x03\x01$"sv, "`j`", none).has_value());
}

TEST(PartialJson, FlippedBytesAreErrorsOrOtherValues) {
  const std::vector<std::string> events = test::events_of(kPartialJson97);
  for (std::size_t broken = 2; broken < events.size(); broken += 2) {
    for (std::size_t at = 19; at < events[broken].size(); ++at) {
      for (const unsigned char mask : {0x01, 0x80, 0xff}) {
        EverythingDecoder decoder;
        decoder.take(events[0]);
        decoder.take(events[broken - 1]);
        std::string bytes = events[broken];
        bytes[at] = static_cast<char>(bytes[at] ^ mask);
        decoder.take(bytes, false);
      }
    }
  }
}

}  // namespace
}  // namespace flyover::binlog
