#pragma once
// What makes the log behind a position the log that was read before: the server and its files.
//
// A position is a name and a number. After RESET MASTER, or on another server behind the same
// address, the same position exists with other changes before it, and reading on there would lose
// some without a trace. So each file is known by the moment in which the server began it, which
// stands in the file's first event and never changes.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "db/connection.h"
#include "mysql/position.h"

namespace flyover::stream {

/// A plain value. An empty one knows nothing and learns.
struct LogHistory {
  std::string server_uuid{};
  /// By file name, in the server's seconds since 1970.
  std::map<std::string, std::uint32_t> begun_s{};

  bool operator==(const LogHistory&) const = default;
};

/// Learns what the server says of itself, or answers "<side>.other_server".
std::optional<base::Error> learn_server(LogHistory& history, const std::string& server_uuid,
                                        const db::Endpoint& endpoint);
/// Learns when a file was begun, or answers "<side>.log_reset".
std::optional<base::Error> learn_file(LogHistory& history, const std::string& file,
                                      std::uint32_t begun_s, const db::Endpoint& endpoint);

/// The server's UUID and the moment in which it began the one file. Reads nothing but the file's
/// first event. Throws as DumpSession does.
LogHistory read_log_history(const db::Endpoint& endpoint, const std::string& file);

/// Answers whether a position is still in the log that `history` knows: nothing, one of the errors
/// above, or "<side>.log_gone" when its file is not there or ends before it. Throws what hinders
/// the look.
std::optional<base::Error> check_log_history(const LogHistory& history,
                                             const mysql::BinlogPosition& position,
                                             const db::Endpoint& endpoint);

}  // namespace flyover::stream
