// The binary log must carry every change as whole rows: on the source for the way there, on the
// target for the way back.

#include <fmt/format.h>

#include "assess/registry.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

// SHOW MASTER STATUS or its name since 8.2; the grammar is the only probe.
db::Table binlog_status(db::Connection& connection) {
  static constexpr std::uint32_t kSyntaxError = 1064;
  try {
    return connection.query("SHOW BINARY LOG STATUS");
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kSyntaxError) throw;
    return connection.query("SHOW MASTER STATUS");
  }
}

db::Table replica_status(db::Connection& connection) {
  static constexpr std::uint32_t kSyntaxError = 1064;
  try {
    return connection.query("SHOW REPLICA STATUS");
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kSyntaxError) throw;
    return connection.query("SHOW SLAVE STATUS");
  }
}

void require(CheckContext& context, const Server& server, const std::string& variable,
             const std::string& wanted, const std::string& why) {
  const auto value = server.variable(variable);
  if (!value || schema::to_upper(*value) == wanted) return;
  context.blocker(std::string(server.side_name()),
                  fmt::format("{} is {}; {}", variable, *value, why),
                  fmt::format("SET GLOBAL {} = {}; and the same in its configuration file or "
                              "parameter group; sessions that are open keep the old value until "
                              "they reconnect",
                              variable, wanted));
}

// Whole rows are the safer ones: what is missing is made up for while nothing else is known.
void check_row_image(CheckContext& context, const Server& server) {
  const std::string image = schema::to_upper(server.variable("binlog_row_image").value_or("FULL"));
  if (image == "FULL") return;
  context.warning(
      std::string(server.side_name()),
      fmt::format("binlog_row_image is {}: rows in the binary log lack columns. Changes "
                  "of tables with several unique keys wait for one another, and a "
                  "table whose keys change while it is copied is copied again",
                  image),
      "SET GLOBAL binlog_row_image = FULL; and the same in its configuration file or "
      "parameter group; sessions that are open keep the old value until they "
      "reconnect");
}

void check_filters(CheckContext& context, Server& server) {
  const db::Table status = binlog_status(server.connection);
  if (status.empty()) return;
  for (const std::string column : {"Binlog_Do_DB", "Binlog_Ignore_DB"}) {
    const std::string& schemas = status.text(0, column);
    if (schemas.empty()) continue;
    context.blocker(std::string(server.side_name()),
                    fmt::format("{} is '{}': changes of other schemas, or of sessions with "
                                "another default schema, never reach the binary log",
                                column, schemas),
                    "remove binlog-do-db and binlog-ignore-db from its configuration and restart");
  }
}

void check_side(CheckContext& context, Server& server) {
  const std::string object(server.side_name());
  if (!server.is_on("log_bin")) {
    context.blocker(object, "the binary log is off; changes can not be followed",
                    "set log-bin and a server-id in its configuration and restart; on RDS and "
                    "Aurora turn on automated backups (and binlog_format in the parameter group)");
    return;
  }
  require(context, server, "binlog_format", "ROW", "statements can not be replayed exactly");
  check_row_image(context, server);
  require(context, server, "binlog_order_commits", "ON",
          "commits may become visible in another order than logged, so that a snapshot without a "
          "lock has no exact position");
  if (server.number("server_id") == 0) {
    context.blocker(object, "server_id is 0; it answers no replica",
                    "SET GLOBAL server_id = <a number of its own>; and the same in its "
                    "configuration");
  }
  const std::string checksum = server.variable("binlog_checksum").value_or("NONE");
  if (checksum == "NONE") {
    context.notice(object, "binlog_checksum is NONE; damaged events are not noticed",
                   "SET GLOBAL binlog_checksum = CRC32;");
  }
  check_filters(context, server);
}

}  // namespace

void check_binlog(CheckContext& context) {
  check_side(context, context.source);
  check_side(context, context.target);
  const std::string source_id = context.source.variable("server_id").value_or("");
  if (source_id != "0" && source_id == context.target.variable("server_id")) {
    context.blocker("target", fmt::format("both servers have server_id {}", source_id),
                    "give the target a server_id of its own");
  }
  const bool is_replica = !replica_status(context.source.connection).empty();
  const bool logs_updates =
      context.source.is_on("log_slave_updates") || context.source.is_on("log_replica_updates");
  if (is_replica && !logs_updates) {
    context.blocker("source",
                    "it is a replica that does not log what it replicates "
                    "(log_slave_updates is off)",
                    "use its primary as the source, or set log-slave-updates and restart it");
  } else if (is_replica) {
    context.warning("source", "it is a replica; writes that reach its primary arrive later",
                    "use the server that the application writes to as the source");
  }
  if (!replica_status(context.target.connection).empty()) {
    context.blocker("target", "it replicates from another server, whose writes would mix with ours",
                    "STOP REPLICA; RESET REPLICA ALL;");
  }
}

}  // namespace flyover::assess
