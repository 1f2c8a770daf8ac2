#pragma once
// One binlog dump: a connection that sends events, and where each of them stands.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "binlog/event.h"
#include "db/connection.h"
#include "mysql/position.h"
#include "stream/log_cursor.h"

namespace flyover::stream {

/// An event and its place; valid until the next call.
struct DumpedEvent {
  binlog::EventView view{};
  const std::string* file = nullptr;
  std::uint64_t start = 0;
  /// Equal to `start` for an event the server made up and that is not in the file.
  std::uint64_t end = 0;
  std::size_t packet_bytes = 0;
};

/// Asks with COM_BINLOG_DUMP, as a replica with an id and a UUID of its own. Counts positions in 64
/// bits. Not thread-safe and not movable while a stop guard holds its connection.
class DumpSession {
 public:
  /// Connects. A read timeout of zero becomes several heartbeat periods, so that a dead connection
  /// is noticed.
  DumpSession(db::Endpoint endpoint, std::chrono::milliseconds heartbeat_period);

  /// Starts the dump. Beyond 4 GiB, which the command can not name, the file is read from its start
  /// and events before the position are dropped.
  void start(const mysql::BinlogPosition& from);

  /// Waits for the next event. Nothing when the server ended the dump. Throws when the connection
  /// breaks, the position is gone ("source.binlog_purged") or the bytes are wrong.
  std::optional<DumpedEvent> next();

  db::Connection& connection() { return connection_; }
  /// Of the server that this connection reached.
  const std::string& server_uuid() const { return server_uuid_; }

 private:
  binlog::EventView parse(std::string_view bytes) const;
  [[noreturn]] void fail(base::Error error) const;

  db::Connection connection_;
  std::string server_uuid_;
  LogCursor cursor_;
};

/// A random server id from the upper half of the numbers, which people rarely give to servers.
std::uint32_t random_server_id();

}  // namespace flyover::stream
