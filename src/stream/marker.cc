#include "stream/marker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "stream/dump_session.h"
#include "stream/transaction_assembler.h"

namespace flyover::stream {
namespace {

constexpr std::uint32_t kSyntaxError = 1064;
constexpr std::chrono::milliseconds kHeartbeatPeriod{100};

bool inserts_token(const binlog::Transaction& transaction, std::string_view token) {
  return std::any_of(
      transaction.changes.begin(), transaction.changes.end(), [&](const binlog::Change& change) {
        const auto* rows = std::get_if<binlog::RowsChange>(&change);
        return rows != nullptr && rows->kind == binlog::ChangeKind::insert &&
               std::any_of(rows->values.begin(), rows->values.end(),
                           [&](const binlog::Value& value) { return value.bytes == token; });
      });
}

}  // namespace

mysql::BinlogPosition current_position(db::Connection& connection) {
  db::Table status;
  try {
    status = connection.query("SHOW BINARY LOG STATUS");  // 8.2 and later.
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kSyntaxError) throw;
    status = connection.query("SHOW MASTER STATUS");
  }
  if (status.empty()) {
    const std::string_view side = base::to_string(connection.side());
    base::throw_error({.code = fmt::format("{}.binlog_off", side),
                       .side = connection.side(),
                       .action = base::Action::pause,
                       .message = fmt::format("{} {} writes no binary log", side,
                                              connection.endpoint().address()),
                       .hint = "Start the server with --log-bin and --binlog-format=ROW."});
  }
  return {status.text(0, "File"), status.number(0, "Position")};
}

std::optional<mysql::BinlogPosition> find_marker(
    const db::Endpoint& endpoint, const mysql::BinlogPosition& from, const mysql::TableName& table,
    std::string_view token, std::chrono::steady_clock::time_point deadline, std::stop_token stop,
    const std::function<void(const binlog::Transaction&)>& seen) {
  const schema::Table wanted{.name = table};
  std::optional<mysql::BinlogPosition> found;
  TransactionAssembler assembler(
      {.may_pass_incident = [](const mysql::BinlogPosition&) { return true; },
       .filter = [&](const mysql::TableName& name) { return name == table ? &wanted : nullptr; },
       .match_schema = false,
       // Markers are never in one.
       .may_miss_prepared = [](const mysql::BinlogPosition&) { return true; },
       .side = endpoint.side},
      from, [&](binlog::Transaction transaction) {
        if (!found && seen) seen(transaction);
        if (!found && inserts_token(transaction, token)) found = std::move(transaction.end);
      });
  DumpSession session(endpoint, kHeartbeatPeriod);
  const db::InterruptOnStop interrupt(session.connection(), stop);
  try {
    session.start(from);
    while (!found) {
      const std::optional<DumpedEvent> event = session.next();
      if (stop.stop_requested()) return std::nullopt;
      if (!event || std::chrono::steady_clock::now() > deadline) {
        base::throw_error(
            {.code = fmt::format("{}.marker_missing", base::to_string(endpoint.side)),
             .side = endpoint.side,
             .action = base::Action::retry,
             .message = fmt::format("no row {} of {} in the binary log of {} behind {}", token,
                                    table.to_string(), endpoint.address(), from.to_string()),
             .hint = "Check that the server logs this schema (binlog-do-db, binlog-ignore-db)."});
      }
      auto error = assembler.take(event->view, {*event->file, event->start, event->end});
      if (error) base::throw_error(std::move(*error));
    }
  } catch (const base::ErrorException&) {
    if (stop.stop_requested()) return std::nullopt;
    throw;
  }
  return found;
}

}  // namespace flyover::stream
