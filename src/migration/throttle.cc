#include "migration/throttle.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/task_group.h"
#include "migration/endpoints.h"

namespace flyover::migration {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kMeasureInterval{1};
/// A chunk is read in this part of a second, so that a pause comes between two of them and not
/// while a lock on a definition is held.
constexpr std::int64_t kChunksPerSecond = 2;

struct Limit {
  std::string_view key;
  std::int64_t ThrottleLimits::*limit;
  std::int64_t config::Config::*configured;
};

constexpr Limit kLimits[] = {
    {"rows_per_s_max", &ThrottleLimits::rows_per_s_max, &config::Config::throttle_rows_per_s_max},
    {"threads_running_max", &ThrottleLimits::threads_running_max,
     &config::Config::throttle_threads_running_max},
    {"history_list_length_max", &ThrottleLimits::history_list_length_max,
     &config::Config::throttle_history_list_length_max},
    {"replica_lag_ms_max", &ThrottleLimits::replica_lag_ms_max,
     &config::Config::throttle_replica_lag_ms_max},
};

/// "" when `measured` is within `limit`.
std::string over(std::string_view what, std::int64_t limit,
                 const std::optional<std::int64_t>& measured) {
  if (limit == 0) return "";
  if (!measured) return fmt::format("{} can not be measured, at most {} is allowed", what, limit);
  if (*measured <= limit) return "";
  return fmt::format("{} is {}, at most {} is allowed", what, *measured, limit);
}

std::string first_of(const std::string& one, const std::string& two) {
  return one.empty() ? two : one;
}

std::optional<std::int64_t> threads_running(db::Connection& connection) {
  const db::Table rows = connection.query("SHOW GLOBAL STATUS LIKE 'Threads_running'");
  if (rows.empty()) return std::nullopt;
  return static_cast<std::int64_t>(rows.number(0, "Value"));
}

std::optional<std::int64_t> history_list_length(db::Connection& connection) {
  const auto value = connection.query_value(
      "SELECT `COUNT` FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len' "
      "AND status = 'enabled'");
  if (!value) return std::nullopt;
  return std::stoll(*value);
}

/// Of all channels the largest; nothing when one does not replicate, or there is none.
std::optional<std::int64_t> behind_source_ms(db::Connection& connection) {
  const bool renamed = connection.version().at_least(8, 0, 22);
  const db::Table rows = connection.query(renamed ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS");
  const std::string_view column = renamed ? "Seconds_Behind_Source" : "Seconds_Behind_Master";
  std::optional<std::int64_t> highest;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    if (rows.is_null(i, column)) return std::nullopt;
    highest =
        std::max(highest.value_or(0), static_cast<std::int64_t>(rows.number(i, column)) * 1000);
  }
  return highest;
}

json optional(const std::optional<std::int64_t>& value) {
  return value ? json(*value) : json();
}

}  // namespace

ThrottleVerdict judge(const ThrottleLimits& limits, const ThrottleMeasures& measures) {
  const std::string threads = over("Threads_running of the active server",
                                   limits.threads_running_max, measures.threads_running);
  const std::string lag = over("the lag of a replica in milliseconds", limits.replica_lag_ms_max,
                               measures.replica_lag_ms);
  return {.load = first_of(threads, lag),
          .compare = threads,
          .snapshots = over("the history list length of the active server",
                            limits.history_list_length_max, measures.history_list_length)};
}

ThrottleLimits limits_of(const config::Config& config) {
  ThrottleLimits limits;
  for (const Limit& one : kLimits) limits.*one.limit = config.*one.configured;
  return limits;
}

json to_json(const ThrottleLimits& limits) {
  json out = json::object();
  for (const Limit& one : kLimits) out[one.key] = limits.*one.limit;
  return out;
}

ThrottleLimits changed(ThrottleLimits limits, const json& changes) {
  for (const auto& [key, value] : changes.items()) {
    const auto* const found =
        std::find_if(std::begin(kLimits), std::end(kLimits),
                     [&key = key](const Limit& one) { return one.key == key; });
    if (found == std::end(kLimits) || !value.is_number_integer() || value.get<std::int64_t>() < 0) {
      base::throw_error({.code = "refused.throttle",
                         .side = base::Side::us,
                         .action = base::Action::pause,
                         .message = fmt::format("{} = {} is no limit", key, value.dump()),
                         .hint = "`flyover throttle --help` names the limits; 0 means none."});
    }
    limits.*found->limit = value.get<std::int64_t>();
  }
  return limits;
}

void RowRate::set(std::int64_t rows_per_s) {
  const std::unique_lock lock(mutex_);
  const auto now = Clock::now();
  // What was passed under the rate before is paid for at that rate.
  if (rate_ > 0) {
    debt_ = std::max(0.0, debt_ - std::chrono::duration<double>(now - paid_).count() *
                                      static_cast<double>(rate_));
  }
  if (rows_per_s == 0) debt_ = 0;
  paid_ = now;
  rate_ = rows_per_s;
  changed_.notify_all();
}

