#include "control/proxy_client.h"

#include <nlohmann/json.hpp>

#include "control/paths.h"
#include "net/json_socket.h"

namespace flyover::control {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

base::Side side_from(const json& value) {
  return value == "target" ? base::Side::target : base::Side::source;
}

}  // namespace

ProxyClient::ProxyClient(const config::Config& config)
    : config_(config), route_(config.state_dir) {}

json ProxyClient::call(const json& request, std::chrono::milliseconds timeout) const {
  try {
    return net::json_call(proxy_socket(config_), request, timeout);
  } catch (const base::ErrorException& e) {
    if (e.error().code != "socket.nobody") throw;
    base::throw_error({.code = migration::kEndpointUnreachable,
                       .side = base::Side::endpoint,
                       .action = base::Action::pause,
                       .message = "no `flyover proxy` runs for the migration " + config_.name,
                       .hint = "Start it: flyover proxy " + config_.file.string()});
  }
}

migration::TrafficStatus ProxyClient::status() {
  const json answer = call({{"op", "status"}}, 5s);
  return {.active = side_from(answer.at("active")),
          .epoch = answer.at("epoch"),
          .sessions = answer.at("sessions"),
          .source_connections = answer.at("source_connections"),
          .target_connections = answer.at("target_connections")};
}

void ProxyClient::prepare(base::Side side) {
  call({{"op", "prepare"}, {"side", base::to_string(side)}}, 60s);
}

void ProxyClient::hold(std::uint64_t epoch, std::chrono::milliseconds max_hold) {
  call({{"op", "hold"},
        {"epoch", epoch},
        {"limit_ms", config_.cutover_drain_timeout_ms},
        {"max_hold_ms", max_hold.count()}},
       5s);
}

migration::HoldStatus ProxyClient::hold_status() {
  const json answer = call({{"op", "drained"}}, 5s);
  return {
      .holding = answer.at("holding"), .busy = answer.at("busy"), .pinned = answer.at("pinned")};
}

std::uint64_t ProxyClient::close_unmovable() {
  return call({{"op", "close_unmovable"}}, 10s).at("closed");
}

migration::ReleaseResult ProxyClient::release(base::Side side, std::uint64_t epoch) {
  const json answer =
      call({{"op", "release"}, {"side", base::to_string(side)}, {"epoch", epoch}}, 60s);
  return {.moved_sessions = answer.at("moved_sessions"),
          .closed_sessions = answer.at("closed_sessions"),
          .longest_hold = std::chrono::milliseconds(answer.at("longest_hold_ms"))};
}

migration::TrafficStatus ProxyClient::route() {
  const net::Route route = route_.read().value_or_throw();
  return {.active = route.active, .epoch = route.epoch};
}

bool ProxyClient::flip(std::uint64_t expected_epoch, base::Side side) {
  const auto flipped = route_.compare_and_set(expected_epoch, side);
  if (flipped.ok()) return true;
  if (flipped.error().code == "route.conflict") return false;
  // Unknown whether it was written: what is on disk decides.
  const net::Route now = route_.read().value_or_throw();
  return now.epoch == expected_epoch + 1 && now.active == side;
}

}  // namespace flyover::control
