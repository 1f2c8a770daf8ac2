// The proxy logs in for the application, on either side.

#include <fmt/format.h>

#include "assess/grants.h"
#include "assess/registry.h"

namespace flyover::assess {
namespace {

// The account's rights as SHOW GRANTS prints them; nothing when it can not log in.
std::optional<std::vector<std::string>> log_in(CheckContext& context, const db::Endpoint& side,
                                               const ProxyUser& user) {
  db::Endpoint endpoint = side;
  endpoint.user = user.name;
  endpoint.password = user.password;
  try {
    db::Connection connection = db::Connection::open(endpoint);
    std::vector<std::string> lines;
    for (const auto& row : connection.query("SHOW GRANTS").rows) {
      lines.push_back(row[0].value_or(""));
    }
    return lines;
  } catch (const base::ErrorException& e) {
    context.blocker(
        fmt::format("application account {} on the {}", user.name, base::to_string(side.side)),
        e.error().message,
        side.side == base::Side::target
            ? fmt::format("CREATE USER {}@'%' IDENTIFIED BY '<password>'; with the rights that it "
                          "has on the source",
                          mysql::quote_bytes(user.name))
            : "correct [[proxy.users]] in the configuration");
    return std::nullopt;
  }
}

bool only_usage(const std::vector<std::string>& lines) {
  return lines.size() == 1 && lines[0].starts_with("GRANT USAGE ON *.*");
}

}  // namespace

void check_proxy_users(CheckContext& context) {
  for (const ProxyUser& user : context.request.proxy_users) {
    context.stop_if_requested();
    const auto on_source = log_in(context, context.request.source, user);
    const auto on_target = log_in(context, context.request.target, user);
    if (!on_source || !on_target) continue;
    const std::string object = fmt::format("application account {} on the target", user.name);
    if (only_usage(*on_target) && !only_usage(*on_source)) {
      context.blocker(object, "it can log in, but has no rights at all",
                      "grant it what it has on the source (SHOW GRANTS there)");
      continue;
    }
    Grants source;
    Grants target;
    for (const std::string& line : *on_source) source.add(line);
    for (const std::string& line : *on_target) target.add(line);
    for (const schema::Schema& schema : context.catalog.schemas) {
      std::string missing;
      for (const char* right : {"SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE"}) {
        if (source.has(right, schema.name) && !target.has(right, schema.name)) {
          missing += (missing.empty() ? "" : ", ") + std::string(right);
        }
      }
      if (missing.empty()) continue;
      context.blocker(
          object,
          fmt::format("it lacks {} on schema {}, which it has on the source", missing, schema.name),
          fmt::format("GRANT {} ON {}.* TO {};", missing,
                      mysql::quote_name(grant_pattern_of(schema.name)),
                      mysql::quote_bytes(user.name)));
    }
  }
}

}  // namespace flyover::assess
