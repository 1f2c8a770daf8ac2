#pragma once
// One event of a binary log: its header, its checksum, and the format description that says how the
// events behind it are laid out. Format: MySQL's libs/mysql/binlog/event/binlog_event.h (version 4
// of the format, used since MySQL 5.0).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace flyover::binlog {

enum class EventType : std::uint8_t {
  unknown = 0,
  start_v3 = 1,
  query = 2,
  stop = 3,
  rotate = 4,
  intvar = 5,
  load = 6,
  create_file = 8,
  append_block = 9,
  exec_load = 10,
  delete_file = 11,
  new_load = 12,
  rand = 13,
  user_var = 14,
  format_description = 15,
  xid = 16,
  begin_load_query = 17,
  execute_load_query = 18,
  table_map = 19,
  write_rows_v1 = 23,
  update_rows_v1 = 24,
  delete_rows_v1 = 25,
  incident = 26,
  heartbeat = 27,
  ignorable = 28,
  rows_query = 29,
  write_rows = 30,
  update_rows = 31,
  delete_rows = 32,
  gtid = 33,
  anonymous_gtid = 34,
  previous_gtids = 35,
  transaction_context = 36,
  view_change = 37,
  xa_prepare = 38,
  partial_update_rows = 39,
  transaction_payload = 40,
  heartbeat_v2 = 41,
  gtid_tagged = 42
};

/// "update_rows"; "type 99" for one without a name.
std::string to_string(EventType type);

inline constexpr std::size_t kEventHeaderBytes = 19;
inline constexpr std::size_t kChecksumBytes = 4;

struct EventHeader {
  std::uint32_t timestamp_s = 0;
  EventType type = EventType::unknown;
  std::uint32_t server_id = 0;
  /// Of the whole event in the file, with header and checksum.
  std::uint32_t event_bytes = 0;
  /// The event's end modulo 2^32; never used as a position, which callers count in 64 bits.
  std::uint32_t log_pos = 0;
  std::uint16_t flags = 0;

  /// Made by the dump thread: not in the file.
  bool artificial() const { return (flags & 0x20) != 0; }
  /// A reader that does not know the type may skip the event.
  bool ignorable() const { return (flags & 0x80) != 0; }
};

enum class ChecksumAlgorithm : std::uint8_t { off = 0, crc32 = 1 };

/// The event at the start of each file.
struct FormatDescription {
  std::string server_version{};
  ChecksumAlgorithm checksum = ChecksumAlgorithm::off;
  std::vector<std::uint8_t> post_header_bytes{};  ///< index: event type - 1

  /// Bytes of the fixed part of the type's body; `otherwise` when the server did not say.
  std::size_t post_header(EventType type, std::size_t otherwise) const;
};

/// One event's parts; views into the caller's bytes.
struct EventView {
  EventHeader header{};
  std::string_view bytes{};  ///< header and body, without the checksum
  std::string_view body{};
};

/// Splits one event off its header and checksum. With `verify` a wrong checksum is the error
/// "binlog.checksum_mismatch". A format description is always read as one, whatever `checksum`
/// says. `bytes` must be exactly one event.
base::Result<EventView> parse_event(std::string_view bytes, ChecksumAlgorithm checksum,
                                    bool verify = true);

/// The body of a format description event, as parse_event() gives it.
base::Result<FormatDescription> parse_format_description(std::string_view body);

}  // namespace flyover::binlog
