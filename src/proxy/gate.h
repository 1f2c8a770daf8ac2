#pragma once
// The gate in front of the two servers: which one commands go to, or that they wait. Pure: no
// clock, no I/O; what happens on disk and in sessions is done by whoever asks.
//
//   open(side, epoch) --hold--> holding(side, epoch) --release--> open(any side, its epoch)
//
// A change of side needs a higher epoch, taken from the route on disk by compare-and-set. A release
// to the same side keeps the epoch, or raises it when the hold expired, which makes a late flip by
// the controller fail.

#include <chrono>
#include <cstdint>

#include "base/error.h"
#include "base/result.h"

namespace flyover::proxy {

using Clock = std::chrono::steady_clock;

/// What the gate must know of a session to let a command pass.
struct SessionView {
  bool in_transaction = false;
  /// Holds something that only its own next commands can give up, such as table locks or an open
  /// cursor: goes on like a transaction.
  bool draining = false;
};

/// Not thread-safe: belongs to the proxy's thread.
class Gate {
 public:
  Gate(base::Side active, std::uint64_t epoch) : active_(active), epoch_(epoch) {}

  base::Side active() const { return active_; }
  std::uint64_t epoch() const { return epoch_; }
  bool holding() const { return holding_; }
  /// Since when commands are held; only while holding().
  Clock::time_point held_since() const { return held_since_; }
  bool limit_passed(Clock::time_point now) const { return holding_ && now >= limit_at_; }
  bool expired(Clock::time_point now) const { return holding_ && now >= expires_at_; }

  /// True: the session's next command waits until the release.
  bool must_hold(const SessionView& session) const {
    return holding_ && !session.in_transaction && !session.draining;
  }

  /// Begins to hold. `epoch` is the one the caller believes in. `limit`: how long transactions
  /// may take to end, reported by limit_passed(); `max_hold`: after that expired() is true.
  /// Repeating a hold of the same epoch extends it. Error "proxy.stale_epoch".
  base::Result<bool> hold(std::uint64_t epoch, Clock::time_point now,
                          std::chrono::milliseconds limit, std::chrono::milliseconds max_hold);

  /// Opens towards `side`. Errors, with nothing changed: "proxy.stale_epoch" when `epoch` is
  /// below ours, or equal with another side.
  base::Result<bool> release(base::Side side, std::uint64_t epoch);

 private:
  base::Side active_;
  std::uint64_t epoch_;
  bool holding_ = false;
  Clock::time_point held_since_{};
  Clock::time_point limit_at_{};
  Clock::time_point expires_at_{};
};

}  // namespace flyover::proxy
