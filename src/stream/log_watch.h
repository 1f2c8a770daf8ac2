#pragma once
// Notices that a running stream reads a log that the server does not write any more.

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "db/connection.h"
#include "mysql/position.h"
#include "stream/log_history.h"

namespace flyover::stream {

/// How far a stream has come.
struct StreamMoment {
  /// Behind the last whole transaction that was read.
  mysql::BinlogPosition position{};
  std::uint64_t events = 0;  ///< that were read since the stream began
  bool waiting = false;      ///< for the server
  LogHistory history{};
};

/// After RESET MASTER a server may leave a reader at the end of a file that is deleted, for ever,
/// while it writes a new one of the same name. So when the stream waits although the server's
/// position is another, or when that position went backwards, the file's beginning is looked at.
/// Returns when a stop is requested; throws "<side>.log_reset" or "<side>.other_server". A session
/// that gets lost is opened again at the next look.
void watch_log(const db::Endpoint& endpoint, const std::function<StreamMoment()>& stream,
               std::stop_token stop, std::chrono::milliseconds interval = std::chrono::seconds(2));

}  // namespace flyover::stream
