#pragma once
// flyover's own rows on the servers: markers that make a moment findable in the binlog, and the
// heartbeat that measures the lag.

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "db/connection.h"
#include "mysql/identifier.h"

namespace flyover::migration {

/// Creates what is missing of the control schema. May be run again at any time.
void create_control_schema(db::Connection& connection);

/// Commits a row with `token` (base::random_token()). When the call returns, every transaction
/// before the marker in the binlog is visible to new snapshots (with binlog_order_commits=ON).
void write_marker(db::Connection& connection, std::string_view migration, std::string_view purpose,
                  std::string_view token);

/// Beats every `interval` until stopped, over a session of its own that is opened again when lost.
void run_heartbeat(const db::Endpoint& endpoint, const std::string& migration,
                   std::chrono::milliseconds interval, std::stop_token stop);

/// Removes this migration's rows; drops the control schema when no other migration uses it. May be
/// run again.
void drop_control_rows(db::Connection& connection, std::string_view migration);

mysql::TableName marker_table();
mysql::TableName heartbeat_table();

}  // namespace flyover::migration
