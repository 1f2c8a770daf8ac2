#include "binlog/event.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "binlog/checksum.h"
#include "binlog/errors.h"

namespace flyover::binlog {
namespace {

struct TypeName {
  EventType type;
  std::string_view name;
};

constexpr TypeName kNames[] = {{EventType::unknown, "unknown"},
                               {EventType::start_v3, "start_v3"},
                               {EventType::query, "query"},
                               {EventType::stop, "stop"},
                               {EventType::rotate, "rotate"},
                               {EventType::intvar, "intvar"},
                               {EventType::load, "load"},
                               {EventType::create_file, "create_file"},
                               {EventType::append_block, "append_block"},
                               {EventType::exec_load, "exec_load"},
                               {EventType::delete_file, "delete_file"},
                               {EventType::new_load, "new_load"},
                               {EventType::rand, "rand"},
                               {EventType::user_var, "user_var"},
                               {EventType::format_description, "format_description"},
                               {EventType::xid, "xid"},
                               {EventType::begin_load_query, "begin_load_query"},
                               {EventType::execute_load_query, "execute_load_query"},
                               {EventType::table_map, "table_map"},
                               {EventType::write_rows_v1, "write_rows_v1"},
                               {EventType::update_rows_v1, "update_rows_v1"},
                               {EventType::delete_rows_v1, "delete_rows_v1"},
                               {EventType::incident, "incident"},
                               {EventType::heartbeat, "heartbeat"},
                               {EventType::ignorable, "ignorable"},
                               {EventType::rows_query, "rows_query"},
                               {EventType::write_rows, "write_rows"},
                               {EventType::update_rows, "update_rows"},
                               {EventType::delete_rows, "delete_rows"},
                               {EventType::gtid, "gtid"},
                               {EventType::anonymous_gtid, "anonymous_gtid"},
                               {EventType::previous_gtids, "previous_gtids"},
                               {EventType::transaction_context, "transaction_context"},
                               {EventType::view_change, "view_change"},
                               {EventType::xa_prepare, "xa_prepare"},
                               {EventType::partial_update_rows, "partial_update_rows"},
                               {EventType::transaction_payload, "transaction_payload"},
                               {EventType::heartbeat_v2, "heartbeat_v2"},
                               {EventType::gtid_tagged, "gtid_tagged"}};

constexpr std::size_t kServerVersionBytes = 50;
constexpr std::size_t kFlagsAt = 17;
// Set while the server has the file open and cleared when it closes it; not part of the checksum.
constexpr char kBinlogInUse = 0x01;

std::uint32_t checksum_of(std::string_view event, EventType type) {
  if (type != EventType::format_description) return crc32(event);
  std::string copy(event);
  copy[kFlagsAt] = static_cast<char>(copy[kFlagsAt] & ~kBinlogInUse);
  return crc32(copy);
}

}  // namespace

std::string to_string(EventType type) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const TypeName& n) { return n.type == type; });
  if (found != std::end(kNames)) return std::string(found->name);
  return fmt::format("type {}", static_cast<unsigned>(type));
}

std::size_t FormatDescription::post_header(EventType type, std::size_t otherwise) const {
  const auto index = static_cast<std::size_t>(type) - 1;
  return index < post_header_bytes.size() ? post_header_bytes[index] : otherwise;
}

base::Result<EventView> parse_event(std::string_view bytes, ChecksumAlgorithm checksum,
                                    bool verify) {
  base::ByteReader in(bytes);
  EventView event;
  event.header.timestamp_s = in.u32();
  event.header.type = static_cast<EventType>(in.u8());
  event.header.server_id = in.u32();
  event.header.event_bytes = in.u32();
  event.header.log_pos = in.u32();
  event.header.flags = in.u16();
  if (!in.ok()) return corrupt(fmt::format("an event of {} bytes", bytes.size()));
  if (event.header.event_bytes != bytes.size()) {
    return corrupt(fmt::format("a {} event of {} bytes says it has {}",
                               to_string(event.header.type), bytes.size(),
                               event.header.event_bytes));
  }
  event.bytes = bytes;
  if (event.header.type == EventType::format_description) {
    // Its checksum field is always there; the byte before it says whether it is computed.
    if (bytes.size() < kEventHeaderBytes + kChecksumBytes + 1) {
      return corrupt("a format description event that is too short");
    }
    checksum = static_cast<ChecksumAlgorithm>(bytes[bytes.size() - kChecksumBytes - 1]);
    event.bytes.remove_suffix(kChecksumBytes);
  } else if (checksum == ChecksumAlgorithm::crc32) {
    if (bytes.size() < kEventHeaderBytes + kChecksumBytes) {
      return corrupt("an event without a checksum");
    }
    event.bytes.remove_suffix(kChecksumBytes);
  }
  if (verify && checksum == ChecksumAlgorithm::crc32) {
    base::ByteReader trailer(bytes.substr(event.bytes.size()));
    if (trailer.u32() != checksum_of(event.bytes, event.header.type)) {
      base::Error error =
          corrupt(fmt::format("the checksum of a {} event is wrong", to_string(event.header.type)));
      error.code = "binlog.checksum_mismatch";
      return error;
    }
  }
  event.body = event.bytes.substr(kEventHeaderBytes);
  return event;
}

base::Result<FormatDescription> parse_format_description(std::string_view body) {
  static constexpr std::uint16_t kBinlogVersion = 4;
  base::ByteReader in(body);
  FormatDescription format;
  const std::uint16_t version = in.u16();
  std::string_view server_version = in.bytes(kServerVersionBytes);
  in.u32();  // When the server started; tells replicas to drop temporary tables.
  const std::uint8_t header_bytes = in.u8();
  if (!in.ok() || in.remaining() < 1) return corrupt("a format description event is cut");
  if (version != kBinlogVersion || header_bytes != kEventHeaderBytes) {
    return unsupported(fmt::format("the binary log has format version {}", version),
                       "MySQL 5.6 and later write version 4.");
  }
  format.server_version = server_version.substr(0, server_version.find('\0'));
  const std::string_view lengths = in.bytes(in.remaining() - 1);
  format.post_header_bytes.assign(lengths.begin(), lengths.end());
  const std::uint8_t algorithm = in.u8();
  if (algorithm > static_cast<std::uint8_t>(ChecksumAlgorithm::crc32)) {
    return unsupported(fmt::format("the binary log has checksum algorithm {}", algorithm),
                       "Set binlog_checksum to CRC32 or NONE on the server.");
  }
  format.checksum = static_cast<ChecksumAlgorithm>(algorithm);
  return format;
}

}  // namespace flyover::binlog
