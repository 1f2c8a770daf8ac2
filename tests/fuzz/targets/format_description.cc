// A format description, and how the lengths in it make other events look.
// Input: one byte of length, the description's body of that length, the body of another event.

#include "binlog/control_events.h"
#include "binlog/event.h"
#include "binlog/rows.h"
#include "binlog/table_map.h"
#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(format_description) {
  const std::size_t size = fuzz::take_byte(input);
  const auto format = binlog::parse_format_description(fuzz::take(input, size));
  if (!format) return;
  FLYOVER_EXPECT(format->server_version.size() <= 50);
  binlog::EventView event;
  event.body = input;
  for (const auto type : {binlog::EventType::table_map, binlog::EventType::write_rows,
                          binlog::EventType::delete_rows_v1}) {
    event.header.type = type;
    if (const auto id = binlog::parse_table_id(event, *format)) fuzz::touch(std::to_string(*id));
  }
  if (const auto map = binlog::parse_table_map(event, *format)) fuzz::touch(map->shape());
  if (const auto query = binlog::parse_query(input, *format)) fuzz::touch(query->sql);
  if (const auto query = binlog::parse_execute_load_query(input, *format)) fuzz::touch(query->sql);
  if (const auto xid = binlog::parse_xid(input, *format)) fuzz::touch(std::to_string(*xid));
}
