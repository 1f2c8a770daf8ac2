#pragma once
// Walks a captured log in tests.

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/byte_reader.h"
#include "binlog/control_events.h"
#include "binlog/event.h"
#include "binlog/payload.h"
#include "binlog/rows.h"
#include "binlog/table_map.h"

namespace flyover::binlog::test {

inline std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  }
  return bytes;
}

/// The events of a log file, checksums included.
inline std::vector<std::string> events_of(std::string_view hex) {
  static constexpr std::size_t kMagicBytes = 4;
  const std::string file = from_hex(hex);
  std::vector<std::string> events;
  for (std::size_t at = kMagicBytes; at < file.size();) {
    base::ByteReader header(std::string_view(file).substr(at));
    header.skip(9);
    const std::size_t size = header.u32();
    if (size == 0) break;
    events.push_back(file.substr(at, size));
    at += size;
  }
  return events;
}

/// Decodes everything in every event, as a stream would. Errors are counted, not fatal.
class EverythingDecoder {
 public:
  std::vector<RowsChange> rows;
  std::vector<std::string> statements;
  std::vector<std::string> gtids;
  std::vector<TableMap> maps;
  std::vector<EventType> types;
  std::size_t errors = 0;
  std::string last_error;

  void take(std::string_view bytes, bool verify = true) {
    auto event = parse_event(bytes, format.checksum, verify);
    if (!event) {
      ++errors;
      last_error = event.error().message;
      return;
    }
    take_event(*event);
  }

  FormatDescription format;

 private:
  template <typename T>
  bool ok(const base::Result<T>& result) {
    if (!result) {
      ++errors;
      last_error = result.error().message;
    }
    return result.ok();
  }

  void take_event(const EventView& event) {
    types.push_back(event.header.type);
    switch (event.header.type) {
      case EventType::format_description:
        if (auto parsed = parse_format_description(event.body); ok(parsed)) format = *parsed;
        break;
      case EventType::query:
        if (auto query = parse_query(event.body, format); ok(query)) {
          statements.emplace_back(query->sql);
        }
        break;
      case EventType::gtid:
      case EventType::anonymous_gtid:
        if (auto gtid = parse_gtid(event.body); ok(gtid)) gtids.push_back(gtid->text());
        break;
      case EventType::gtid_tagged:
        if (auto gtid = parse_gtid_tagged(event.body); ok(gtid)) gtids.push_back(gtid->text());
        break;
      case EventType::table_map:
        if (auto map = parse_table_map(event, format); ok(map)) {
          tables_[map->table_id] = *map;
          maps.push_back(std::move(*map));
        }
        break;
      case EventType::transaction_payload:
        take_payload(event);
        break;
      default:
        take_other(event);
    }
  }

  void take_other(const EventView& event) {
    switch (event.header.type) {
      case EventType::rotate:
        ok(parse_rotate(event.body));
        break;
      case EventType::xid:
        ok(parse_xid(event.body, format));
        break;
      case EventType::previous_gtids:
        ok(parse_previous_gtids(event.body));
        break;
      case EventType::xa_prepare:
        ok(parse_xa_prepare(event.body));
        break;
      case EventType::heartbeat:
      case EventType::heartbeat_v2:
        ok(parse_heartbeat(event));
        break;
      case EventType::incident:
        ok(parse_incident(event.body));
        break;
      case EventType::execute_load_query:
        ok(parse_execute_load_query(event.body, format));
        break;
      case EventType::rows_query:
        ok(parse_rows_query(event.body));
        break;
      case EventType::intvar:
        ok(parse_intvar(event.body));
        break;
      case EventType::rand:
        ok(parse_rand(event.body));
        break;
      case EventType::user_var:
        ok(parse_user_var(event.body));
        break;
      default:
        if (is_rows_event(event.header.type)) take_rows(event);
    }
  }

  void take_rows(const EventView& event) {
    auto id = parse_table_id(event, format);
    if (!ok(id)) return;
    const auto map = tables_.find(*id);
    if (map == tables_.end()) return;
    const std::vector<ColumnHint> hints(map->second.columns.size(), {.binary_pad_bytes = 0});
    auto decoded = decode_rows(event, format, map->second, hints);
    if (ok(decoded)) rows.push_back(std::move(*decoded));
  }

  void take_payload(const EventView& event) {
    static constexpr std::size_t kMemoryMax = std::size_t{64} << 20;
    auto payload = PayloadReader::open(event.body, kMemoryMax);
    if (!ok(payload)) return;
    while (true) {
      auto next = payload->next();
      if (!ok(next) || !*next) return;
      auto inner = parse_event(**next, ChecksumAlgorithm::off);
      if (ok(inner) && inner->header.type != EventType::transaction_payload) take_event(*inner);
    }
  }

  std::unordered_map<std::uint64_t, TableMap> tables_;
};

}  // namespace flyover::binlog::test
