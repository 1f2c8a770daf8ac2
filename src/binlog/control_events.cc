#include "binlog/control_events.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "binlog/errors.h"

namespace flyover::binlog {
namespace {

base::Error cut(std::string_view what) {
  return corrupt(fmt::format("a {} event is cut", what));
}

// Codes of the status variables, Query_event::Query_event_status_vars.
enum StatusVariable : std::uint8_t {
  kFlags2 = 0,
  kSqlMode = 1,
  kCatalogNulTerminated = 2,
  kAutoIncrement = 3,
  kCharset = 4,
  kTimeZone = 5,
  kCatalog = 6,
  kLcTimeNames = 7,
  kCharsetDatabase = 8,
  kTableMapForUpdate = 9,
  kMasterDataWritten = 10,
  kInvoker = 11,
  kUpdatedDbNames = 12,
  kMicroseconds = 13,
  kCommitTs = 14,
  kCommitTs2 = 15,
  kExplicitDefaultsForTimestamp = 16,
  kDdlXid = 17,
  kDefaultCollationForUtf8mb4 = 18,
  kSqlRequirePrimaryKey = 19,
  kDefaultTableEncryption = 20
};

void skip_updated_db_names(base::ByteReader& in) {
  static constexpr std::uint8_t kTooManyNames = 254;
  const std::uint8_t count = in.u8();
  if (count == kTooManyNames) return;
  for (std::uint8_t i = 0; i < count && in.ok(); ++i) in.nul_terminated();
}

// False: the code is unknown, and so is its length; nothing behind it can be read.
bool parse_status_variable(std::uint8_t code, base::ByteReader& in, QueryContext& out) {
  switch (code) {
    case kFlags2:
      out.flags2 = in.u32();
      return true;
    case kSqlMode:
      out.sql_mode = in.u64();
      return true;
    case kCatalogNulTerminated:
      out.catalog = in.bytes(in.u8());
      in.skip(1);
      return true;
    case kAutoIncrement:
      out.auto_increment_increment = in.u16();
      out.auto_increment_offset = in.u16();
      return true;
    case kCharset:
      out.client_charset = in.u16();
      out.connection_collation = in.u16();
      out.server_collation = in.u16();
      return true;
    case kTimeZone:
      out.time_zone = in.bytes(in.u8());
      return true;
    case kCatalog:
      out.catalog = in.bytes(in.u8());
      return true;
    case kLcTimeNames:
      out.lc_time_names = in.u16();
      return true;
    case kCharsetDatabase:
      out.database_charset = in.u16();
      return true;
    case kTableMapForUpdate:
      in.skip(8);
      return true;
    case kMasterDataWritten:
      in.skip(4);
      return true;
    case kInvoker:
      out.invoker_user = in.bytes(in.u8());
      out.invoker_host = in.bytes(in.u8());
      return true;
    case kUpdatedDbNames:
      skip_updated_db_names(in);
      return true;
    case kMicroseconds:
      out.microseconds = in.u24();
      return true;
    case kCommitTs:
      in.skip(8);
      return true;
    case kCommitTs2:
      in.skip(16);
      return true;
    case kExplicitDefaultsForTimestamp:
      out.explicit_defaults_for_timestamp = in.u8();
      return true;
    case kDdlXid:
      out.ddl_xid = in.u64();
      return true;
    case kDefaultCollationForUtf8mb4:
      out.default_collation_for_utf8mb4 = in.u16();
      return true;
    case kSqlRequirePrimaryKey:
      out.sql_require_primary_key = in.u8();
      return true;
    case kDefaultTableEncryption:
      out.default_table_encryption = in.u8();
      return true;
    default:
      return false;
  }
}

base::Result<QueryEvent> parse_statement(std::string_view body, std::size_t post_header,
                                         std::string_view what) {
  static constexpr std::size_t kKnownPostHeader = 13;
  base::ByteReader in(body);
  QueryEvent query;
  query.thread_id = in.u32();
  query.execution_time_s = in.u32();
  const std::size_t schema_bytes = in.u8();
  query.error_code = in.u16();
  const std::size_t variables_bytes = in.u16();
  if (post_header < kKnownPostHeader) return cut(what);
  in.skip(post_header - kKnownPostHeader);
  base::ByteReader variables(in.bytes(variables_bytes));
  query.schema = in.bytes(schema_bytes);
  in.skip(1);
  if (!in.ok()) return cut(what);
  query.sql = in.rest();
  while (!variables.at_end()) {
    if (!parse_status_variable(variables.u8(), variables, query.context)) break;
  }
  if (!variables.ok()) return corrupt("the status variables of a query event are cut");
  return query;
}

}  // namespace

base::Result<RotateEvent> parse_rotate(std::string_view body) {
  base::ByteReader in(body);
  RotateEvent rotate;
  rotate.position = in.u64();
  rotate.next_file = in.rest();
  // A dump thread ends the name with a NUL when it makes the event itself.
  rotate.next_file = rotate.next_file.substr(0, rotate.next_file.find('\0'));
  if (!in.ok() || rotate.next_file.empty()) return cut("rotate");
  return rotate;
}

base::Result<QueryEvent> parse_query(std::string_view body, const FormatDescription& format) {
  return parse_statement(body, format.post_header(EventType::query, 13), "query");
}

base::Result<QueryEvent> parse_execute_load_query(std::string_view body,
                                                  const FormatDescription& format) {
  return parse_statement(body, format.post_header(EventType::execute_load_query, 26),
                         "execute_load_query");
}

base::Result<std::uint64_t> parse_xid(std::string_view body, const FormatDescription& format) {
  base::ByteReader in(body);
  in.skip(format.post_header(EventType::xid, 0));
  const std::uint64_t xid = in.u64();
  if (!in.ok()) return cut("xid");
  return xid;
}

base::Result<HeartbeatEvent> parse_heartbeat(const EventView& event) {
  enum Field : std::uint64_t { kEnd = 0, kFile = 1, kPosition = 2 };
  HeartbeatEvent heartbeat;
  if (event.header.type == EventType::heartbeat) {
    heartbeat.file = event.body;
    heartbeat.position = event.header.log_pos;
    return heartbeat;
  }
  base::ByteReader in(event.body);
  while (in.ok() && !in.at_end()) {
    const std::uint64_t field = in.length_encoded();
    if (field == kEnd) break;
    base::ByteReader value(in.length_encoded_bytes());
    if (field == kFile) {
      heartbeat.file = value.rest();
    } else if (field == kPosition) {
      heartbeat.position = value.length_encoded();
    }
    if (!value.ok()) in.fail();
  }
  if (!in.ok()) return cut("heartbeat_v2");
  return heartbeat;
}

base::Result<IncidentEvent> parse_incident(std::string_view body) {
  base::ByteReader in(body);
  IncidentEvent incident;
  incident.number = in.u16();
  if (!in.at_end()) incident.message = in.bytes(in.u8());
  if (!in.ok()) return cut("incident");
  return incident;
}

base::Result<XaPrepareEvent> parse_xa_prepare(std::string_view body) {
  base::ByteReader in(body);
  XaPrepareEvent prepare;
  prepare.one_phase = in.u8() != 0;
  prepare.format_id = in.u32();
  const std::uint32_t global_bytes = in.u32();
  const std::uint32_t branch_bytes = in.u32();
  prepare.global_id = in.bytes(global_bytes);
  prepare.branch = in.bytes(branch_bytes);
  if (!in.ok()) return cut("xa_prepare");
  return prepare;
}

base::Result<std::string_view> parse_rows_query(std::string_view body) {
  base::ByteReader in(body);
  in.skip(1);  // The length modulo 256: of no use, the text reaches to the end.
  if (!in.ok()) return cut("rows_query");
  return in.rest();
}

base::Result<IntvarEvent> parse_intvar(std::string_view body) {
  base::ByteReader in(body);
  IntvarEvent intvar;
  intvar.kind = in.u8();
  intvar.value = in.u64();
  if (!in.ok()) return cut("intvar");
  return intvar;
}

base::Result<RandEvent> parse_rand(std::string_view body) {
  base::ByteReader in(body);
  RandEvent rand;
  rand.seed1 = in.u64();
  rand.seed2 = in.u64();
  if (!in.ok()) return cut("rand");
  return rand;
}

base::Result<UserVarEvent> parse_user_var(std::string_view body) {
  base::ByteReader in(body);
  UserVarEvent variable;
  variable.name = in.bytes(in.u32());
  variable.is_null = in.u8() != 0;
  if (!variable.is_null) {
    variable.result_type = in.u8();
    variable.collation = in.u32();
    variable.value = in.bytes(in.u32());
  }
  if (!in.ok()) return cut("user_var");
  return variable;
}

}  // namespace flyover::binlog
