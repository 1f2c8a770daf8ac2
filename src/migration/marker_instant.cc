#include "migration/marker_instant.h"

#include "base/random.h"
#include "migration/control_rows.h"

namespace flyover::migration {
namespace {

// The applier has to catch up with the marker: as long as the lag is, which a caller keeps small.
constexpr std::chrono::minutes kHeldDeadline{10};

}  // namespace

TableReadLock::TableReadLock(const db::Endpoint& endpoint,
                             const std::vector<mysql::TableName>& tables) {
  if (tables.empty()) return;
  connection_.emplace(db::Connection::open(endpoint));
  connection_->execute("SET SESSION lock_wait_timeout = 5");
  std::string sql = "LOCK TABLES ";
  for (const mysql::TableName& table : tables) {
    sql += (&table == &tables.front() ? "" : ", ") + table.quoted() + " READ";
  }
  connection_->execute(sql);
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
    const TableReadLock lock(options.from, locked_tables);
    open_source_snapshots();
    write_marker(marker_session, options.migration, "verify", token);
  }
  link_.applier().wait_held(std::chrono::steady_clock::now() + kHeldDeadline, stop_);
  open_target_snapshots();
}

}  // namespace flyover::migration
