// The body of a table map event with its optional metadata.

#include "binlog/table_map.h"

#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(table_map) {
  binlog::EventView event;
  event.header.type = binlog::EventType::table_map;
  event.body = input;
  const auto map = binlog::parse_table_map(event, {});
  if (!map) return;
  FLYOVER_EXPECT(map->columns.size() <= input.size());
  fuzz::touch(map->shape());
  for (const binlog::TableMapColumn& column : map->columns) {
    fuzz::touch(column.name);
    for (const std::string& member : column.members) fuzz::touch(member);
  }
}
