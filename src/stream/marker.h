#pragma once
// Where a server's log stands, and where in it a marker row was written.

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "binlog/transaction.h"
#include "db/connection.h"
#include "mysql/identifier.h"
#include "mysql/position.h"

namespace flyover::stream {

/// The end of the server's binary log now. It may lie behind what a snapshot opened later sees (a
/// transaction is logged before it is visible), so it is never the start of a stream beside a
/// snapshot. Throws "source.binlog_off" when the server writes none.
mysql::BinlogPosition current_position(db::Connection& connection);

/// Reads the log from `from`, behind a whole transaction, until the transaction that inserted into
/// `table` a row of which one column's bytes equal `token`, and returns that transaction's end.
/// Nothing when stopped. Throws at the deadline ("source.marker_missing") and when the connection
/// is lost, which is worth a retry. `seen` gets every transaction up to the marker's, with its
/// statements and, of rows, those of `table`.
std::optional<mysql::BinlogPosition> find_marker(
    const db::Endpoint& endpoint, const mysql::BinlogPosition& from, const mysql::TableName& table,
    std::string_view token, std::chrono::steady_clock::time_point deadline, std::stop_token stop,
    const std::function<void(const binlog::Transaction&)>& seen = {});

}  // namespace flyover::stream
