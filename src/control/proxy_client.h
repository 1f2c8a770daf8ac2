#pragma once
// The proxy as the migration's traffic switch: its control socket and the route on disk.

#include <chrono>
#include <nlohmann/json.hpp>

#include "config/config.h"
#include "migration/traffic_switch.h"
#include "net/route_file.h"

namespace flyover::control {

/// Thread-safe: every call stands alone.
class ProxyClient : public migration::TrafficSwitch {
 public:
  explicit ProxyClient(const config::Config& config);

  migration::TrafficStatus status() override;
  void prepare(base::Side side) override;
  void hold(std::uint64_t epoch, std::chrono::milliseconds max_hold) override;
  migration::HoldStatus hold_status() override;
  std::uint64_t close_unmovable() override;
  migration::ReleaseResult release(base::Side side, std::uint64_t epoch) override;
  migration::TrafficStatus route() override;
  bool flip(std::uint64_t expected_epoch, base::Side side) override;

 private:
  nlohmann::json call(const nlohmann::json& request, std::chrono::milliseconds timeout) const;

  const config::Config& config_;
  net::RouteFile route_;
};

}  // namespace flyover::control
