// Which servers these are, and whether this direction is one that flyover moves in.

#include <fmt/format.h>

#include <cstdlib>

#include "assess/registry.h"

namespace flyover::assess {
namespace {

constexpr std::uint32_t kOldestMajor = 5;
constexpr std::uint32_t kOldestMinor = 6;
constexpr long kClockDifferenceSecondsMax = 5;

void check_product(CheckContext& context, const Server& server) {
  const std::string object(server.side_name());
  const mysql::Version& version = server.connection.version();
  if (version.mariadb) {
    context.blocker(object, "it is MariaDB, which flyover does not move",
                    "use a MySQL server on this side");
  } else if (!version.at_least(kOldestMajor, kOldestMinor)) {
    context.blocker(object, fmt::format("MySQL {} is older than 5.6", version.to_string()),
                    "upgrade it to 5.6 first");
  }
}

}  // namespace

void check_versions(CheckContext& context) {
  check_product(context, context.source);
  check_product(context, context.target);
  const mysql::Version& from = context.source.connection.version();
  const mysql::Version& to = context.target.connection.version();
  context.notice(
      "servers",
      fmt::format("from MySQL {} at {} to MySQL {} at {}", context.source.connection.version_text(),
                  context.request.source.address(), context.target.connection.version_text(),
                  context.request.target.address()));
  if (!to.at_least(8, 0)) {
    context.blocker("target", fmt::format("MySQL {} as a target is not supported", to.to_string()),
                    "use MySQL 8.0 or newer as the target");
  }
  if (from.at_least(to.major_number, to.minor_number + 1)) {
    context.blocker(
        "target",
        fmt::format("MySQL {} is older than the source's {}", to.to_string(), from.to_string()),
        "exchange [source] and [target], or use a newer target");
  }
  const auto uuid = context.source.variable("server_uuid");
  if (uuid && uuid == context.target.variable("server_uuid")) {
    context.blocker("target", "source and target are the same server",
                    "correct host and port of one of them");
  }
  const auto now = [](Server& server) {
    return std::strtol(
        server.connection.query_value("SELECT UNIX_TIMESTAMP()").value_or("0").c_str(), nullptr,
        10);
  };
  const long difference = now(context.source) - now(context.target);
  if (std::labs(difference) > kClockDifferenceSecondsMax) {
    context.warning("servers",
                    fmt::format("the clocks differ by {} seconds; NOW() jumps at the switch",
                                std::labs(difference)),
                    "synchronise both servers with NTP");
  }
}

}  // namespace flyover::assess
