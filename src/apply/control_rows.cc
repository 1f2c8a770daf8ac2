#include "apply/control_rows.h"

namespace flyover::apply {
namespace {

using binlog::ChangeKind;
using binlog::Value;
using binlog::ValueType;

// Columns as schema/control_schema.cc defines them.
constexpr std::size_t kMarkerColumns = 4;     // migration, purpose, token, written_us
constexpr std::size_t kHeartbeatColumns = 3;  // migration, token, written_us

}  // namespace

void read_control_rows(const binlog::RowsChange& change, const std::string& migration,
                       ControlRows& out) {
  if (change.kind == ChangeKind::remove) return;
  const bool marker = change.table.table == "marker" && change.column_count >= kMarkerColumns;
  const bool heartbeat =
      change.table.table == "heartbeat" && change.column_count >= kHeartbeatColumns;
  if (!marker && !heartbeat) return;
  for (std::size_t row = 0; row < change.row_count(); ++row) {
    const Value* values = change.after(row);
    // A migration's name is in the row before when the image after is minimal.
    const Value& name = values[0].type == ValueType::absent ? change.before(row)[0] : values[0];
    if (name.bytes != migration) continue;
    if (marker) {
      out.markers.push_back(
          {.purpose = std::string(values[1].bytes), .token = std::string(values[2].bytes)});
    } else {
      out.heartbeat = HeartbeatRow{.written_us = values[2].unsigned_int};
    }
  }
}

}  // namespace flyover::apply
