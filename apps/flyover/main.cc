// Wiring only: everything a command does lives below.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "cli/command_line.h"
#include "config/config.h"
#include "migration/session_defaults.h"
#include "proxy/proxy.h"

namespace {

using namespace flyover;

proxy::ServerAddress server_address(const config::ServerConfig& server) {
  using Tls = proxy::TlsMode;
  const Tls tls = server.tls == "disabled"    ? Tls::disabled
                  : server.tls == "preferred" ? Tls::preferred
                  : server.tls == "required"  ? Tls::required
                  : server.tls == "verify-ca" ? Tls::verify_ca
                                              : Tls::verify_identity;
  return {.host = server.host,
          .port = static_cast<std::uint16_t>(server.port),
          .tls = tls,
          .tls_ca = server.tls_ca,
          .session_init = {}};
}

int run_proxy(const config::Config& config, bool json) {
  std::filesystem::create_directories(config.state_dir);
  base::log::configure(true, config.state_dir / "proxy.log");
  proxy::Options options;
  const std::size_t colon = config.proxy_listen.rfind(':');
  options.listen_host = config.proxy_listen.substr(0, colon);
  options.listen_port =
      static_cast<std::uint16_t>(std::stoul(config.proxy_listen.substr(colon + 1)));
  for (const config::ProxyUser& user : config.proxy_users) {
    options.users.push_back({user.name, user.password});
  }
  options.source = server_address(config.source);
  options.target = server_address(config.target);
  options.target.session_init = migration::target_session_init(config);
  options.state_dir = config.state_dir;
  options.max_moves = static_cast<std::size_t>(config.proxy_moves_at_once);
  options.routines_pin_sessions = config.proxy_routines_pin_sessions == "yes";
  proxy::Proxy endpoint(options);
  base::log::info("proxy.listening", "{}:{}", options.listen_host, endpoint.port());
  if (json) {
    std::cout
        << nlohmann::json{{"listening", options.listen_host}, {"port", endpoint.port()}}.dump()
        << std::endl;
  }
  endpoint.run();
  return cli::kDone;
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run(argc, argv, {.run_proxy = run_proxy});
}
