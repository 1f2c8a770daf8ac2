#include "control/client.h"

#include <fmt/format.h>

#include <thread>

#include "control/paths.h"
#include "migration/status_file.h"
#include "net/json_socket.h"
#include "net/route_file.h"

namespace flyover::control {

nlohmann::json call(const config::Config& config, const nlohmann::json& request,
                    std::chrono::milliseconds timeout) {
  try {
    return net::json_call(control_socket(config), request, timeout);
  } catch (const base::ErrorException& e) {
    if (e.error().code != "socket.nobody") throw;
    if (migration::remembered_status(config).at("phase") == "finished") {
      base::throw_error({.code = kFinishedCode,
                         .side = base::Side::us,
                         .action = base::Action::pause,
                         .message = "the migration " + config.name + " is finished",
                         .hint = "There is no way back from here."});
    }
    base::throw_error(
        {.code = kNotRunningCode,
         .side = base::Side::us,
         .action = base::Action::pause,
         .message = fmt::format("no `flyover run` holds the migration {}", config.name),
         .hint = fmt::format("Start it: flyover run {}", config.file.string())});
  }
}

namespace {

// A process that ends while it is asked hangs up; a moment later it is clear whether it is gone.
nlohmann::json ask_status(const config::Config& config) {
  constexpr std::chrono::milliseconds kPause{50};
  constexpr int kAttempts = 40;
  for (int attempt = 1;; ++attempt) {
    try {
      return call(config, {{"op", "status"}}, std::chrono::seconds(10));
    } catch (const base::ErrorException& e) {
      if (e.error().code != "socket.broken" || attempt == kAttempts) throw;
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

nlohmann::json status(const config::Config& config) {
  try {
    return ask_status(config);
  } catch (const base::ErrorException& e) {
    if (e.error().code != kNotRunningCode && e.error().code != kFinishedCode) throw;
    nlohmann::json remembered = migration::remembered_status(config);
    // After a kill behind a flip the route is ahead of the remembered phase.
    const auto route = net::RouteFile(config.state_dir).read();
    if (route.ok()) remembered["active"] = base::to_string(route->active);
    return remembered;
  }
}

}  // namespace flyover::control
