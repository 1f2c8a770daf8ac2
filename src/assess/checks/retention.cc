// The source must keep its binary logs for longer than the load takes, or the changes made during
// the load are gone before they can be applied.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "assess/registry.h"
#include "base/units.h"

namespace flyover::assess {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr seconds kSecondsPerDay = hours(24);
// Room for an interrupted load and for people who come back on Monday.
constexpr int kSafetyFactor = 2;
constexpr seconds kLeast = hours(24);

struct Retention {
  std::optional<seconds> kept{};  ///< nothing: for ever
  std::string setting{};          ///< "expire_logs_days = 1"
};

// The answer of RDS and Aurora, whose agent purges whatever the server's variables say. Nothing on
// other servers.
std::optional<Retention> rds_retention(Server& server) {
  static constexpr std::uint32_t kNoSuchTable = 1146;
  static constexpr std::uint32_t kDenied = 1142;
  const bool is_rds = server.variable("basedir").value_or("").find("rdsdbbin") != std::string::npos;
  db::Table rows;
  try {
    rows = server.connection.query(
        "SELECT value FROM mysql.rds_configuration WHERE name = 'binlog retention hours'");
  } catch (const base::ErrorException& e) {
    const bool absent =
        e.error().mysql_errno == kNoSuchTable || (e.error().mysql_errno == kDenied && !is_rds);
    if (absent) return std::nullopt;
    throw;
  }
  Retention retention;
  if (rows.empty() || rows.is_null(0, "value")) {
    retention.kept = seconds(0);
    retention.setting = "RDS 'binlog retention hours' is not set: logs go as soon as possible";
  } else {
    retention.kept = hours(rows.number(0, "value"));
    retention.setting = fmt::format("RDS 'binlog retention hours' = {}", rows.number(0, "value"));
  }
  return retention;
}

Retention server_retention(const Server& server) {
  const auto purges = server.variable("binlog_expire_logs_auto_purge");
  if (purges && !server.is_on("binlog_expire_logs_auto_purge")) {
    return {std::nullopt, "binlog_expire_logs_auto_purge = OFF"};
  }
  if (const auto expire = server.number("binlog_expire_logs_seconds"); expire > 0) {
    return {seconds(expire), fmt::format("binlog_expire_logs_seconds = {}", expire)};
  }
  if (const auto days = server.number("expire_logs_days"); days > 0) {
    return {kSecondsPerDay * days, fmt::format("expire_logs_days = {}", days)};
  }
  return {std::nullopt, "binary logs do not expire"};
}

std::string fix_for(const Server& server, bool rds, seconds needed) {
  const auto needed_hours = std::chrono::ceil<hours>(needed).count();
  if (rds) {
    return fmt::format("CALL mysql.rds_set_configuration('binlog retention hours', {});",
                       needed_hours);
  }
  if (server.variable("binlog_expire_logs_seconds")) {
    return fmt::format("SET GLOBAL binlog_expire_logs_seconds = {};", needed_hours * 3600);
  }
  return fmt::format("SET GLOBAL expire_logs_days = {};", (needed_hours + 23) / 24);
}

}  // namespace

void check_retention(CheckContext& context) {
  Server& source = context.source;
  if (!source.is_on("log_bin")) return;  // reported by the check of the binary log
  const std::optional<Retention> rds = rds_retention(source);
  const Retention retention = rds ? *rds : server_retention(source);
  const std::uint64_t speed =
      std::max<std::uint64_t>(context.request.options.load_bytes_per_second, 1);
  const seconds estimate((context.data_bytes() + context.index_bytes()) / speed);
  const seconds needed = std::max(estimate * kSafetyFactor, kLeast);
  const std::string text =
      fmt::format("{}; the load of {} takes about {} at {} per second", retention.setting,
                  base::format_bytes(context.data_bytes() + context.index_bytes()),
                  base::format_duration(estimate), base::format_bytes(speed));
  if (!retention.kept) {
    context.notice("source", text);
  } else if (*retention.kept < std::max(estimate, seconds(hours(1)))) {
    context.blocker("source", text + ": changes could be gone before they are applied",
                    fix_for(source, rds.has_value(), needed));
  } else if (*retention.kept < needed) {
    context.warning("source", text + ": too little room for an interruption",
                    fix_for(source, rds.has_value(), needed));
  } else {
    context.notice("source", text);
  }
}

}  // namespace flyover::assess
