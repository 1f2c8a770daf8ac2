#pragma once
// Which sessions of a server have changed rows and not committed yet.

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "db/connection.h"

namespace flyover::migration {

struct WritingSession {
  std::uint64_t id = 0;
  std::string user{};
  std::string host{};
};

/// Those with changes that are not committed, but for sessions of the same account and the server's
/// own. While a statement whose bytes are no UTF-8 is running inside a transaction, servers from
/// 8.0 on refuse to list their transactions: the sessions that locked a table for writing are
/// listed instead, or, when the rights for that are missing, it waits until the deadline for the
/// statement to end. Throws that refusal then, and a stop.
std::vector<WritingSession> writing_sessions(db::Connection& connection,
                                             std::chrono::steady_clock::time_point deadline,
                                             std::stop_token stop);

}  // namespace flyover::migration