void RowRate::passed(std::uint64_t rows, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  bool counted = false;
  while (rate_ > 0 && !stop.stop_requested()) {
    const auto now = Clock::now();
    const auto rate = static_cast<double>(rate_);
    debt_ = std::max(0.0, debt_ - std::chrono::duration<double>(now - paid_).count() * rate);
    paid_ = now;
    if (!std::exchange(counted, true)) debt_ += static_cast<double>(rows);
    if (debt_ <= 0) return;
    changed_.wait_for(lock, stop, std::chrono::duration<double>(debt_ / rate),
                      [&, was = rate_] { return rate_ != was; });
  }
}

Throttle::Throttle(const config::Config& config, std::function<base::Side()> active)
    : config_(config), active_(std::move(active)) {
  set_limits(limits_of(config));
}

ThrottleLimits Throttle::limits() const {
  const std::unique_lock lock(mutex_);
  return limits_;
}

void Throttle::set_limits(const ThrottleLimits& limits) {
  rate_.set(limits.rows_per_s_max);
  const std::unique_lock lock(mutex_);
  limits_ = limits;
  verdict_ = judge(limits_, measures_);
  changed_.notify_all();
}

void Throttle::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const ThrottleLimits before = limits();
    measure_once(before);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, kMeasureInterval, [&] { return limits_ != before; });
  }
}

void Throttle::measure_once(const ThrottleLimits& wanted) {
  ThrottleMeasures found;
  const db::Endpoint active = make_endpoints(config_).of(active_());
  if (wanted.threads_running_max > 0) found.threads_running = measure(active, threads_running);
  if (wanted.history_list_length_max > 0) {
    found.history_list_length = measure(active, history_list_length);
  }
  if (wanted.replica_lag_ms_max > 0) found.replica_lag_ms = replica_lag_ms();
  const std::unique_lock lock(mutex_);
  measures_ = found;
  const ThrottleVerdict verdict = judge(limits_, measures_);
  for (const auto reason : {&ThrottleVerdict::load, &ThrottleVerdict::snapshots}) {
    if (verdict.*reason == verdict_.*reason) continue;
    if ((verdict.*reason).empty() != (verdict_.*reason).empty()) {
      base::log::info("throttle", "{}",
                      (verdict.*reason).empty() ? "going on" : "waiting: " + verdict.*reason);
    }
  }
  verdict_ = verdict;
  changed_.notify_all();
}

std::optional<std::int64_t> Throttle::measure(const db::Endpoint& endpoint, const Measure& what) {
  try {
    auto found = sessions_.find(endpoint.address());
    if (found == sessions_.end()) {
      found = sessions_.emplace(endpoint.address(), db::Connection::open(endpoint)).first;
    }
    const auto value = what(found->second);
    silent_.erase(endpoint.address());
    return value;
  } catch (const base::ErrorException& e) {
    sessions_.erase(endpoint.address());
    if (silent_.insert(endpoint.address()).second) {
      base::log::warn("throttle.unknown", "{}", e.what());
    }
    return std::nullopt;
  }
}

std::optional<std::int64_t> Throttle::replica_lag_ms() {
  std::int64_t highest = 0;
  for (const db::Endpoint& replica : replica_endpoints(config_)) {
    const auto lag = measure(replica, behind_source_ms);
    if (!lag) return std::nullopt;
    highest = std::max(highest, *lag);
  }
  return highest;
}

void Throttle::wait_until_clear(std::string ThrottleVerdict::*reason, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return (verdict_.*reason).empty(); });
}

json Throttle::status() const {
  const std::unique_lock lock(mutex_);
  return {{"limits", to_json(limits_)},
          {"threads_running", optional(measures_.threads_running)},
          {"history_list_length", optional(measures_.history_list_length)},
          {"replica_lag_ms", optional(measures_.replica_lag_ms)},
          {"waits_for", first_of(verdict_.load, verdict_.snapshots)}};
}

void Throttle::Lanes::before_chunk(const std::stop_token& stop) {
  throttle_.wait_until_clear(reason_, stop);
}

void Throttle::Lanes::passed(std::uint64_t rows, const std::stop_token& stop) {
  throttle_.rate_.passed(rows, stop);
}

std::uint64_t Throttle::Lanes::chunk_rows_max() const {
  const std::int64_t rate = throttle_.limits().rows_per_s_max;
  if (rate == 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(1, rate / kChunksPerSecond));
}

bool Throttle::Lanes::snapshots_cost_too_much() const {
  const std::unique_lock lock(throttle_.mutex_);
  return gives_up_snapshots_ && !throttle_.verdict_.snapshots.empty();
}

void Throttle::Lanes::before_snapshot(const std::stop_token& stop) {
  throttle_.wait_until_clear(&ThrottleVerdict::snapshots, stop);
}

}  // namespace flyover::migration
