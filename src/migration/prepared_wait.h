#pragma once
// XA transactions that were prepared before a stream's start.
//
// From 5.7.7 on their rows stand in the log where they were prepared: before the start. XA COMMIT,
// which may come long after, names them only. So whoever starts a stream and copies rows beside it
// waits, between the two, until those transactions have ended: what they committed is then in every
// snapshot. Those that are prepared later are wholly in the stream, so an application that always
// has some is waited for no longer than one of its transactions takes.

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "db/connection.h"

namespace flyover::migration {

struct PreparedWait {
  std::string migration{};
  /// How long to wait before giving up.
  std::chrono::milliseconds patience{};
  /// Called with what is waited for and how to end it, and with the empty string behind it. May be
  /// null.
  std::function<void(const std::string&)> told{};
};

/// To be called behind the reading of a stream's start and before any snapshot opens. Commits a
/// marker row on `source`. Throws "source.xa_prepared" with Action::pause when the patience is at
/// its end, and when stopped (code "stopped").
void wait_for_prepared(db::Connection& source, const PreparedWait& wait, std::stop_token stop);

}  // namespace flyover::migration
