#include "migration/still_table.h"

#include <fmt/format.h>
#include <strings.h>

#include "base/backoff.h"
#include "base/log.h"
#include "base/task_group.h"

namespace flyover::migration {
namespace {

constexpr int kLockAttempts = 20;

}  // namespace

void check_no_delayed_inserts(db::Connection& connection) {
  const db::Table status = connection.query("SHOW GLOBAL STATUS LIKE 'Delayed_insert_threads'");
  if (status.empty() || status.number(0, "Value") == 0) return;
  base::throw_error(
      {.code = "source.delayed_inserts",
       .side = connection.side(),
       .action = base::Action::pause,
       .message = "sessions of that server use INSERT DELAYED: the rows are acknowledged before "
                  "they are in the table and in the binary log, and no lock waits for them",
       .hint = "SET GLOBAL max_delayed_threads = 0; makes INSERT DELAYED an ordinary INSERT for "
               "sessions that connect from now on. Let the others reconnect, run FLUSH TABLES; and "
               "go on when SHOW GLOBAL STATUS LIKE 'Delayed_insert_threads' is 0."});
}

StillTable::StillTable(const db::Endpoint& endpoint, const schema::Table& table,
                       std::stop_token stop, const Told& told)
    : connection_(db::Connection::open(endpoint)) {
  connection_.execute("SET SESSION lock_wait_timeout = 1");
  base::Backoff backoff(std::chrono::milliseconds(100), std::chrono::seconds(5));
  Telling waiting(told);
  for (int attempt = 1; !try_lock(table); ++attempt) {
    waiting.tell(fmt::format(
        "waiting for a lock on {}, which a statement or LOCK TABLES of another session holds",
        table.name.to_string()));
    if (attempt == kLockAttempts || !base::sleep_for(backoff.next(), stop)) {
      base::throw_error(
          {.code = "lock.busy",
           .side = connection_.side(),
           .action = base::Action::retry,
           .message = fmt::format("{} could not be locked READ in {} attempts of a second each",
                                  table.name.to_string(), attempt),
           .hint = "SHOW PROCESSLIST shows who holds it: a long statement, or LOCK TABLES."});
    }
  }
  check_no_delayed_inserts(connection_);
}

bool StillTable::try_lock(const schema::Table& table) {
  const bool archive = strcasecmp(table.engine.c_str(), "ARCHIVE") == 0;
  const std::string name = table.name.quoted();
  try {
    connection_.execute(archive ? "FLUSH TABLES " + name + " WITH READ LOCK"
                                : "LOCK TABLES " + name + " READ");
    return true;
  } catch (const base::ErrorException& e) {
    if (e.error().action != base::Action::retry || db::session_lost(e.error())) throw;
    base::log::info("lock.retry", "{}", e.what());
    return false;
  }
}

void StillTable::check() {
  try {
    connection_.query_value("SELECT 1");
  } catch (const base::ErrorException& e) {
    base::Error error = e.error();
    error.code = "lock.lost";
    error.action = base::Action::retry;
    error.message = "the session that kept the table locked has ended: " + error.message;
    base::throw_error(std::move(error));
  }
}

}  // namespace flyover::migration
