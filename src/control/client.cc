#include "control/client.h"

#include <fmt/format.h>

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
    base::throw_error(
        {.code = "control.not_running",
         .side = base::Side::us,
         .action = base::Action::pause,
         .message = fmt::format("no `flyover run` holds the migration {}", config.name),
         .hint = fmt::format("Start it: flyover run {}", config.file.string())});
  }
}

nlohmann::json status(const config::Config& config) {
  try {
    return call(config, {{"op", "status"}}, std::chrono::seconds(10));
  } catch (const base::ErrorException& e) {
    if (e.error().code != "control.not_running") throw;
    nlohmann::json remembered = migration::remembered_status(config);
    // After a kill behind a flip the route is ahead of the remembered phase.
    const auto route = net::RouteFile(config.state_dir).read();
    if (route.ok()) remembered["active"] = base::to_string(route->active);
    return remembered;
  }
}

}  // namespace flyover::control
