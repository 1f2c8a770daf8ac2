#include "migration/copy_log.h"

#include <fmt/format.h>

#include <optional>

#include "base/error.h"

namespace flyover::migration {
namespace {

constexpr std::uint32_t kAccessDenied = 1227;
constexpr std::uint32_t kTableAccessDenied = 1142;

/// Who reads the log now, or is in a group with the server; nothing: nobody.
std::optional<std::string> reader_of_log(db::Connection& target) {
  // information_schema.processlist refuses while some session runs a statement whose bytes are no
  // UTF-8.
  const db::Table sessions = target.query("SHOW PROCESSLIST");
  for (std::size_t i = 0; i < sessions.rows.size(); ++i) {
    if (!sessions.text(i, "Command").starts_with("Binlog Dump")) continue;
    return fmt::format("{}@{} reads the target's binary log", sessions.text(i, "User"),
                       sessions.text(i, "Host"));
  }
  // The plugin's variable: there only where the plugin is.
  const db::Table group = target.query("SHOW GLOBAL VARIABLES LIKE 'group_replication_group_name'");
  if (!group.empty() && !group.text(0, "Value").empty()) {
    return "the target is a member of group " + group.text(0, "Value");
  }
  return std::nullopt;
}

/// An account that looks like that of a replica which is not connected; nothing: none. An account
/// that may do everything says nothing: every server has one.
std::optional<std::string> account_of_replica(db::Connection& target) {
  try {
    const db::Table accounts = target.query(
        "SELECT user AS u, host AS h FROM mysql.user WHERE Repl_slave_priv = 'Y' AND Super_priv = "
        "'N' AND account_locked = 'N' AND CONCAT(user, '@', host) <> CURRENT_USER() LIMIT 1");
    if (accounts.empty()) return std::nullopt;
    return fmt::format("{}@{} may be the account of a replica that is not connected",
                       accounts.text(0, "u"), accounts.text(0, "h"));
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kTableAccessDenied) throw;
    return "whether an account is a replica's can not be seen without SELECT on mysql.user";
  }
}

/// False: the rights are missing. The session is what it was.
bool may_leave_out(db::Connection& target) {
  try {
    target.execute("SET SESSION sql_log_bin = 0");
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kAccessDenied) throw;
    return false;
  }
  target.execute("SET SESSION sql_log_bin = 1");
  return true;
}

[[noreturn]] void refuse(const std::string& why, const std::string& hint) {
  base::throw_error({.code = "load.disable_binlog",
                     .side = base::Side::target,
                     .action = base::Action::pause,
                     .message = "load.disable_binlog is \"on\", but " + why,
                     .hint = hint});
}

}  // namespace

CopyLog decide_copy_log(db::Connection& target, const std::string& disable_binlog) {
  constexpr std::string_view kMissing = "the account lacks SESSION_VARIABLES_ADMIN";
  if (disable_binlog == "off") return {true, "load.disable_binlog is \"off\""};
  if (target.query_value("SELECT @@GLOBAL.log_bin") != "1") {
    return {true, "the target keeps no binary log"};
  }
  const bool asked = disable_binlog == "on";
  if (const auto reader = reader_of_log(target)) {
    if (asked) {
      refuse(*reader + " and would miss the rows", "Set it to \"auto\", or end that first.");
    }
    return {true, *reader};
  }
  if (!may_leave_out(target)) {
    if (asked) {
      refuse(std::string(kMissing),
             "GRANT SESSION_VARIABLES_ADMIN ON *.* to it, or set it to \"auto\".");
    }
    return {true, std::string(kMissing)};
  }
  if (asked) return {false, "load.disable_binlog is \"on\""};
  if (auto account = account_of_replica(target)) return {true, std::move(*account)};
  return {false, "no replica of the target can be seen"};
}

}  // namespace flyover::migration
