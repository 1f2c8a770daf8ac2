#include "migration/session_defaults.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/log.h"
#include "migration/endpoints.h"
#include "schema/session.h"

namespace flyover::migration {
namespace {

/// Variables with the same name and meaning from 5.6 to 9.7.
constexpr std::string_view kVariables[] = {"group_concat_max_len",
                                           "innodb_lock_wait_timeout",
                                           "time_zone",
                                           "div_precision_increment",
                                           "autocommit",
                                           "wait_timeout",
                                           "lock_wait_timeout",
                                           "max_sort_length",
                                           "sql_select_limit",
                                           "sql_safe_updates",
                                           "sql_auto_is_null",
                                           "sql_big_selects",
                                           "max_join_size",
                                           "completion_type",
                                           "foreign_key_checks",
                                           "unique_checks",
                                           "default_week_format",
                                           "lc_time_names"};

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// The source's modes that the target knows; combinations such as TRADITIONAL are kept by their
/// parts.
std::string known_modes(const std::string& modes, const schema::Dialect& target) {
  std::string known;
  std::stringstream in(modes);
  for (std::string mode; std::getline(in, mode, ',');) {
    if (!target.sql_modes.contains(mode)) continue;
    known += (known.empty() ? "" : ",") + mode;
  }
  return known;
}

std::string isolation(db::Connection& connection) {
  const db::Table row = connection.query(
      "SHOW GLOBAL VARIABLES WHERE variable_name IN ('tx_isolation', 'transaction_isolation')");
  return row.empty() ? "" : row.text(0, "value");
}

std::vector<std::string> read_differences(db::Connection& source, db::Connection& target) {
  std::vector<std::string> statements;
  const schema::Dialect dialect = schema::read_dialect(target);
  const auto global = [](db::Connection& connection, std::string_view name) {
    return connection.query_value(fmt::format("SELECT @@global.{}", name)).value_or("");
  };
  statements.push_back(
      fmt::format("SET SESSION sql_mode = '{}'", known_modes(global(source, "sql_mode"), dialect)));
  for (const std::string_view name : kVariables) {
    const std::string value = global(source, name);
    if (value == global(target, name)) continue;
    statements.push_back(fmt::format("SET SESSION {} = {}", name,
                                     is_number(value) ? value : mysql::quote_bytes(value)));
  }
  std::string level = isolation(source);
  if (!level.empty() && level != isolation(target)) {
    std::replace(level.begin(), level.end(), '-', ' ');
    statements.push_back("SET SESSION TRANSACTION ISOLATION LEVEL " + level);
  }
  return statements;
}

}  // namespace

std::vector<std::string> target_session_init(const config::Config& config) {
  const std::filesystem::path file = config.state_dir / "session_defaults.json";
  try {
    const Endpoints endpoints = make_endpoints(config);
    db::Connection source = db::Connection::open(endpoints.source);
    db::Connection target = db::Connection::open(endpoints.target);
    std::vector<std::string> statements = read_differences(source, target);
    std::filesystem::create_directories(config.state_dir);
    std::ofstream(file) << nlohmann::json(statements).dump(2) << "\n";
    return statements;
  } catch (const base::ErrorException& e) {
    std::ifstream in(file);
    if (!in) throw;
    base::log::warn("proxy.session_defaults", "as remembered, because: {}", e.what());
    return nlohmann::json::parse(in).get<std::vector<std::string>>();
  }
}

}  // namespace flyover::migration
