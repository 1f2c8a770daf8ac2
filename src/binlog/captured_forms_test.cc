// Rarer forms of the log, as real servers wrote them (tests/support/capture_forms.py).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "binlog/captured_forms_56.h"
#include "binlog/captured_forms_97.h"
#include "binlog/captured_log.h"

namespace flyover::binlog {
namespace {

using test::EverythingDecoder;
using testing::Contains;
using testing::Not;

EverythingDecoder decode(std::string_view hex) {
  EverythingDecoder decoder;
  for (const std::string& event : test::events_of(hex)) decoder.take(event);
  EXPECT_EQ(decoder.errors, 0U) << decoder.last_error;
  return decoder;
}

/// The first event of the type, and how it is laid out.
struct Found {
  std::string bytes;
  FormatDescription format;
  EventView event;
};
Found find(std::string_view hex, EventType type) {
  Found found;
  for (const std::string& bytes : test::events_of(hex)) {
    const auto event = parse_event(bytes, found.format.checksum);
    if (event && event->header.type == EventType::format_description) {
      found.format = parse_format_description(event->body).value_or_throw();
    }
    if (event && event->header.type == type) {
      found.bytes = bytes;
      found.event = parse_event(found.bytes, found.format.checksum).value_or_throw();
      return found;
    }
  }
  ADD_FAILURE() << "no " << to_string(type) << " event";
  return found;
}

std::string show(const Value& value) {
  switch (value.type) {
    case ValueType::null:
      return "NULL";
    case ValueType::absent:
      return "-";
    case ValueType::signed_int:
      return std::to_string(value.signed_int);
    case ValueType::unsigned_int:
      return std::to_string(value.unsigned_int) + "u";
    case ValueType::float_number:
    case ValueType::double_number:
      return std::to_string(value.number);
    default:
      return std::string(value.bytes);
  }
}

/// "insert 1,one,text"; an update shows both images.
std::vector<std::string> shown_rows(const EverythingDecoder& log) {
  static constexpr const char* kKinds[] = {"insert ", "update ", "remove "};
  std::vector<std::string> out;
  for (const RowsChange& change : log.rows) {
    for (std::size_t row = 0; row < change.row_count(); ++row) {
      std::string text = kKinds[static_cast<int>(change.kind)];
      const auto image = [&](const Value* values) {
        for (std::size_t i = 0; i < change.column_count; ++i) {
          text += (i > 0 ? "," : "") + show(values[i]);
        }
      };
      image(change.before(row));
      if (change.kind == ChangeKind::update) {
        text += " > ";
        image(change.after(row));
      }
      out.push_back(text);
    }
  }
  return out;
}

// IMAGES of the script: FULL, MINIMAL, NOBLOB. An insert under MINIMAL leaves out what has its
// default.
void expect_images(const EverythingDecoder& log) {
  EXPECT_THAT(shown_rows(log),
              testing::ElementsAre("insert 1,one,text", "insert 2,two,NULL",
                                   "update 1,one,text > 1,three,text", "update 1,-,- > -,four,-",
                                   "insert 3,-,-", "update 1,four,- > 1,NULL,-", "remove 2,-,-"));
}

TEST(CapturedForms, RowImagesOfVersion1) {
  const EverythingDecoder log = decode(kRowsVersion1Of56);
  expect_images(log);
  EXPECT_THAT(log.types, Contains(EventType::write_rows_v1));
  EXPECT_THAT(log.types, Contains(EventType::update_rows_v1));
  EXPECT_THAT(log.types, Contains(EventType::delete_rows_v1));
  EXPECT_THAT(log.types, Not(Contains(EventType::write_rows)));
}

TEST(CapturedForms, RowImagesOfVersion2) {
  for (const char* hex : {kImagesOf56, kImagesOf97}) {
    const EverythingDecoder log = decode(hex);
    expect_images(log);
    EXPECT_THAT(log.types, Contains(EventType::update_rows));
    EXPECT_THAT(log.types, Not(Contains(EventType::update_rows_v1)));
  }
}

TEST(CapturedForms, LogsWithoutChecksums) {
  for (const char* hex : {kNoChecksumOf56, kNoChecksumOf97}) {
    const EverythingDecoder log = decode(hex);
    EXPECT_EQ(log.format.checksum, ChecksumAlgorithm::off);
    ASSERT_EQ(log.rows.size(), 1U);
    EXPECT_EQ(log.rows[0].row_count(), 1U);
  }
}

TEST(CapturedForms, StatementsAndTheirInput) {
  for (const char* hex : {kStatementsOf56, kStatementsOf97}) {
    const EverythingDecoder log = decode(hex);
    for (const EventType type :
         {EventType::intvar, EventType::rand, EventType::user_var, EventType::begin_load_query,
          EventType::execute_load_query, EventType::rows_query, EventType::write_rows}) {
      EXPECT_THAT(log.types, Contains(type)) << to_string(type);
    }
    EXPECT_THAT(log.statements, Contains(testing::HasSubstr("VALUES (RAND(), @text)")));
    EXPECT_THAT(shown_rows(log),
                testing::ElementsAre(testing::HasSubstr("from"), testing::HasSubstr("file")));
    const Found load = find(hex, EventType::execute_load_query);
    const auto query = parse_execute_load_query(load.event.body, load.format).value_or_throw();
    EXPECT_EQ(query.schema, "forms");
    EXPECT_TRUE(query.sql.starts_with("LOAD DATA")) << query.sql;
    const Found rows_query = find(hex, EventType::rows_query);
    EXPECT_TRUE(parse_rows_query(rows_query.event.body)->starts_with("LOAD DATA LOCAL INFILE"));
    const Found variable = find(hex, EventType::user_var);
    const auto user_var = parse_user_var(variable.event.body).value_or_throw();
    EXPECT_THAT(std::string(user_var.name), testing::AnyOf("text", "number", "nothing"));
    const Found intvar = find(hex, EventType::intvar);
    EXPECT_EQ(parse_intvar(intvar.event.body)->kind, 2U);
  }
}

TEST(CapturedForms, SessionOfAStatement) {
  for (const char* hex : {kStatementsOf56, kStatementsOf97}) {
    const Found found = find(hex, EventType::query);
    const auto query = parse_query(found.event.body, found.format).value_or_throw();
    EXPECT_TRUE(query.context.flags2.has_value());
    EXPECT_TRUE(query.context.sql_mode.has_value());
    EXPECT_EQ(query.context.catalog, "std");
    EXPECT_TRUE(query.context.client_charset.has_value());
  }
  const Found found = find(kStatementsOf97, EventType::query);
  const auto query = parse_query(found.event.body, found.format).value_or_throw();
  EXPECT_EQ(query.context.default_collation_for_utf8mb4, 255U);
  EXPECT_TRUE(query.context.ddl_xid.has_value());
}

// A dump begins with a rotate event and a format description that are in no file, and has
// heartbeats.
TEST(CapturedForms, WhatOnlyADumpSends) {
  for (const auto& [hex, type] : {std::pair(kDumpOf56, EventType::heartbeat),
                                  std::pair(kDumpOf97, EventType::heartbeat_v2)}) {
    const std::vector<std::string> events = test::events_of(hex);
    const auto rotate = parse_event(events[0], ChecksumAlgorithm::crc32).value_or_throw();
    EXPECT_EQ(rotate.header.type, EventType::rotate);
    EXPECT_TRUE(rotate.header.artificial());
    EXPECT_EQ(rotate.header.log_pos, 0U);
    const std::string file(parse_rotate(rotate.body).value_or_throw().next_file);
    EXPECT_TRUE(file.starts_with("binlog.0")) << file;
    const auto format = parse_event(events[1], ChecksumAlgorithm::off).value_or_throw();
    EXPECT_EQ(format.header.type, EventType::format_description);
    const auto last = parse_event(events.back(), ChecksumAlgorithm::crc32).value_or_throw();
    EXPECT_EQ(last.header.type, type);
    const auto heartbeat = parse_heartbeat(last).value_or_throw();
    EXPECT_EQ(heartbeat.file, file);
    EXPECT_EQ(heartbeat.position, parse_rotate(rotate.body).value_or_throw().position);
  }
}

TEST(CapturedForms, GtidsOf56) {
  const EverythingDecoder log = decode(kGtidsOf56);
  EXPECT_THAT(log.gtids, Contains(testing::MatchesRegex("[0-9a-f-]{36}:[0-9]+")));
  const Found set = find(kGtidsOf56, EventType::previous_gtids);
  EXPECT_THAT(parse_previous_gtids(set.event.body).value_or_throw(),
              testing::MatchesRegex("[0-9a-f-]{36}:1-[0-9]+"));
}

TEST(CapturedForms, TaggedGtids) {
  const EverythingDecoder log = decode(kTagsOf97);
  EXPECT_THAT(log.types, Contains(EventType::gtid_tagged));
  EXPECT_THAT(log.gtids, Contains(testing::MatchesRegex("[0-9a-f-]{36}:a:1")));
  EXPECT_THAT(log.gtids, Contains(testing::MatchesRegex("[0-9a-f-]{36}:b_2:1")));
  const Found set = find(kTaggedSetOf97, EventType::previous_gtids);
  const std::string text = parse_previous_gtids(set.event.body).value_or_throw();
  EXPECT_THAT(text, testing::HasSubstr(":a:1"));
  EXPECT_THAT(text, testing::HasSubstr(":b_2:1"));
}

TEST(CapturedForms, FormatDescriptions) {
  const Found old = find(kImagesOf56, EventType::format_description);
  const auto format56 = parse_format_description(old.event.body).value_or_throw();
  EXPECT_EQ(format56.post_header(EventType::write_rows, 0), 10U);
  EXPECT_EQ(format56.post_header(EventType::heartbeat_v2, 77), 77U);
  const Found recent = find(kImagesOf97, EventType::format_description);
  const auto format97 = parse_format_description(recent.event.body).value_or_throw();
  EXPECT_GE(format97.post_header_bytes.size(), 41U);
  EXPECT_EQ(format97.post_header(EventType::partial_update_rows, 0), 10U);
  EXPECT_EQ(format97.post_header(EventType::transaction_payload, 9), 40U);
}

// The bits of the signedness map belong to numeric columns only.
TEST(CapturedForms, SignsOfAllTypes) {
  const EverythingDecoder log = decode(kSignsOf97);
  ASSERT_EQ(log.maps.size(), 2U);
  const std::string expected =
      "insert -1,255u,abc,65535u,2155,-1,16777215u,7u,4294967295u,999.99,2000-01-01,"
      "18446744073709551615u,1.500000,1u,-1.500000,-1,1u,-1,-999,b,-1";
  EXPECT_THAT(shown_rows(log), testing::ElementsAre(expected, expected));
  std::string signs;
  for (const TableMapColumn& column : log.maps[0].columns) {
    signs += column.is_unsigned ? (*column.is_unsigned ? 'u' : 's') : '.';
  }
  EXPECT_EQ(signs, "su.uusu.uu.uu.ss.ss.s");
  EXPECT_EQ(log.maps[1].columns[13].members, (std::vector<std::string>{"x"}));
  EXPECT_EQ(log.maps[1].columns[16].members, (std::vector<std::string>{"y"}));
  EXPECT_EQ(log.maps[1].columns[20].name, "u");
}

TEST(CapturedForms, CompressedTransactions) {
  const EverythingDecoder log = decode(kPayloadOf97);
  EXPECT_THAT(log.types, Contains(EventType::transaction_payload));
  EXPECT_EQ(shown_rows(log).size(), 8U);  // Four inserted, the same four updated.
  EXPECT_THAT(shown_rows(log), Contains(testing::StartsWith("insert 13,c13,payloadpayload")));
}

TEST(CapturedForms, Documents) {
  const EverythingDecoder log = decode(kDocumentsOf97);
  const std::vector<std::string> rows = shown_rows(log);
  ASSERT_EQ(rows.size(), 17U);
  EXPECT_EQ(rows[0], "insert null");
  EXPECT_EQ(rows[9], "insert 18446744073709551615");
  EXPECT_EQ(rows[12], R"(insert [1, [2, [3, {"a": [true]}]]])");
  EXPECT_THAT(rows[15], testing::HasSubstr("-99999.999990000000000000000000000000"));
}

}  // namespace
}  // namespace flyover::binlog
