// GTID events: plain, anonymous, tagged, and the set at the start of each file.

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/byte_reader.h"
#include "binlog/control_events.h"
#include "binlog/errors.h"

namespace flyover::binlog {
namespace {

constexpr std::size_t kUuidBytes = 16;

std::string uuid_text(const std::array<char, kUuidBytes>& uuid) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[static_cast<unsigned char>(uuid[i]) >> 4];
    text += kDigits[static_cast<unsigned char>(uuid[i]) & 15];
  }
  return text;
}

std::array<char, kUuidBytes> read_uuid(base::ByteReader& in) {
  std::array<char, kUuidBytes> uuid{};
  const std::string_view bytes = in.bytes(kUuidBytes);
  std::copy(bytes.begin(), bytes.end(), uuid.begin());
  return uuid;
}

// Integers of the server's serialization library (libs/mysql/serialization/README): the number of
// trailing one bits in the first byte is the number of bytes that follow.
std::uint64_t read_varint(base::ByteReader& in) {
  const std::uint8_t first = in.u8();
  const int more = std::countr_one(first);
  const std::uint64_t tail = in.uint_le(static_cast<std::size_t>(more));
  if (more >= 7) return tail;  // 7: no value bit is left in the first byte; 8: nor a zero bit.
  return tail << (7 - more) | static_cast<std::uint64_t>(first >> (more + 1));
}

// The sign is the lowest bit, and a negative number is stored as its complement.
std::int64_t read_signed_varint(base::ByteReader& in) {
  const std::uint64_t raw = read_varint(in);
  const auto value = static_cast<std::int64_t>(raw >> 1);
  return (raw & 1) != 0 ? ~value : value;
}

// Field ids of Gtid_event::define_fields().
enum TaggedField : std::uint64_t {
  kGtidFlags = 0,
  kUuid = 1,
  kNumber = 2,
  kTag = 3,
  kLastCommitted = 4,
  kSequenceNumber = 5,
  kImmediateTimestamp = 6,
  kOriginalTimestamp = 7,
  kTransactionBytes = 8,
  kImmediateVersion = 9,
  kOriginalVersion = 10,
  kCommitGroupTicket = 11
};

void read_tagged_field(std::uint64_t field, base::ByteReader& in, GtidEvent& gtid) {
  switch (field) {
    case kUuid:
      for (char& byte : gtid.uuid) byte = static_cast<char>(read_varint(in));
      break;
    case kNumber:
      gtid.number = read_signed_varint(in);
      break;
    case kTag: {
      const std::uint64_t size = read_varint(in);
      gtid.tag = in.bytes(static_cast<std::size_t>(size));
      break;
    }
    case kLastCommitted:
      gtid.last_committed = read_signed_varint(in);
      break;
    case kSequenceNumber:
      gtid.sequence_number = read_signed_varint(in);
      break;
    case kImmediateTimestamp:
      gtid.commit_timestamp_us = read_varint(in);
      break;
    case kOriginalTimestamp:
      gtid.original_commit_timestamp_us = read_varint(in);
      break;
    case kTransactionBytes:
      gtid.transaction_bytes = read_varint(in);
      break;
    case kGtidFlags:
    case kImmediateVersion:
    case kOriginalVersion:
    case kCommitGroupTicket:
      read_varint(in);
      break;
    default:
      in.fail();
  }
}

std::string interval_text(std::uint64_t first, std::uint64_t behind) {
  return behind == first + 1 ? fmt::format(":{}", first) : fmt::format(":{}-{}", first, behind - 1);
}

}  // namespace

std::string GtidEvent::text() const {
  return fmt::format("{}:{}{}{}", uuid_text(uuid), tag, tag.empty() ? "" : ":", number);
}

base::Result<GtidEvent> parse_gtid(std::string_view body) {
  static constexpr std::uint8_t kLogicalTimestamps = 2;
  static constexpr std::uint64_t kHasOriginal = 1ULL << 55;
  // The optional parts are found by the bytes left: the post header length does not count them.
  base::ByteReader in(body);
  GtidEvent gtid;
  in.u8();  // Flags: whether the transaction may have statements in it.
  gtid.uuid = read_uuid(in);
  gtid.number = static_cast<std::int64_t>(in.u64());
  if (!in.ok()) return corrupt("a gtid event is cut");
  if (in.remaining() < 17 || in.u8() != kLogicalTimestamps) return gtid;
  gtid.last_committed = static_cast<std::int64_t>(in.u64());
  gtid.sequence_number = static_cast<std::int64_t>(in.u64());
  if (in.at_end()) return gtid;
  gtid.commit_timestamp_us = in.uint_le(7);
  gtid.original_commit_timestamp_us = gtid.commit_timestamp_us;
  if ((gtid.commit_timestamp_us & kHasOriginal) != 0) {
    gtid.commit_timestamp_us &= ~kHasOriginal;
    gtid.original_commit_timestamp_us = in.uint_le(7);
  }
  if (!in.at_end()) gtid.transaction_bytes = in.length_encoded();
  if (!in.ok()) return corrupt("a gtid event is cut");
  return gtid;
}

base::Result<GtidEvent> parse_gtid_tagged(std::string_view body) {
  static constexpr std::uint64_t kSerializationVersion = 1;
  base::ByteReader in(body);
  const std::uint64_t version = read_varint(in);
  const std::uint64_t size = read_varint(in);
  const std::uint64_t last_required_field = read_varint(in);
  if (!in.ok()) return corrupt("a gtid_tagged event is cut");
  if (version != kSerializationVersion || size > body.size()) {
    return unsupported(fmt::format("a gtid_tagged event of version {} and size {}", version, size),
                       "flyover knows version 1.");
  }
  GtidEvent gtid;
  while (in.ok() && in.position() < size) {
    const std::uint64_t field = read_varint(in);
    if (field > kCommitGroupTicket) {
      if (field > last_required_field) break;  // From here on a reader may ignore what it sees.
      return unsupported(fmt::format("field {} of a gtid_tagged event", field),
                         "The server is newer than this version of flyover.");
    }
    read_tagged_field(field, in, gtid);
  }
  if (!in.ok()) return corrupt("a gtid_tagged event is cut");
  if (gtid.original_commit_timestamp_us == 0) {
    gtid.original_commit_timestamp_us = gtid.commit_timestamp_us;
  }
  return gtid;
}

base::Result<std::string> parse_previous_gtids(std::string_view body) {
  static constexpr unsigned kTaggedFormat = 1;
  base::ByteReader in(body);
  // With tags the count stands in bytes 1 to 6 and the format in byte 7.
  const std::uint64_t head = in.u64();
  const bool tagged = head >> 56 == kTaggedFormat;
  const std::uint64_t count = tagged ? head << 8 >> 16 : head;
  std::string text;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::string uuid = uuid_text(read_uuid(in));
    std::string tag;
    if (tagged) tag = in.bytes(static_cast<std::size_t>(read_varint(in)));
    const std::uint64_t intervals = in.u64();
    if (!in.ok()) break;
    // The server writes one entry per tag; the text form takes them one by one as well.
    text += (text.empty() ? "" : ",") + uuid + (tag.empty() ? "" : ":" + tag);
    for (std::uint64_t j = 0; j < intervals && in.ok(); ++j) {
      const std::uint64_t first = in.u64();
      const std::uint64_t behind = in.u64();
      if (in.ok()) text += interval_text(first, behind);
    }
  }
  if (!in.ok()) return corrupt("a previous_gtids event is cut");
  return text;
}

}  // namespace flyover::binlog
