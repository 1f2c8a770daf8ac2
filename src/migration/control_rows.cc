#include "migration/control_rows.h"

#include <fmt/format.h>

#include <optional>

#include "base/backoff.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "schema/control_schema.h"

namespace flyover::migration {
namespace {

std::int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

constexpr std::string_view kTables[] = {"marker",        "heartbeat", "checkpoint", "load_chunk",
                                        "paused_object", "ddl_step",  "unsettled"};

}  // namespace

mysql::TableName marker_table() {
  return {std::string(schema::kControlSchema), "marker"};
}
mysql::TableName heartbeat_table() {
  return {std::string(schema::kControlSchema), "heartbeat"};
}

void create_control_schema(db::Connection& connection) {
  for (const std::string& sql : schema::create_control_schema_sql()) connection.execute(sql);
}

void write_marker(db::Connection& connection, std::string_view migration, std::string_view purpose,
                  std::string_view token) {
  connection.execute(
      fmt::format("INSERT INTO {} (migration, purpose, token, written_us) VALUES ({}, {}, {}, {})",
                  marker_table().quoted(), mysql::quote_bytes(migration),
                  mysql::quote_bytes(purpose), mysql::quote_bytes(token), now_us()));
}

void run_heartbeat(const db::Endpoint& endpoint, const std::string& migration,
                   std::chrono::milliseconds interval, std::stop_token stop) {
  base::Backoff backoff(std::chrono::milliseconds(100), std::chrono::seconds(5));
  std::optional<db::Connection> connection;
  while (base::sleep_for(interval, stop)) {
    try {
      if (!connection) connection.emplace(db::Connection::open(endpoint));
      connection->execute(
          fmt::format("REPLACE INTO {} (migration, token, written_us) VALUES ({}, {}, {})",
                      heartbeat_table().quoted(), mysql::quote_bytes(migration),
                      mysql::quote_bytes(base::random_token()), now_us()));
      backoff.reset();
    } catch (const base::ErrorException& e) {
      if (e.error().action != base::Action::retry) throw;
      base::log::warn("heartbeat.lost", "{}", e.what());
      connection.reset();
      base::sleep_for(backoff.next(), stop);
    }
  }
}

void drop_control_rows(db::Connection& connection, std::string_view migration) {
  const std::string control = mysql::quote_name(schema::kControlSchema);
  if (!connection.query_value("SELECT 1 FROM information_schema.schemata WHERE schema_name = " +
                              mysql::quote_bytes(schema::kControlSchema))) {
    return;
  }
  bool others = false;
  for (const std::string_view table : kTables) {
    const std::string name = control + "." + mysql::quote_name(table);
    connection.execute(
        fmt::format("DELETE FROM {} WHERE migration = {}", name, mysql::quote_bytes(migration)));
    others = others || connection.query_value("SELECT 1 FROM " + name + " LIMIT 1").has_value();
  }
  if (!others) connection.execute("DROP DATABASE " + control);
}

}  // namespace flyover::migration
