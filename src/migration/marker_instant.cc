#include "migration/marker_instant.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/backoff.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "migration/control_rows.h"
#include "migration/still_table.h"
#include "schema/prepared_xa.h"

namespace flyover::migration {
namespace {

// The applier has to catch up with the marker: as long as the lag is, which a caller keeps small.
constexpr std::chrono::minutes kHeldDeadline{10};
// While a table is kept locked: only what comes behind the lag is to be applied.
constexpr std::chrono::seconds kStillDeadline{15};
constexpr int kLockAttempts = 20;

/// A transaction that is prepared keeps its locks, though no session shows it.
std::string waits_for(const std::vector<mysql::TableName>& tables, db::Connection& session) {
  std::string text = fmt::format("waiting for a lock on {}", tables.front().to_string());
  if (tables.size() > 1) text += fmt::format(" and {} more tables", tables.size() - 1);
  text += ", to which a transaction that is still open has written";
  const std::set<std::string> prepared = schema::prepared_xa(session);
  if (prepared.empty()) return text;
  return text + fmt::format(
                    "; it may be one of the {} XA transactions that are prepared: {}; XA "
                    "COMMIT or XA ROLLBACK each of them, by whoever owns them",
                    prepared.size(), schema::describe_xa(prepared));
}

}  // namespace

TableReadLock::TableReadLock(const db::Endpoint& endpoint,
                             const std::vector<mysql::TableName>& tables, std::stop_token stop,
                             const Told& told) {
  if (tables.empty()) return;
  connection_.emplace(db::Connection::open(endpoint));
  // Without autocommit, InnoDB takes a lock of its own on the table. On 5.6 that lock, and nothing
  // else, waits for transactions that have written to the table and are still open.
  connection_->execute(
      "SET SESSION autocommit = 0, innodb_table_locks = 1, lock_wait_timeout = 1, "
      "innodb_lock_wait_timeout = 1");
  std::string sql = "LOCK TABLES ";
  for (const mysql::TableName& table : tables) {
    sql += (&table == &tables.front() ? "" : ", ") + table.quoted() + " READ";
  }
  base::Backoff backoff(std::chrono::milliseconds(100), std::chrono::seconds(5));
  Telling waiting(told);
  for (int attempt = 1;; ++attempt) {
    try {
      connection_->execute(sql);
      return;
    } catch (const base::ErrorException& e) {
      connection_->execute("UNLOCK TABLES");
      const bool busy = e.error().action == base::Action::retry && attempt < kLockAttempts;
      if (!busy || !base::sleep_for(backoff.next(), stop)) throw;
      base::log::info("lock.retry", "{}", e.what());
      waiting.tell(waits_for(tables, *connection_));
    }
  }
}

void MarkerInstant::at_one_instant(const std::vector<mysql::TableName>& locked_tables,
                                   const std::function<void()>& open_source_snapshots,
                                   const std::function<void()>& open_target_snapshots) {
  const LinkOptions& options = link_.options();
  db::Connection marker_session = db::Connection::open(options.from);
  const std::string token = base::random_token();
  link_.applier().hold_at_marker(token);
  const ReleaseApplier release(link_.applier());
  {
    const TableReadLock lock(options.from, locked_tables, stop_, told_);
    open_source_snapshots();
    write_marker(marker_session, options.migration, "verify", token);
  }
  link_.applier().wait_held(std::chrono::steady_clock::now() + kHeldDeadline, stop_);
  open_target_snapshots();
}

void MarkerInstant::while_still(const schema::Table& table,
                                const std::function<void()>& open_source_snapshots,
                                const std::function<void()>& open_target_snapshots,
                                const std::function<void()>& compare) {
  const LinkOptions& options = link_.options();
  const auto of_source =
      std::find_if(options.tables.begin(), options.tables.end(),
                   [&](const schema::Table& one) { return one.name == table.name; });
  const bool still_source = of_source != options.tables.end() && !of_source->transactional();
  db::Connection marker_session = db::Connection::open(options.from);
  // The lag first, so that the table is not locked for it.
  const std::string near = base::random_token();
  write_marker(marker_session, options.migration, "verify", near);
  link_.applier().wait_marker_applied(near, std::chrono::steady_clock::now() + kHeldDeadline,
                                      stop_);
  const std::string token = base::random_token();
  link_.applier().hold_at_marker(token);
  const ReleaseApplier release(link_.applier());
  std::optional<StillTable> still;
  if (still_source) {
    still.emplace(options.from, *of_source, stop_, told_);
    open_source_snapshots();
    write_marker(marker_session, options.migration, "verify", token);
  } else {
    const TableReadLock lock(options.from, {table.name}, stop_, told_);
    open_source_snapshots();
    write_marker(marker_session, options.migration, "verify", token);
  }
  link_.applier().wait_held(std::chrono::steady_clock::now() + kStillDeadline, stop_);
  open_target_snapshots();
  // The target's snapshots are InnoDB's then.
  if (still_source) link_.applier().release();
  compare();
  if (still) still->check();
}

}  // namespace flyover::migration
