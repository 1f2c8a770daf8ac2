// Which servers these are, and whether this direction is one that flyover moves in.

#include <fmt/format.h>

#include <cstdlib>

#include "assess/registry.h"
#include "mysql/identifier.h"

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

// A winter's and a summer's instant as the server's machine shows them.
std::string system_zone(Server& server) {
  server.connection.execute("SET SESSION time_zone = 'SYSTEM'");
  const auto shown = server.connection.query_value(
      "SELECT CONCAT(FROM_UNIXTIME(1705276800), ' and ', FROM_UNIXTIME(1721001600))");
  server.connection.execute("SET SESSION time_zone = '+00:00'");
  return shown.value_or("");
}

// The same instants in the zone `name`; empty when the server does not know it.
std::string shown_in(Server& server, const std::string& name) {
  const std::string zone = "_utf8" + mysql::quote_bytes(name);
  const auto shown = server.connection.query_value(
      fmt::format("SELECT CONCAT(CONVERT_TZ('2024-01-15', '+00:00', {0}), ' and ', "
                  "CONVERT_TZ('2024-07-15', '+00:00', {0}))",
                  zone));
  return shown.value_or("");
}

// A name is known by the tables of zones, which a new server does not have.
void check_named_zones(CheckContext& context, const std::string& default_zone) {
  constexpr const char* kLoad =
      "mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql -u root -p mysql, on the target";
  const std::string here = shown_in(context.source, default_zone);
  const std::string there = shown_in(context.target, default_zone);
  if (there.empty()) {
    context.blocker("target",
                    fmt::format("it does not know the source's time_zone '{}', which the endpoint "
                                "gives to every session: none could log in after the switch",
                                default_zone),
                    kLoad);
  } else if (here != there) {
    context.warning("target",
                    fmt::format("the zone '{}' has other rules there ({}) than on the source ({}): "
                                "local times and NOW() change at the switch",
                                default_zone, there, here),
                    kLoad);
  } else if (!shown_in(context.source, "UTC").empty() && shown_in(context.target, "UTC").empty()) {
    context.warning("target",
                    "the source knows time zones by name and the target does not: sessions that "
                    "SET time_zone to a name could not move, and the statement would fail there",
                    kLoad);
  }
}

// Sessions that move are given the source's time_zone. SYSTEM is whatever the machine has.
void check_time_zones(CheckContext& context) {
  const std::string default_zone = context.source.variable("time_zone").value_or("SYSTEM");
  check_named_zones(context, default_zone == "SYSTEM" ? "+00:00" : default_zone);
  if (default_zone != "SYSTEM") return;
  if (system_zone(context.source) == system_zone(context.target)) return;
  context.warning(
      "target",
      fmt::format("time_zone is SYSTEM on the source, and the machines are in different zones ({} "
                  "and {}): TIMESTAMP values stay the same instants, but sessions that do not set "
                  "a zone would see them, and NOW(), in another zone after the switch",
                  context.source.variable("system_time_zone").value_or(""),
                  context.target.variable("system_time_zone").value_or("")),
      "give the target's machine the zone of the source's, or set time_zone on the source to "
      "something else than SYSTEM");
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
  check_time_zones(context);
  const long difference = now(context.source) - now(context.target);
  if (std::labs(difference) > kClockDifferenceSecondsMax) {
    context.warning("servers",
                    fmt::format("the clocks differ by {} seconds; NOW() jumps at the switch",
                                std::labs(difference)),
                    "synchronise both servers with NTP");
  }
}

}  // namespace flyover::assess
