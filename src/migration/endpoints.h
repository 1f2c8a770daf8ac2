#pragma once
// The two servers of a migration, and which of them a link reads and writes.

#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "db/connection.h"

namespace flyover::migration {

/// Both servers as sessions are opened to them.
struct Endpoints {
  db::Endpoint source;
  db::Endpoint target;

  const db::Endpoint& of(base::Side side) const {
    return side == base::Side::source ? source : target;
  }
};

Endpoints make_endpoints(const config::Config& config);
/// The replicas that the configuration names, of both servers.
std::vector<db::Endpoint> replica_endpoints(const config::Config& config);

inline base::Side other(base::Side side) {
  return side == base::Side::source ? base::Side::target : base::Side::source;
}

}  // namespace flyover::migration
