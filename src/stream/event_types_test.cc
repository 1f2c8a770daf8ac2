// Events that flyover does not know: skipped only when the server says that they may be.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/byte_writer.h"
#include "stream/transaction_assembler.h"

namespace flyover::stream {
namespace {

using binlog::EventType;

constexpr std::uint16_t kIgnorable = 0x80;

// What each of 256 types means to the stream is written down once more here.
const std::set<unsigned> kKnownTypes = {2,  3,  4,  5,  9,  11, 13, 14, 15, 16, 17,
                                        18, 19, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42};

std::string event(unsigned type, const std::string& body, std::uint16_t flags) {
  base::ByteWriter out;
  out.u32(1000).u8(static_cast<std::uint8_t>(type)).u32(1);
  out.u32(static_cast<std::uint32_t>(binlog::kEventHeaderBytes + body.size())).u32(0).u16(flags);
  return out.bytes(body).take();
}

std::string payload(const std::string& inner) {
  base::ByteWriter size;
  size.length_encoded(inner.size());
  base::ByteWriter body;
  body.u8(2).u8(3).length_encoded(255);  // Not compressed.
  body.u8(1).length_encoded_bytes(size.str()).u8(0).bytes(inner);
  return event(static_cast<unsigned>(EventType::transaction_payload), body.str(), 0);
}

std::string code_of(const std::string& bytes) {
  const std::string file = "binlog.000001";
  TransactionAssembler assembler(
      {.filter = [](const mysql::TableName&) -> const schema::Table* { return nullptr; }},
      {file, 4}, [](const binlog::Transaction&) { ADD_FAILURE() << "a transaction"; });
  const auto view = binlog::parse_event(bytes, binlog::ChecksumAlgorithm::off).value_or_throw();
  const auto error = assembler.take(view, {file, 4, 4 + bytes.size()});
  if (!error) return "";
  EXPECT_NE(error->message.find("binlog.000001:4"), std::string::npos) << error->message;
  return error->code;
}

TEST(EventTypes, UnknownOnesEndTheStream) {
  const std::string body(40, '\0');
  for (unsigned type = 0; type < 256; ++type) {
    if (kKnownTypes.contains(type)) continue;
    SCOPED_TRACE(type);
    EXPECT_EQ(code_of(event(type, body, 0)), "source.unknown_event");
    EXPECT_EQ(code_of(payload(event(type, body, 0))), "source.unknown_event");
  }
}

TEST(EventTypes, UnknownOnesAreSkippedWhenTheServerAllowsIt) {
  const std::string body(40, '\0');
  for (unsigned type = 0; type < 256; ++type) {
    if (kKnownTypes.contains(type)) continue;
    SCOPED_TRACE(type);
    EXPECT_EQ(code_of(event(type, body, kIgnorable)), "");
    EXPECT_EQ(code_of(payload(event(type, body, kIgnorable))), "");
  }
}

// The flag is for readers that do not know the type.
TEST(EventTypes, KnownOnesAreReadThoughTheyAreIgnorable) {
  EXPECT_EQ(code_of(event(static_cast<unsigned>(EventType::gtid), "", kIgnorable)),
            "binlog.corrupt");
  EXPECT_EQ(code_of(event(static_cast<unsigned>(EventType::write_rows), std::string(40, '\1'),
                          kIgnorable)),
            "source.binlog_order");
}

}  // namespace
}  // namespace flyover::stream
