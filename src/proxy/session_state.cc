#include "proxy/session_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mysql/identifier.h"
#include "mysql/response.h"

namespace flyover::proxy {
namespace {

constexpr std::uint8_t kTypeTiny = 1, kTypeShort = 2, kTypeLong = 3, kTypeFloat = 4,
                       kTypeDouble = 5, kTypeLongLong = 8, kTypeInt24 = 9, kTypeYear = 13,
                       kTypeNewDecimal = 246, kTypeDecimal = 0;
/// Cells of state_query() before the variables.
constexpr std::size_t kFixedCells = 2;
/// Cells per user variable.
constexpr std::size_t kUserVariableCells = 3;

base::Error unmovable(std::string message) {
  return {.code = "proxy.unmovable",
          .side = base::Side::endpoint,
          .action = base::Action::fail,
          .message = std::move(message)};
}

bool is_integer(std::uint8_t type) {
  return type == kTypeTiny || type == kTypeShort || type == kTypeLong || type == kTypeLongLong ||
         type == kTypeInt24 || type == kTypeYear;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// A system variable's value as a literal.
base::Result<std::string> literal(const Cell& cell, const std::string& value,
                                  std::string_view variable) {
  if (!cell.text) return std::string("NULL");
  if (is_integer(cell.type) || cell.type == kTypeNewDecimal || cell.type == kTypeDouble) {
    return value;
  }
  if (!is_ascii(value) || value.find('\\') != std::string::npos) {
    return unmovable(fmt::format("the value of {} can not be set again", variable));
  }
  std::string out = "'";
  for (const char c : value) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

/// A user variable's value as a literal of the same type.
base::Result<std::string> user_literal(const Cell& plain, const Cell& hex, const Cell& collation,
                                       const mysql::Version& to) {
  if (!plain.text) return std::string("NULL");
  if (is_integer(plain.type) || plain.type == kTypeNewDecimal || plain.type == kTypeDecimal) {
    return *plain.text;
  }
  if (plain.type == kTypeDouble || plain.type == kTypeFloat) {
    const bool exponent = plain.text->find_first_of("eE") != std::string::npos;
    return exponent ? *plain.text : *plain.text + "e0";
  }
  if (!hex.text || !collation.text) return unmovable("a user variable is too long to be carried");
  const std::string name = value_on(to, "collation_connection", *collation.text);
  if (name == "binary") return fmt::format("_binary X'{}'", *hex.text);
  return fmt::format("_{} X'{}' COLLATE {}", name.substr(0, name.find('_')), *hex.text, name);
}

std::string replace_prefix(std::string_view value, std::string_view old, std::string_view now) {
  return value.starts_with(old) ? std::string(now) + std::string(value.substr(old.size()))
                                : std::string(value);
}

/// What servers from 8.0 on do not take, and ANSI, which there includes ONLY_FULL_GROUP_BY. The
/// modes that a combined name stands for are in the value beside it.
bool is_removed_mode(std::string_view mode) {
  static constexpr std::string_view kRemoved[] = {"DB2",
                                                  "MAXDB",
                                                  "MSSQL",
                                                  "MYSQL323",
                                                  "MYSQL40",
                                                  "ORACLE",
                                                  "POSTGRESQL",
                                                  "NO_FIELD_OPTIONS",
                                                  "NO_KEY_OPTIONS",
                                                  "NO_TABLE_OPTIONS",
                                                  "NO_AUTO_CREATE_USER",
                                                  "ANSI"};
  return std::find(std::begin(kRemoved), std::end(kRemoved), mode) != std::end(kRemoved);
}

std::string without_removed_modes(std::string_view modes) {
  std::string out;
  for (std::size_t begin = 0; begin < modes.size();) {
    const std::size_t end = std::min(modes.find(',', begin), modes.size());
    const std::string_view mode = modes.substr(begin, end - begin);
    if (!is_removed_mode(mode)) out += (out.empty() ? "" : ",") + std::string(mode);
    begin = end + 1;
  }
  return out;
}

/// The flags of optimizer_switch that a server of before 8.0 knows, with their values.
std::string known_switches(const mysql::Version& version, std::string_view value) {
  static constexpr std::string_view kOf57[] = {"condition_fanout_filter", "derived_merge",
                                               "duplicateweedout"};
  static constexpr std::string_view kOf56[] = {"index_merge",
                                               "index_merge_union",
                                               "index_merge_sort_union",
                                               "index_merge_intersection",
                                               "engine_condition_pushdown",
                                               "index_condition_pushdown",
                                               "mrr",
                                               "mrr_cost_based",
                                               "block_nested_loop",
                                               "batched_key_access",
                                               "materialization",
                                               "semijoin",
                                               "loosescan",
                                               "firstmatch",
                                               "subquery_materialization_cost_based",
                                               "use_index_extensions"};
  const auto contains = [](const auto& names, std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  std::string out;
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::string_view one = value.substr(begin, end - begin);
    const std::string_view name = one.substr(0, one.find('='));
    const bool known = contains(kOf56, name) || (version.at_least(5, 7) && contains(kOf57, name));
    if (known) out += (out.empty() ? "" : ",") + std::string(one);
    begin = end + 1;
  }
  return out;
}

void add(std::vector<std::string>& list, const std::string& name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

}  // namespace

std::string variable_on(const mysql::Version& version, std::string_view variable) {
  const bool new_names = version.at_least(8, 0);
  if (variable == "tx_isolation" || variable == "transaction_isolation") {
    return new_names ? "transaction_isolation" : "tx_isolation";
  }
  if (variable == "tx_read_only" || variable == "transaction_read_only") {
    return new_names ? "transaction_read_only" : "tx_read_only";
  }
  if (variable == "storage_engine" && version.at_least(5, 7)) return "default_storage_engine";
  if (variable.starts_with("query_cache_") && new_names) return {};
  return std::string(variable);
}

std::string value_on(const mysql::Version& version, std::string_view variable,
                     std::string_view value) {
  if (variable == "sql_mode" && version.at_least(8, 0)) {
    return without_removed_modes(value);
  }
  if (variable == "optimizer_switch" && !version.at_least(8, 0)) {
    return known_switches(version, value);
  }
  const bool charset = variable.starts_with("character_set_");
  if (!charset && !variable.starts_with("collation_")) return std::string(value);
  if (version.at_least(8, 0)) {
    if (charset) return value == "utf8" ? "utf8mb3" : std::string(value);
    return replace_prefix(value, "utf8_", "utf8mb3_");
  }
  if (value.starts_with("utf8mb4_") && value.find("_0900_") != std::string_view::npos) {
    // The collations of 8.0 do not exist here; this is the old default of the same charset.
    return value.ends_with("_bin") ? "utf8mb4_bin" : "utf8mb4_general_ci";
  }
  return replace_prefix(value, "utf8mb3", "utf8");
}

void SessionState::apply(const StatementEffects& effects, bool ok) {
  if (effects.leaves_state_alone()) return;
  // With several statements in one text it is not known which of them ran: nothing is taken as
  // given up, everything as taken.
  if (ok) apply_releases(effects);
  if (ok || !effects.single) apply_acquisitions(effects);
  for (const std::string& name : effects.user_variables) {
    if (!is_ascii(name) || name.find('`') != std::string::npos) {
      pin("user variable with an unusual name");
    } else if (!name.empty()) {
      add(user_variables_, name);
    }
  }
  for (const std::string& name : effects.session_variables) {
    std::erase(session_variables_, name);
    session_variables_.push_back(name);
  }
  if (!effects.unclassified.empty()) pin(effects.unclassified);
}

void SessionState::apply_releases(const StatementEffects& effects) {
  for (const auto& name : effects.session_variables_reset) std::erase(session_variables_, name);
  for (const auto& name : effects.tables_dropped) temporary_tables_.erase(name);
  for (const auto& name : effects.handlers_closed) handlers_.erase(name);
  for (const auto& name : effects.statements_deallocated) prepared_.erase(name);
  for (const auto& name : effects.locks_released) {
    const auto lock = locks_.find(name);
    // A lock whose name was not a literal may be another one than was taken.
    if (lock != locks_.end() && !name.empty() && --lock->second == 0) locks_.erase(lock);
  }
  if (effects.all_locks_released) locks_.clear();
  if (effects.unlocks_tables) tables_locked_ = false;
  if (effects.ends_transaction_setting) transaction_setting_ = false;
  if (effects.ends_xa) xa_ = false;
}

void SessionState::apply_acquisitions(const StatementEffects& effects) {
  temporary_tables_.insert(effects.temporary_tables_created.begin(),
                           effects.temporary_tables_created.end());
  handlers_.insert(effects.handlers_opened.begin(), effects.handlers_opened.end());
  prepared_.insert(effects.statements_prepared.begin(), effects.statements_prepared.end());
  for (const auto& name : effects.locks_taken) ++locks_[name];
  tables_locked_ = tables_locked_ || effects.locks_tables;
  transaction_setting_ = transaction_setting_ || effects.next_transaction_only;
  xa_ = xa_ || effects.begins_xa;
  routine_called_ = routine_called_ || effects.calls_routine;
}

void SessionState::on_status(std::uint16_t before, std::uint16_t after) {
  const bool was = before & mysql::status::kInTransaction;
  const bool is = after & mysql::status::kInTransaction;
  if (was && !is) transaction_setting_ = false;
}

std::vector<std::string> SessionState::pins() const {
  std::vector<std::string> reasons(unclassified_.begin(), unclassified_.end());
  if (!temporary_tables_.empty()) reasons.emplace_back("temporary table");
  if (!locks_.empty()) reasons.emplace_back("user lock");
  if (!prepared_.empty()) reasons.emplace_back("PREPARE in SQL");
  if (routine_called_) reasons.emplace_back("stored routine called");
  return reasons;
}

std::vector<std::string> SessionState::draining() const {
  std::vector<std::string> reasons;
  if (tables_locked_) reasons.emplace_back("table locks");
  if (!handlers_.empty()) reasons.emplace_back("open handler");
  if (transaction_setting_) reasons.emplace_back("SET TRANSACTION for the next transaction");
  if (xa_) reasons.emplace_back("XA transaction");
  return reasons;
}

std::string SessionState::state_query(const mysql::Version& from) const {
  std::string query = "SELECT DATABASE(), LAST_INSERT_ID()";
  for (const std::string& name : session_variables_) {
    const std::string here = absent_.contains(name) ? "" : variable_on(from, name);
    query += here.empty() ? ", NULL" : ", @@session." + mysql::quote_name(here);
  }
  for (const std::string& name : user_variables_) {
    const std::string quoted = "@" + mysql::quote_name(name);
    query += fmt::format(", {0}, HEX({0}), COLLATION({0})", quoted);
  }
  return query;
}

base::Result<CarriedState> SessionState::carry(const std::vector<Cell>& row, bool autocommit,
                                               const mysql::Version& to,
                                               const std::set<std::string>& absent) {
  const std::size_t variables = session_variables_.size();
  if (row.size() != kFixedCells + variables + kUserVariableCells * user_variables_.size()) {
    return unmovable("the server did not tell the state of the session");
  }
  CarriedState carried;
  carried.schema = row[0].text.value_or("");
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < variables; ++i) {
    const std::string name = variable_on(to, session_variables_[i]);
    Cell cell = row[kFixedCells + i];
    const auto known = values_.find(session_variables_[i]);
    if (!cell.text && known != values_.end()) cell = known->second;
    values_[session_variables_[i]] = cell;
    if (name.empty() || name == "autocommit" || absent.contains(session_variables_[i])) continue;
    const auto value = literal(cell, value_on(to, name, cell.text.value_or("")), name);
    if (!value) return value.error();
    parts.push_back(fmt::format("@@session.{} = {}", mysql::quote_name(name), *value));
  }
  for (std::size_t i = 0; i < user_variables_.size(); ++i) {
    const std::size_t at = kFixedCells + variables + kUserVariableCells * i;
    const auto value = user_literal(row[at], row[at + 1], row[at + 2], to);
    if (!value) return value.error();
    parts.push_back(fmt::format("@{} = {}", mysql::quote_name(user_variables_[i]), *value));
  }
  const std::string insert_id = row[1].text.value_or("0");
  if (insert_id != "0") parts.push_back("@@session.last_insert_id = " + insert_id);
  if (!autocommit) parts.emplace_back("@@session.autocommit = 0");
  if (!parts.empty()) carried.set_statement = fmt::format("SET {}", fmt::join(parts, ", "));
  return carried;
}

}  // namespace flyover::proxy
