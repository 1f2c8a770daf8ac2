#include "db/error_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace flyover::db {
namespace {

struct Meaning {
  std::uint32_t number;
  std::string_view code;
  base::Action action;
  std::string_view hint;
};

using base::Action;

// Numbers from the server's errmsg list and libmariadb's errmsg.h.
constexpr Meaning kMeanings[] = {
    {1044, "access_denied", Action::pause, "Grant the missing right; `flyover assess` prints it."},
    {1045, "access_denied", Action::pause,
     "Check user and password in the configuration, and that the account may connect from here."},
    {1142, "access_denied", Action::pause, "Grant the missing right; `flyover assess` prints it."},
    {1143, "access_denied", Action::pause, "Grant the missing right; `flyover assess` prints it."},
    {1227, "access_denied", Action::pause, "Grant the missing right; `flyover assess` prints it."},
    {1040, "too_many_connections", Action::retry, "Raise max_connections on that server."},
    {1203, "too_many_connections", Action::retry, "Raise max_user_connections for the account."},
    {1021, "disk_full", Action::pause, "Free disk space on that server."},
    {1114, "table_full", Action::pause, "Free space or raise the table's limit on that server."},
    {1156, "lost", Action::retry, ""},
    {1158, "lost", Action::retry, ""},
    {1159, "lost", Action::retry, ""},
    {1160, "lost", Action::retry, ""},
    {1161, "lost", Action::retry, ""},
    {1205, "lock_wait", Action::retry, ""},
    {1213, "deadlock", Action::retry, ""},
    {3572, "lock_wait", Action::retry, ""},
    {1053, "shutdown", Action::retry, ""},
    {1077, "shutdown", Action::retry, ""},
    {1317, "interrupted", Action::retry, ""},
    {1927, "lost", Action::retry, ""},
    {2002, "unreachable", Action::retry, "Check host and port, and that the server is running."},
    {2003, "unreachable", Action::retry, "Check host and port, and that the server is running."},
    {2005, "unknown_host", Action::pause, "Check the host name in the configuration."},
    {2006, "lost", Action::retry, ""},
    {2012, "unreachable", Action::retry, "Check host and port, and that the server is running."},
    {2013, "lost", Action::retry, ""},
    {2027, "lost", Action::retry, ""},
    {2026, "tls", Action::pause,
     "Check the tls setting of this side and what the server supports."},
    {4031, "lost", Action::retry, "The session was idle longer than the server's wait_timeout."},
    {1236, "binlog_purged", Action::fail,
     "The binary log that is needed is gone. Lengthen its retention, then `flyover reload --table "
     "'*'` and run again: every table is copied again, and replication goes on from there."},
    {1290, "read_only", Action::pause, "The server is read-only for this account."},
    {1836, "read_only", Action::pause, "The server is read-only."},
    {1416, "geometry_refused", Action::pause,
     "This server does not store a geometry that the other one holds, such as a line of one point, "
     "a ring of less than four points or an empty MULTIPOINT. Mend the row, then go on."},
    {1153, "packet_too_large", Action::fail, "Raise max_allowed_packet on that server."},
};

}  // namespace

base::Error mysql_error(base::Side side, std::uint32_t number, std::string_view sqlstate,
                        std::string_view message, std::string_view where,
                        std::string_view statement) {
  static constexpr std::size_t kStatementBytesMax = 300;
  const auto* found = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                   [&](const Meaning& m) { return m.number == number; });
  const bool known = found != std::end(kMeanings);
  base::Error error;
  error.code = fmt::format("{}.{}", base::to_string(side),
                           known ? std::string(found->code) : fmt::format("mysql_{}", number));
  error.side = side;
  error.action = known ? found->action : Action::fail;
  error.mysql_errno = number;
  error.sqlstate = sqlstate;
  error.message =
      fmt::format("{}: {} (MySQL error {}, SQLSTATE {})", where, message, number, sqlstate);
  if (!statement.empty()) {
    error.message += " in: " + base::excerpt(statement, kStatementBytesMax);
  }
  if (known) error.hint = found->hint;
  return error;
}

}  // namespace flyover::db
