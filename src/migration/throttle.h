#pragma once
// Holds the copying and comparing of rows back, so that the application has the servers first.
//
// Replication is never held back: what lies in the source's log has to be applied before it is
// purged, and a switch needs a small lag.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/pace.h"
#include "config/config.h"
#include "db/connection.h"

namespace flyover::migration {

/// What the user allows, by key of [throttle]; 0: no limit. options.cc gives meaning and units.
struct ThrottleLimits {
  std::int64_t rows_per_s_max = 0;
  std::int64_t threads_running_max = 0;
  std::int64_t history_list_length_max = 0;
  std::int64_t replica_lag_ms_max = 0;
  friend bool operator==(const ThrottleLimits&, const ThrottleLimits&) = default;
};

/// What was measured last; nothing: not asked for, or the server did not tell.
struct ThrottleMeasures {
  std::optional<std::int64_t> threads_running{};
  std::optional<std::int64_t> history_list_length{};
  std::optional<std::int64_t> replica_lag_ms{};  ///< the largest
};

/// Why work has to wait; "": it has not. What could not be measured counts as above its limit.
struct ThrottleVerdict {
  std::string load{};       ///< of copying
  std::string compare{};    ///< of comparing, which writes nothing that replicas could lag behind
  std::string snapshots{};  ///< of opening a snapshot, and of keeping one
};

/// Pure.
ThrottleVerdict judge(const ThrottleLimits& limits, const ThrottleMeasures& measures);

/// `changes`: keys of [throttle] with numbers. Throws refused.throttle for an unknown key or a
/// number out of bounds.
ThrottleLimits changed(ThrottleLimits limits, const nlohmann::json& changes);
nlohmann::json to_json(const ThrottleLimits& limits);
ThrottleLimits limits_of(const config::Config& config);

/// Rows that may pass in a second, all lanes together. Thread-safe.
class RowRate {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0: no limit. What waits is woken.
  void set(std::int64_t rows_per_s);
  /// Waits until `rows` more may have passed, or a stop request.
  void passed(std::uint64_t rows, const std::stop_token& stop);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::int64_t rate_ = 0;
  double debt_ = 0;  ///< rows that passed too early, at paid_
  Clock::time_point paid_ = Clock::now();
};

/// The throttle of one migration. Thread-safe.
class Throttle {
 public:
  /// `active`: where the application works.
  Throttle(const config::Config& config, std::function<base::Side()> active);

  ThrottleLimits limits() const;
  void set_limits(const ThrottleLimits& limits);

  /// Measures every second what a limit needs, until a stop request.
  void watch(const std::stop_token& stop);

  base::Pace& load_pace() { return load_; }
  /// Of copying tables that would have to begin anew: it keeps its snapshots.
  base::Pace& reload_pace() { return reload_; }
  base::Pace& compare_pace() { return compare_; }

  /// For status: the limits, what was measured, and why work waits ("waits_for").
  nlohmann::json status() const;

 private:
  class Lanes : public base::Pace {
   public:
    Lanes(Throttle& throttle, std::string ThrottleVerdict::*reason, bool gives_up_snapshots)
        : throttle_(throttle), reason_(reason), gives_up_snapshots_(gives_up_snapshots) {}
    void before_chunk(const std::stop_token& stop) override;
    void passed(std::uint64_t rows, const std::stop_token& stop) override;
    std::uint64_t chunk_rows_max() const override;
    bool snapshots_cost_too_much() const override;
    void before_snapshot(const std::stop_token& stop) override;

   private:
    Throttle& throttle_;
    std::string ThrottleVerdict::*const reason_;
    const bool gives_up_snapshots_;
  };

  /// Nothing: it can not be measured.
  using Measure = std::function<std::optional<std::int64_t>(db::Connection&)>;

  void measure_once(const ThrottleLimits& wanted);
  std::optional<std::int64_t> measure(const db::Endpoint& endpoint, const Measure& what);
  std::optional<std::int64_t> replica_lag_ms();
  void wait_until_clear(std::string ThrottleVerdict::*reason, const std::stop_token& stop);

  const config::Config& config_;
  const std::function<base::Side()> active_;
  RowRate rate_;
  Lanes load_{*this, &ThrottleVerdict::load, true};
  Lanes reload_{*this, &ThrottleVerdict::load, false};
  Lanes compare_{*this, &ThrottleVerdict::compare, true};
  std::map<std::string, db::Connection> sessions_;  ///< by address; only watch()'s thread uses it
  std::set<std::string> silent_;                    ///< addresses that do not answer, told already

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  ThrottleLimits limits_;
  ThrottleMeasures measures_;
  ThrottleVerdict verdict_;
};

}  // namespace flyover::migration
