// The endpoint alone, for tests: everything from the command line as one JSON object.
//
//   proxy_main '{"state_dir":"d","listen_port":0,"users":[["app","secret"]],
//                "source":{"host":"127.0.0.1","port":1,"tls":"disabled"},"target":{...}}'
//
// Prints "port N" on stdout when it listens.

#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "base/log.h"
#include "proxy/proxy.h"

namespace {

using flyover::proxy::ServerAddress;
using flyover::proxy::TlsMode;

ServerAddress server(const nlohmann::json& json) {
  ServerAddress address;
  address.host = json.value("host", "127.0.0.1");
  address.port = json.at("port").get<std::uint16_t>();
  const std::string tls = json.value("tls", "preferred");
  address.tls = tls == "disabled"   ? TlsMode::disabled
                : tls == "required" ? TlsMode::required
                                    : TlsMode::preferred;
  address.session_init = json.value("session_init", std::vector<std::string>());
  return address;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const auto json = nlohmann::json::parse(argv[1]);
    flyover::base::log::configure(true);
    flyover::proxy::Options options;
    options.state_dir = json.at("state_dir").get<std::string>();
    options.listen_port = json.value("listen_port", std::uint16_t{0});
    options.max_moves = json.value("max_moves", options.max_moves);
    for (const auto& user : json.at("users")) {
      options.users.push_back(
          {user.at(0).get<std::string>(), flyover::base::Secret(user.at(1).get<std::string>())});
    }
    options.source = server(json.at("source"));
    options.target = server(json.at("target"));
    flyover::proxy::Proxy proxy(options);
    std::printf("port %d\n", proxy.port());
    std::fflush(stdout);
    proxy.run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
