// A rows event of each type and the table map it belongs to.
// Input: the event's type, hints, the length of the map's body in two bytes, that body, and the
// rows event's body.

#include "binlog/rows.h"

#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(rows) {
  const auto type = static_cast<binlog::EventType>(fuzz::take_byte(input));
  const std::uint8_t hint_bits = fuzz::take_byte(input);
  base::ByteReader length(fuzz::take(input, 2));
  binlog::EventView event;
  event.header.type = binlog::EventType::table_map;
  event.body = fuzz::take(input, length.u16());
  const auto map = binlog::parse_table_map(event, {});
  if (!map) return;
  const std::vector<binlog::ColumnHint> hints(
      map->columns.size(),
      {.is_unsigned = (hint_bits & 1) != 0, .binary_pad_bytes = std::size_t{hint_bits} >> 1U});
  event.header.type = type;
  const std::string bytes = base::ByteWriter().zeros(binlog::kEventHeaderBytes).bytes(input).take();
  event.bytes = bytes;
  event.body = event.bytes.substr(binlog::kEventHeaderBytes);
  auto decoded = binlog::decode_rows(event, {}, *map, hints);
  if (!decoded) return;
  const binlog::RowsChange rows = std::move(decoded).value_or_throw();
  FLYOVER_EXPECT(rows.row_count() > 0);
  FLYOVER_EXPECT(rows.values.size() ==
                 rows.row_count() * rows.images_per_row() * rows.column_count);
  fuzz::touch(rows);
}
