// Small pieces of base, each with the property its users rely on.
#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "base/bounded_queue.h"
#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task_group.h"
#include "base/units.h"
#include "base/utf8.h"

namespace flyover::base {
namespace {

TEST(Utf8, IsChecked) {
  EXPECT_TRUE(is_utf8("žluť 😀"));
  EXPECT_FALSE(is_utf8("\xe9"));
  EXPECT_FALSE(is_utf8("\xc0\x80"));
  EXPECT_FALSE(is_utf8("\xe0\x80\x80"));
  EXPECT_FALSE(is_utf8("\xf0\x9f\x98"));
}

TEST(Utf8, ExcerptsAreText) {
  EXPECT_EQ(excerpt("žluť\tž\n", 100), "žluť\tž\n");
  EXPECT_EQ(excerpt("žluť", 2), "ž …");
  EXPECT_EQ(excerpt("žluť", 1), " …");
  EXPECT_EQ(excerpt(std::string_view("'a\0\xff\x1b'", 6), 100), "'a\\x00\\xff\\x1b'");
  EXPECT_EQ(excerpt("ž\xff", 100), "\\xc5\\xbe\\xff");
}

TEST(ByteReader, ReadsWhatByteWriterWrote) {
  ByteWriter writer;
  writer.u8(7).u16(0x1234).u24(0xabcdef).u32(0xdeadbeef).u64(0x0102030405060708ULL);
  for (const std::uint64_t value : {0ULL, 250ULL, 251ULL, 65535ULL, 65536ULL, 1ULL << 40}) {
    writer.length_encoded(value);
  }
  writer.length_encoded_bytes("abc").nul_terminated("xyz");
  ByteReader reader(writer.str());
  EXPECT_EQ(reader.u8(), 7);
  EXPECT_EQ(reader.u16(), 0x1234);
  EXPECT_EQ(reader.u24(), 0xabcdefU);
  EXPECT_EQ(reader.u32(), 0xdeadbeefU);
  EXPECT_EQ(reader.u64(), 0x0102030405060708ULL);
  for (const std::uint64_t value : {0ULL, 250ULL, 251ULL, 65535ULL, 65536ULL, 1ULL << 40}) {
    EXPECT_EQ(reader.length_encoded(), value);
  }
  EXPECT_EQ(reader.length_encoded_bytes(), "abc");
  EXPECT_EQ(reader.nul_terminated(), "xyz");
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, StaysFailedAfterReadingPastTheEnd) {
  ByteReader reader("ab");
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.ok());
  ByteReader too_long(std::string_view("\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9));
  EXPECT_EQ(too_long.length_encoded_bytes(), "");
  EXPECT_FALSE(too_long.ok());
}

TEST(BoundedQueue, HoldsBackTheProducerAndDrainsAfterClose) {
  BoundedQueue<int> queue(10);
  std::atomic<int> pushed = 0;
  std::jthread producer([&](std::stop_token stop) {
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(queue.push(i, 4, stop));
      ++pushed;
    }
    queue.close();
  });
  for (int i = 0; i < 100; ++i) {
    EXPECT_LE(queue.used_bytes(), 10U);
    EXPECT_EQ(queue.pop({}), i);
  }
  EXPECT_EQ(queue.pop({}), std::nullopt);
  EXPECT_EQ(pushed, 100);
}

TEST(BoundedQueue, AStopRequestWakesAWaitingConsumer) {
  BoundedQueue<int> queue(10);
  std::jthread consumer([&](std::stop_token stop) { EXPECT_EQ(queue.pop(stop), std::nullopt); });
  consumer.request_stop();
}

TEST(TaskGroup, TheFirstErrorStopsTheOthersAndIsRethrown) {
  TaskGroup group;
  group.start("waits",
              [](std::stop_token stop) { EXPECT_FALSE(sleep_for(std::chrono::hours(1), stop)); });
  group.start("fails", [](std::stop_token) { throw_error({.code = "x", .message = "boom"}); });
  EXPECT_THROW(group.join(), ErrorException);
}

TEST(Secret, IsNotPrinted) {
  std::ostringstream out;
  out << Secret("hunter2");
  EXPECT_EQ(out.str(), "***");
}

TEST(Units, ReadLikePeopleWriteThem) {
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(12), "12");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_duration(std::chrono::seconds(125)), "2 min 05 s");
}

}  // namespace
}  // namespace flyover::base
