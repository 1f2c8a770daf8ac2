#pragma once
// What a switch needs of whatever carries the application's traffic. Implemented above this floor
// by a client of the proxy.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace flyover::migration {

/// How the application's sessions stand.
struct TrafficStatus {
  base::Side active = base::Side::source;
  std::uint64_t epoch = 0;
  std::uint64_t sessions = 0;
  /// Connection ids that carry the application on each server, to tell them from foreign ones.
  std::vector<std::uint64_t> source_connections{};
  std::vector<std::uint64_t> target_connections{};
};

/// How far a hold has come.
struct HoldStatus {
  bool holding = false;
  std::uint64_t busy = 0;    ///< in a transaction, running a statement, or moving
  std::uint64_t pinned = 0;  ///< could not be moved: temporary tables, locks, cursors …
};

struct ReleaseResult {
  std::uint64_t moved_sessions = 0;
  std::uint64_t closed_sessions = 0;
  std::chrono::milliseconds longest_hold{0};
};

/// The code of the error when no proxy listens.
inline constexpr const char* kEndpointUnreachable = "endpoint.unreachable";

/// Calls throw an Error with Side::endpoint when the proxy refuses or can not be reached.
class TrafficSwitch {
 public:
  virtual ~TrafficSwitch() = default;

  virtual TrafficStatus status() = 0;
  /// Opens standby sessions on `side`, so that the later move is short. Holds nothing.
  virtual void prepare(base::Side side) = 0;
  /// Sessions outside a transaction wait from now on; released by themselves, on the side that the
  /// route on disk names, after `max_hold`.
  virtual void hold(std::uint64_t epoch, std::chrono::milliseconds max_hold) = 0;
  /// Asks every session anew how it stands.
  virtual HoldStatus hold_status() = 0;
  /// Closes the sessions that can not be moved; the number of them.
  virtual std::uint64_t close_unmovable() = 0;
  /// Lets the held work go on at `side`; the route on disk must name it with that epoch.
  virtual ReleaseResult release(base::Side side, std::uint64_t epoch) = 0;

  /// Reads the route on disk: the active side and its epoch.
  virtual TrafficStatus route() = 0;
  /// One compare-and-set: names `side` active with epoch `expected_epoch` + 1. False: somebody else
  /// changed the route first.
  virtual bool flip(std::uint64_t expected_epoch, base::Side side) = 0;
};

}  // namespace flyover::migration
