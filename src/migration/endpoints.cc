#include "migration/endpoints.h"

#include <map>
#include <string>
#include <utility>

namespace flyover::migration {
namespace {

db::Endpoint make_endpoint(const config::ServerConfig& server, base::Side side) {
  static const std::map<std::string, db::TlsMode> kModes = {
      {"disabled", db::TlsMode::disabled},
      {"preferred", db::TlsMode::preferred},
      {"required", db::TlsMode::required},
      {"verify-ca", db::TlsMode::verify_ca},
      {"verify-identity", db::TlsMode::verify_identity}};
  return {.side = side,
          .host = server.host,
          .port = static_cast<std::uint16_t>(server.port),
          .user = server.user,
          .password = server.password,
          .tls = kModes.at(server.tls),
          .tls_ca = server.tls_ca};
}

}  // namespace

Endpoints make_endpoints(const config::Config& config) {
  return {make_endpoint(config.source, base::Side::source),
          make_endpoint(config.target, base::Side::target)};
}

std::vector<db::Endpoint> replica_endpoints(const config::Config& config) {
  std::vector<db::Endpoint> replicas;
  for (const auto& [server, side] : {std::pair(&config.source, base::Side::source),
                                     std::pair(&config.target, base::Side::target)}) {
    for (const std::string& address : server->replicas) {
      const std::size_t colon = address.rfind(':');
      db::Endpoint replica = make_endpoint(*server, side);
      replica.host = address.substr(0, colon);
      replica.port = static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)));
      replicas.push_back(std::move(replica));
    }
  }
  return replicas;
}

}  // namespace flyover::migration
