#pragma once
// Rows events to values. The table map says how the bytes are laid out; what it leaves out, or left
// out before 8.0, comes as hints from the table's schema.

#include <cstddef>
#include <span>

#include "base/result.h"
#include "binlog/event.h"
#include "binlog/table_map.h"
#include "binlog/transaction.h"

namespace flyover::binlog {

/// What the log does not say about one column.
struct ColumnHint {
  bool is_unsigned = false;  ///< used when the table map has no signedness
  /// The log cuts trailing zero bytes off BINARY(N): N here brings them back; 0 for other types.
  std::size_t binary_pad_bytes = 0;
};

/// Version 1 and 2 of insert, update and delete, and updates with partial JSON documents.
bool is_rows_event(EventType type);

/// The number of the table in the map, as parse_table_id() reads it, that stands for no table: the
/// event only ends a statement.
inline constexpr std::uint64_t kDummyTableId = 0xffffff;

/// Decodes all rows of a rows event (is_rows_event()). `hints` may be shorter than the columns; the
/// rest count as signed and without padding. The result owns a copy of the event, so that `event`
/// need not live on, and its values stay valid when it is moved. It takes at most `memory_base`
/// and eight times the event's bytes of memory: "binlog.unsupported" beyond.
base::Result<RowsChange> decode_rows(const EventView& event, const FormatDescription& format,
                                     const TableMap& map, std::span<const ColumnHint> hints,
                                     std::size_t memory_base = std::size_t{512} << 20);

}  // namespace flyover::binlog
