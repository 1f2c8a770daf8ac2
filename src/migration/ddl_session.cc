#include "migration/ddl_session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "mysql/identifier.h"

namespace flyover::migration {
namespace {

// flags2 of a Query event.
constexpr std::uint32_t kAutoIsNull = 1U << 14;
constexpr std::uint32_t kNoForeignKeyChecks = 1U << 26;
constexpr std::uint32_t kRelaxedUniqueChecks = 1U << 27;

constexpr std::uint16_t kUtf8mb4GeneralCi = 45;

std::uint16_t known_collation(db::Connection& connection, std::uint16_t id) {
  const bool known =
      connection
          .query_value(fmt::format("SELECT 1 FROM information_schema.collations WHERE id = {}", id))
          .has_value();
  // Only utf8mb4 got collations that older servers do not have.
  return known ? id : kUtf8mb4GeneralCi;
}

// Sets those of the variables that the server has and that stand otherwise: some need a right.
void set_where_different(db::Connection& connection,
                         const std::map<std::string, std::string>& wanted) {
  std::vector<std::string> names;
  for (const auto& [name, value] : wanted) names.push_back(mysql::quote_bytes(name));
  const db::Table now = connection.query(
      fmt::format("SHOW SESSION VARIABLES WHERE variable_name IN ({})", fmt::join(names, ", ")));
  for (std::size_t i = 0; i < now.rows.size(); ++i) {
    const std::string& name = now.text(i, "variable_name");
    const auto found = wanted.find(name);
    if (found == wanted.end() || now.text(i, "value") == found->second) continue;
    connection.execute(fmt::format("SET SESSION {} = {}", name, found->second));
  }
}

bool has_variable(db::Connection& connection, std::string_view name) {
  return !connection.query(fmt::format("SHOW VARIABLES LIKE '{}'", name)).empty();
}

void set_character_sets(db::Connection& connection, const binlog::StatementSession& session) {
  if (session.client_charset && session.connection_collation && session.server_collation) {
    connection.execute(
        fmt::format("SET SESSION character_set_client = {}, collation_connection = {}, "
                    "collation_server = {}",
                    known_collation(connection, *session.client_charset),
                    known_collation(connection, *session.connection_collation),
                    known_collation(connection, *session.server_collation)));
  }
  if (has_variable(connection, "default_collation_for_utf8mb4")) {
    // A server before 8.0.11 does not say it, because it had one only.
    connection.execute(
        fmt::format("SET SESSION default_collation_for_utf8mb4 = {}",
                    session.default_collation_for_utf8mb4.value_or(kUtf8mb4GeneralCi)));
  }
}

}  // namespace

std::string sql_mode_of(std::uint64_t bits, const schema::Dialect& dialect) {
  const std::span<const std::string_view> names = schema::sql_mode_names();
  std::string modes;
  for (std::size_t bit = 0; bit < names.size(); ++bit) {
    const bool set = (bits >> bit & 1) != 0;
    if (!set || !dialect.sql_modes.contains(std::string(names[bit]))) continue;
    modes += (modes.empty() ? "" : ",") + std::string(names[bit]);
  }
  return modes;
}

void enter_session(db::Connection& connection, const schema::Dialect& dialect,
                   const binlog::StatementChange& statement) {
  const binlog::StatementSession& session = statement.session;
  const bool schema_there =
      !statement.schema.empty() &&
      connection
          .query_value("SELECT 1 FROM information_schema.schemata WHERE schema_name = _utf8mb4" +
                       mysql::quote_bytes(statement.schema))
          .has_value();
  if (schema_there) connection.execute("USE " + mysql::quote_name(statement.schema));
  const std::uint32_t flags = session.flags2.value_or(0);
  set_where_different(connection, {{"innodb_strict_mode", "OFF"},
                                   {"sql_generate_invisible_primary_key", "OFF"},
                                   {"sql_require_primary_key", "OFF"},
                                   {"restrict_fk_on_non_standard_key", "OFF"},
                                   {"lock_wait_timeout", "60"}});
  set_character_sets(connection, session);
  std::string sql = fmt::format(
      "SET SESSION sql_mode = '{}', foreign_key_checks = {}, unique_checks = {}, "
      "sql_auto_is_null = {}, auto_increment_increment = {}, auto_increment_offset = {}, "
      "timestamp = {}.{:06}",
      sql_mode_of(statement.sql_mode, dialect), (flags & kNoForeignKeyChecks) == 0 ? 1 : 0,
      (flags & kRelaxedUniqueChecks) == 0 ? 1 : 0, (flags & kAutoIsNull) == 0 ? 0 : 1,
      session.auto_increment_increment.value_or(1), session.auto_increment_offset.value_or(1),
      session.timestamp_s, session.microseconds);
  if (!session.time_zone.empty() && session.time_zone != "SYSTEM") {
    sql += ", time_zone = " + mysql::quote_bytes(session.time_zone);
  }
  if (session.lc_time_names) sql += fmt::format(", lc_time_names = {}", *session.lc_time_names);
  connection.execute(sql);
}

}  // namespace flyover::migration
