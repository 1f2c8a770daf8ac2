#include "migration/writing_sessions.h"

#include <set>

#include "base/error.h"
#include "base/task_group.h"
#include "migration/stopped.h"

namespace flyover::migration {
namespace {

constexpr std::chrono::milliseconds kPollInterval{2};
constexpr std::uint32_t kCannotConvertStatement = 3854;
constexpr std::uint32_t kTableAccessDenied = 1142;

std::set<std::uint64_t> ids_of(const db::Table& rows) {
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) ids.insert(rows.number(i, "id"));
  return ids;
}

/// Whoever writes rows of a table holds this lock on it, as do a few who only may write; nothing
/// where the server does not show it.
std::set<std::uint64_t> with_locks(db::Connection& connection) {
  try {
    return ids_of(connection.query(
        "SELECT DISTINCT t.processlist_id AS id FROM performance_schema.data_locks l JOIN "
        "performance_schema.threads t USING (thread_id) WHERE l.lock_mode = 'IX' AND "
        "t.processlist_id IS NOT NULL"));
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kTableAccessDenied) throw;
    return {};
  }
}

std::set<std::uint64_t> with_changes(db::Connection& connection,
                                     std::chrono::steady_clock::time_point deadline,
                                     const std::stop_token& stop) {
  while (true) {
    try {
      return ids_of(
          connection.query("SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx "
                           "WHERE trx_rows_modified > 0"));
    } catch (const base::ErrorException& e) {
      if (e.error().mysql_errno != kCannotConvertStatement) throw;
      const std::set<std::uint64_t> ids = with_locks(connection);
      if (!ids.empty()) return ids;
      if (std::chrono::steady_clock::now() > deadline) throw;
    }
    if (!base::sleep_for(kPollInterval, stop)) throw_stopped("looking for sessions that write");
  }
}

}  // namespace

std::vector<WritingSession> writing_sessions(db::Connection& connection,
                                             std::chrono::steady_clock::time_point deadline,
                                             std::stop_token stop) {
  const std::set<std::uint64_t> ids = with_changes(connection, deadline, stop);
  std::vector<WritingSession> writing;
  if (ids.empty()) return writing;
  const std::string ours =
      connection.query_value("SELECT SUBSTRING_INDEX(USER(), '@', 1)").value_or("");
  // information_schema.processlist, too, refuses while such a statement is running.
  const db::Table sessions = connection.query("SHOW PROCESSLIST");
  for (std::size_t i = 0; i < sessions.rows.size(); ++i) {
    const std::string& user = sessions.text(i, "User");
    if (!ids.contains(sessions.number(i, "Id"))) continue;
    if (user == ours || user == "system user" || user == "event_scheduler") continue;
    writing.push_back({sessions.number(i, "Id"), user, sessions.text(i, "Host")});
  }
  return writing;
}

}  // namespace flyover::migration
