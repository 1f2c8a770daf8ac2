#pragma once
// One of the two servers as the proxy knows it, and the list of our connections to both.

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <set>
#include <string>

#include "base/error.h"
#include "mysql/version.h"
#include "proxy/options.h"

namespace flyover::proxy {

/// Ids of the connections that we have open, so that the controller can tell them from foreign
/// ones. Belongs to the proxy's thread.
class ConnectionRegistry {
 public:
  void add(base::Side side, std::uint32_t id) { ids(side).insert(id); }
  void remove(base::Side side, std::uint32_t id) {
    const auto found = ids(side).find(id);
    if (found != ids(side).end()) ids(side).erase(found);
  }
  const std::multiset<std::uint32_t>& of(base::Side side) const {
    return side == base::Side::target ? target_ : source_;
  }

 private:
  std::multiset<std::uint32_t>& ids(base::Side side) {
    return side == base::Side::target ? target_ : source_;
  }
  std::multiset<std::uint32_t> source_;
  std::multiset<std::uint32_t> target_;
};

/// Belongs to the proxy's thread; outlives every Backend that refers to it.
class Server {
 public:
  /// Throws "proxy.bad_tls_ca" when the CA file can not be read.
  Server(base::Side side, const ServerAddress& address, ConnectionRegistry& registry);

  base::Side side() const { return side_; }
  const ServerAddress& address() const { return address_; }
  ConnectionRegistry& registry() { return registry_; }
  boost::asio::ssl::context& tls() { return tls_; }

  /// "source 127.0.0.1:3306", for messages.
  std::string name() const;

  /// As of the last login there; empty before the first one.
  const std::string& version_text() const { return version_text_; }
  const mysql::Version& version() const { return version_; }
  void set_version(const std::string& text);

  /// TLS was offered but did not work, and the mode allows to do without.
  bool tls_unusable() const { return tls_unusable_; }
  void set_tls_unusable() { tls_unusable_ = true; }

 private:
  const base::Side side_;
  const ServerAddress address_;
  ConnectionRegistry& registry_;
  boost::asio::ssl::context tls_;
  std::string version_text_;
  mysql::Version version_;
  bool tls_unusable_ = false;
};

}  // namespace flyover::proxy
