#pragma once
// What holds copying and comparing back while the servers are to be spared.

#include <cstdint>
#include <limits>
#include <stop_token>

namespace flyover::base {

/// Asked by the lanes of a load or a comparison, from their threads. This one never holds back.
class Pace {
 public:
  Pace() = default;
  virtual ~Pace() = default;
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;

  /// Between two chunks, when no lock on a definition is held: waits while the servers are to be
  /// spared. Also returns on a stop request.
  virtual void before_chunk(const std::stop_token& /*stop*/) {}
  /// Rows were read: waits until as many may have passed. Also returns on a stop request.
  virtual void passed(std::uint64_t /*rows*/, const std::stop_token& /*stop*/) {}
  /// A chunk, which is read without a pause, should have no more.
  virtual std::uint64_t chunk_rows_max() const { return std::numeric_limits<std::uint64_t>::max(); }
  /// The server keeps too much of the past for the sake of snapshots: open ones are to be given up
  /// as soon as possible.
  virtual bool snapshots_cost_too_much() const { return false; }
  /// Waits until a snapshot may be opened. Also returns on a stop request.
  virtual void before_snapshot(const std::stop_token& /*stop*/) {}

  /// For who has none of its own.
  static Pace& unhindered() {
    static Pace pace;
    return pace;
  }
};

}  // namespace flyover::base
