#pragma once
// The events around the rows: rotation, statements, transaction borders, heartbeats.
// Every parser takes the body as parse_event() gives it; views in results point into that body.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "binlog/event.h"

namespace flyover::binlog {

struct RotateEvent {
  std::uint64_t position = 4;
  std::string_view next_file{};
};
base::Result<RotateEvent> parse_rotate(std::string_view body);

/// The session a statement ran in, as far as the event says.
struct QueryContext {
  std::optional<std::uint32_t> flags2{};
  std::optional<std::uint64_t> sql_mode{};
  std::string_view catalog{};
  std::optional<std::uint16_t> auto_increment_increment{};
  std::optional<std::uint16_t> auto_increment_offset{};
  std::optional<std::uint16_t> client_charset{};  ///< collation ids
  std::optional<std::uint16_t> connection_collation{};
  std::optional<std::uint16_t> server_collation{};
  std::string_view time_zone{};
  std::optional<std::uint16_t> lc_time_names{};
  std::optional<std::uint16_t> database_charset{};
  std::string_view invoker_user{};
  std::string_view invoker_host{};
  std::optional<std::uint32_t> microseconds{};
  std::optional<std::uint8_t> explicit_defaults_for_timestamp{};
  std::optional<std::uint64_t> ddl_xid{};
  std::optional<std::uint16_t> default_collation_for_utf8mb4{};
  std::optional<std::uint8_t> sql_require_primary_key{};
  std::optional<std::uint8_t> default_table_encryption{};
};

struct QueryEvent {
  std::uint32_t thread_id = 0;
  std::uint32_t execution_time_s = 0;
  std::uint16_t error_code = 0;  ///< how the statement ended on the server; 0: well
  std::string_view schema{};
  std::string_view sql{};
  QueryContext context{};
};
base::Result<QueryEvent> parse_query(std::string_view body, const FormatDescription& format);
/// The statement of a LOAD DATA logged as text; its file is in the events before.
base::Result<QueryEvent> parse_execute_load_query(std::string_view body,
                                                  const FormatDescription& format);

base::Result<std::uint64_t> parse_xid(std::string_view body, const FormatDescription& format);

struct GtidEvent {
  std::array<char, 16> uuid{};
  std::string tag{};  ///< lower case, "" for none
  std::int64_t number = 0;
  std::int64_t last_committed = 0;  ///< 0 with sequence_number 0: the server is older than 5.7
  std::int64_t sequence_number = 0;
  std::uint64_t commit_timestamp_us = 0;           ///< on this server; 0 before 8.0
  std::uint64_t original_commit_timestamp_us = 0;  ///< on the server it was first committed on
  std::uint64_t transaction_bytes = 0;

  /// "uuid:17" or "uuid:tag:17".
  std::string text() const;
};
/// GTID and anonymous GTID events (the latter with uuid and number 0).
base::Result<GtidEvent> parse_gtid(std::string_view body);
/// GTID events with a tag (8.3 and later), written with the server's serialization library.
base::Result<GtidEvent> parse_gtid_tagged(std::string_view body);
/// The set of GTIDs before the file, "uuid:1-5:7,uuid:tag:1-3"; "" when empty.
base::Result<std::string> parse_previous_gtids(std::string_view body);

struct HeartbeatEvent {
  std::string_view file{};
  std::uint64_t position = 0;
};
/// Both versions; version 1 has its position, of 32 bits, in the header.
base::Result<HeartbeatEvent> parse_heartbeat(const EventView& event);

struct IncidentEvent {
  std::uint16_t number = 0;
  std::string_view message{};
};
base::Result<IncidentEvent> parse_incident(std::string_view body);

struct XaPrepareEvent {
  bool one_phase = false;  ///< XA COMMIT … ONE PHASE: the transaction is committed
  std::uint32_t format_id = 0;
  std::string_view global_id{};
  std::string_view branch{};
};
base::Result<XaPrepareEvent> parse_xa_prepare(std::string_view body);

/// The statement as the client wrote it (binlog_rows_query_log_events).
base::Result<std::string_view> parse_rows_query(std::string_view body);

/// What a statement-format statement needs to be repeated: LAST_INSERT_ID or AUTO_INCREMENT value.
struct IntvarEvent {
  std::uint8_t kind = 0;  ///< 1: LAST_INSERT_ID(), 2: the next AUTO_INCREMENT value
  std::uint64_t value = 0;
};
base::Result<IntvarEvent> parse_intvar(std::string_view body);

struct RandEvent {
  std::uint64_t seed1 = 0;
  std::uint64_t seed2 = 0;
};
base::Result<RandEvent> parse_rand(std::string_view body);

struct UserVarEvent {
  std::string_view name{};
  bool is_null = true;
  std::uint8_t result_type = 0;  ///< 0 string, 1 real, 2 integer, 4 decimal
  std::uint32_t collation = 0;
  std::string_view value{};
};
base::Result<UserVarEvent> parse_user_var(std::string_view body);

}  // namespace flyover::binlog
