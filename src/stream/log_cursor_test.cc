// Positions of events, also in files that no test could write.

#include "stream/log_cursor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "base/byte_writer.h"

namespace flyover::stream {
namespace {

using binlog::EventType;
using binlog::EventView;

constexpr std::uint16_t kArtificial = 0x20;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

/// Only the header counts; the body need not be as long as it says.
EventView event(EventType type, std::uint64_t bytes, std::uint64_t end, std::uint16_t flags = 0,
                std::string_view body = {}) {
  EventView view;
  view.header.type = type;
  view.header.event_bytes = static_cast<std::uint32_t>(bytes);
  view.header.log_pos = static_cast<std::uint32_t>(end);
  view.header.flags = flags;
  view.body = body;
  return view;
}

std::string rotate_body(std::uint64_t position, const std::string& file) {
  return base::ByteWriter().u64(position).bytes(file).take();
}

std::string format_body(std::uint8_t checksum) {
  base::ByteWriter body;
  body.u16(4).bytes("9.7.4").zeros(45).u32(0).u8(19).zeros(42).u8(checksum);
  return body.take();
}

std::string code_of(const base::Result<LogCursor::Place>& place) {
  return place ? "" : place.error().code;
}

TEST(LogCursor, FollowsRotations) {
  LogCursor cursor;
  EXPECT_EQ(cursor.begin({"binlog.000007", 1000}), 1000U);
  const std::string made_up = rotate_body(1000, "binlog.000007");
  auto place = cursor.place(event(EventType::rotate, 44, 0, kArtificial, made_up)).value_or_throw();
  EXPECT_EQ(place.start, place.end);
  // The format description of the file's head, whose place is not counted.
  const std::string format = format_body(1);
  place = cursor.place(event(EventType::format_description, 120, 0, 0, format)).value_or_throw();
  EXPECT_EQ(place.end, 1000U);
  EXPECT_EQ(cursor.checksum(), binlog::ChecksumAlgorithm::crc32);
  place = cursor.place(event(EventType::xid, 31, 1031)).value_or_throw();
  EXPECT_EQ(place.start, 1000U);
  EXPECT_EQ(place.end, 1031U);
  const std::string next = rotate_body(4, "binlog.1000000");
  place = cursor.place(event(EventType::rotate, 44, 1075, 0, next)).value_or_throw();
  EXPECT_EQ(cursor.file(), "binlog.000007");
  EXPECT_EQ(place.end, 1075U);
  const std::string plain = format_body(0);
  place = cursor.place(event(EventType::format_description, 116, 120, 0, plain)).value_or_throw();
  EXPECT_EQ(cursor.file(), "binlog.1000000");
  EXPECT_EQ(place.start, 4U);
  EXPECT_EQ(place.end, 120U);
  EXPECT_EQ(cursor.checksum(), binlog::ChecksumAlgorithm::off);
}

TEST(LogCursor, HeartbeatsHaveNoPlace) {
  LogCursor cursor;
  cursor.begin({"binlog.000001", 500});
  for (const EventType type : {EventType::heartbeat, EventType::heartbeat_v2}) {
    const auto place = cursor.place(event(type, 40, 500)).value_or_throw();
    EXPECT_EQ(place.start, 500U);
    EXPECT_EQ(place.end, 500U);
  }
}

TEST(LogCursor, NoticesMissingEvents) {
  LogCursor cursor;
  cursor.begin({"binlog.000001", 500});
  EXPECT_EQ(code_of(cursor.place(event(EventType::query, 100, 600))), "");
  EXPECT_EQ(code_of(cursor.place(event(EventType::query, 100, 800))), "source.binlog_order");
}

TEST(LogCursor, RefusesEventsItCanNotRead) {
  LogCursor cursor;
  cursor.begin({"binlog.000001", 500});
  EXPECT_EQ(code_of(cursor.place(event(EventType::rotate, 30, 530))), "binlog.corrupt");
  EXPECT_EQ(code_of(cursor.place(event(EventType::format_description, 30, 560))), "binlog.corrupt");
}

TEST(LogCursor, CountsBeyond4GiB) {
  LogCursor cursor;
  EXPECT_EQ(cursor.begin({"binlog.000001", 4}), 4U);
  std::uint64_t at = 4;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t size = kGiB - 7;
    const auto place = cursor.place(event(EventType::write_rows, size, at + size)).value_or_throw();
    EXPECT_EQ(place.start, at);
    at += size;
    EXPECT_EQ(place.end, at);
  }
  EXPECT_GT(at, 19 * kGiB);
}

// COM_BINLOG_DUMP has 32 bits for the position.
TEST(LogCursor, ReadsTheFileFromItsBeginToResumeBeyond4GiB) {
  LogCursor cursor;
  const std::uint64_t size = kGiB / 2;
  const std::uint64_t wanted = 4 + 120 + 9 * size;
  EXPECT_EQ(cursor.begin({"binlog.000001", wanted}), 4U);
  const std::string made_up = rotate_body(4, "binlog.000001");
  cursor.place(event(EventType::rotate, 44, 0, kArtificial, made_up)).value_or_throw();
  const std::string format = format_body(0);
  auto place = cursor.place(event(EventType::format_description, 120, 124, 0, format));
  ASSERT_TRUE(place.ok());
  EXPECT_TRUE(place->wanted);
  EXPECT_EQ(place->start, place->end);  // Seen again, its position must not count.
  std::uint64_t at = 124;
  for (int i = 0; i < 12; ++i) {
    place = cursor.place(event(EventType::write_rows, size, at + size));
    ASSERT_TRUE(place.ok());
    EXPECT_EQ(place->wanted, at >= wanted);
    EXPECT_EQ(place->start, at);
    at += size;
    if (place->wanted) {
      EXPECT_EQ(place->end, at);
    }
  }
  const std::string next = rotate_body(4, "binlog.000002");
  cursor.place(event(EventType::rotate, 44, at + 44, 0, next)).value_or_throw();
  place = cursor.place(event(EventType::format_description, 120, 124, 0, format));
  ASSERT_TRUE(place.ok());
  EXPECT_TRUE(place->wanted);
  EXPECT_EQ(place->end, 124U);  // Another file: everything counts again.
}

TEST(LogCursor, AgreesWithAnySequenceOfSizes) {
  EXPECT_TRUE(rc::check([](std::uint64_t begin) {
    begin = 4 + begin % (std::uint64_t{1} << 32);
    LogCursor cursor;
    RC_ASSERT(cursor.begin({"f.1", begin}) == static_cast<std::uint32_t>(begin));
    std::uint64_t at = begin > 0xffffffff ? 4 : begin;
    const auto sizes = *rc::gen::container<std::vector<std::uint32_t>>(
        20, rc::gen::inRange<std::uint32_t>(19, 0xffffffff));
    for (const std::uint32_t size : sizes) {
      const auto place = cursor.place(event(EventType::query, size, at + size));
      RC_ASSERT(place.ok());
      RC_ASSERT(place->start == at);
      at += size;
      RC_ASSERT(cursor.offset() == at);
    }
    RC_ASSERT(!cursor.place(event(EventType::query, 50, at + 51)).ok());
  }));
}

}  // namespace
}  // namespace flyover::stream
