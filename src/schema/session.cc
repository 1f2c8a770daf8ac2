#include "schema/session.h"

#include <fmt/format.h>

#include <array>

#include "base/log.h"

namespace flyover::schema {
namespace {

// By bit. The combined names (ANSI, TRADITIONAL, …) stand beside the modes they are made of.
constexpr std::array<std::string_view, 33> kModes = {"REAL_AS_FLOAT",
                                                     "PIPES_AS_CONCAT",
                                                     "ANSI_QUOTES",
                                                     "IGNORE_SPACE",
                                                     "NOT_USED",
                                                     "ONLY_FULL_GROUP_BY",
                                                     "NO_UNSIGNED_SUBTRACTION",
                                                     "NO_DIR_IN_CREATE",
                                                     "POSTGRESQL",
                                                     "ORACLE",
                                                     "MSSQL",
                                                     "DB2",
                                                     "MAXDB",
                                                     "NO_KEY_OPTIONS",
                                                     "NO_TABLE_OPTIONS",
                                                     "NO_FIELD_OPTIONS",
                                                     "MYSQL323",
                                                     "MYSQL40",
                                                     "ANSI",
                                                     "NO_AUTO_VALUE_ON_ZERO",
                                                     "NO_BACKSLASH_ESCAPES",
                                                     "STRICT_TRANS_TABLES",
                                                     "STRICT_ALL_TABLES",
                                                     "NO_ZERO_IN_DATE",
                                                     "NO_ZERO_DATE",
                                                     "ALLOW_INVALID_DATES",
                                                     "ERROR_FOR_DIVISION_BY_ZERO",
                                                     "TRADITIONAL",
                                                     "NO_AUTO_CREATE_USER",
                                                     "HIGH_NOT_PRECEDENCE",
                                                     "NO_ENGINE_SUBSTITUTION",
                                                     "PAD_CHAR_TO_FULL_LENGTH",
                                                     "TIME_TRUNCATE_FRACTIONAL"};

constexpr std::uint32_t kWrongValueForVariable = 1231;

bool accepts_mode(db::Connection& connection, std::string_view mode) {
  try {
    connection.execute("SET SESSION sql_mode = '" + std::string(mode) + "'");
    return true;
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kWrongValueForVariable) throw;
    return false;
  }
}

// A session that could not be restored is of no use to anyone.
void restore(db::Connection& connection, const std::string& sql) {
  try {
    connection.execute(sql);
  } catch (const std::exception& e) {
    base::log::warn("schema.session_lost", "the session could not be restored: {}", e.what());
    connection.interrupt();
  }
}

}  // namespace

std::span<const std::string_view> sql_mode_names() {
  return kModes;
}

Dialect read_dialect(db::Connection& connection) {
  const SessionScope scope(connection, neutral_session_sql());
  Dialect dialect;
  dialect.version = connection.version();
  for (const std::string_view mode : kModes) {
    if (accepts_mode(connection, mode)) dialect.sql_modes.emplace(mode);
  }
  // On new servers it is more than the modes beside which it stands.
  connection.execute("SET SESSION sql_mode = 'ANSI'");
  const auto ansi = connection.query_value("SELECT @@session.sql_mode");
  if (ansi && ansi->find("ONLY_FULL_GROUP_BY") != std::string::npos)
    dialect.sql_modes.erase("ANSI");
  if (connection.version().at_least(8, 0)) dialect.sql_modes.emplace("TIME_TRUNCATE_FRACTIONAL");
  // Grammar cannot be probed without creating an event; the word came with 8.0.22.
  dialect.disable_on_replica = connection.version().at_least(8, 0, 22);
  dialect.restricts_standard_keys =
      !connection.query("SHOW VARIABLES LIKE 'restrict_fk_on_non_standard_key'").empty();
  const auto on = [&](std::string_view variable) {
    const db::Table row = connection.query(fmt::format("SHOW VARIABLES LIKE '{}'", variable));
    return !row.empty() && row.rows[0][1] == "ON";
  };
  dialect.generates_primary_keys = on("sql_generate_invisible_primary_key");
  dialect.requires_primary_keys = on("sql_require_primary_key");
  return dialect;
}

std::string utf8_session_sql() {
  return "SET SESSION character_set_client = utf8mb4, collation_connection = utf8mb4_general_ci, "
         "character_set_results = utf8mb4";
}

std::string ddl_session_sql(const Dialect& dialect) {
  std::string sql = utf8_session_sql() + ", foreign_key_checks = 0";
  if (dialect.restricts_standard_keys) sql += ", restrict_fk_on_non_standard_key = OFF";
  if (dialect.generates_primary_keys) sql += ", sql_generate_invisible_primary_key = OFF";
  if (dialect.requires_primary_keys) sql += ", sql_require_primary_key = OFF";
  return sql;
}

std::string neutral_session_sql() {
  return "SET SESSION character_set_client = binary, character_set_connection = binary, "
         "character_set_results = NULL, time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO', "
         "foreign_key_checks = 1";
}

SessionScope::SessionScope(db::Connection& connection, const std::string& set_sql)
    : connection_(connection) {
  connection.execute(set_sql);
}

SessionScope::~SessionScope() {
  restore(connection_, neutral_session_sql());
}

DefaultSchema::DefaultSchema(db::Connection& connection, const std::string& schema)
    : connection_(connection),
      before_(connection.query_value("SELECT DATABASE()").value_or("information_schema")) {
  connection.execute("USE " + mysql::quote_name(schema));
}

DefaultSchema::~DefaultSchema() {
  restore(connection_, "USE " + mysql::quote_name(before_));
}

}  // namespace flyover::schema
