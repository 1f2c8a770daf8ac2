#include "proxy/server.h"

#include <fmt/format.h>

namespace flyover::proxy {

Server::Server(base::Side side, const ServerAddress& address, ConnectionRegistry& registry)
    : side_(side),
      address_(address),
      registry_(registry),
      tls_(boost::asio::ssl::context::tls_client) {
  const bool verify = address.tls == TlsMode::verify_ca || address.tls == TlsMode::verify_identity;
  tls_.set_verify_mode(verify ? boost::asio::ssl::verify_peer : boost::asio::ssl::verify_none);
  if (!verify) return;
  boost::system::error_code error;
  if (address.tls_ca.empty()) {
    tls_.set_default_verify_paths(error);
  } else {
    tls_.load_verify_file(address.tls_ca, error);
  }
  if (error) {
    base::throw_error({.code = "proxy.bad_tls_ca",
                       .side = side,
                       .action = base::Action::fail,
                       .message = fmt::format("the CA certificates for the {} can not be read: {}",
                                              base::to_string(side), error.message()),
                       .hint = "check the CA file of the configuration"});
  }
}

std::string Server::name() const {
  return fmt::format("{} {}:{}", base::to_string(side_), address_.host, address_.port);
}

void Server::set_version(const std::string& text) {
  if (text == version_text_) return;
  version_text_ = text;
  version_ = mysql::Version::parse(text);
}

}  // namespace flyover::proxy
