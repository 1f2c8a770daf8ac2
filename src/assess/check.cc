#include "assess/check.h"

#include <cstdlib>
#include <utility>

#include "schema/sql_text.h"

namespace flyover::assess {

Server::Server(db::Connection opened) : connection(std::move(opened)) {
  const db::Table rows = connection.query("SHOW GLOBAL VARIABLES");
  for (const auto& row : rows.rows) {
    variables[schema::to_lower(row[0].value_or(""))] = row[1].value_or("");
  }
  account = schema::quote_account(connection.query_value("SELECT CURRENT_USER()").value_or(""));
}

std::optional<std::string> Server::variable(const std::string& name) const {
  const auto found = variables.find(name);
  if (found == variables.end()) return std::nullopt;
  return found->second;
}

bool Server::is_on(const std::string& name) const {
  const std::string value = schema::to_upper(variable(name).value_or("OFF"));
  return value == "ON" || value == "1";
}

std::uint64_t Server::number(const std::string& name) const {
  return std::strtoull(variable(name).value_or("0").c_str(), nullptr, 10);
}

std::string_view Server::side_name() const {
  return base::to_string(connection.side());
}

CheckContext::CheckContext(const AssessContext& asked, Server& from, Server& to, Report& report)
    : request(asked), source(from), target(to), report_(report) {}

void CheckContext::blocker(std::string object, std::string reason, std::string fix) {
  add(Severity::blocker, std::move(object), std::move(reason), std::move(fix));
}

void CheckContext::warning(std::string object, std::string reason, std::string fix) {
  add(Severity::warning, std::move(object), std::move(reason), std::move(fix));
}

void CheckContext::notice(std::string object, std::string reason, std::string fix) {
  add(Severity::notice, std::move(object), std::move(reason), std::move(fix));
}

void CheckContext::add(Severity severity, std::string object, std::string reason, std::string fix) {
  report_.findings.push_back(
      {severity, check_, std::move(object), std::move(reason), std::move(fix)});
}

void CheckContext::begin_check(std::string_view id) {
  check_ = id;
  report_.checks_run.emplace_back(id);
}

void CheckContext::stop_if_requested() const {
  if (!request.stop.stop_requested()) return;
  base::throw_error({.code = "assess.stopped",
                     .action = base::Action::pause,
                     .message = "the assessment was stopped before its end",
                     .hint = "run it again"});
}

std::uint64_t CheckContext::data_bytes() const {
  std::uint64_t bytes = 0;
  for (const schema::Table& table : catalog.tables) bytes += table.data_bytes;
  return bytes;
}

std::uint64_t CheckContext::index_bytes() const {
  std::uint64_t bytes = 0;
  for (const schema::Table& table : catalog.tables) bytes += table.index_bytes;
  return bytes;
}

std::string schema_list(const schema::Catalog& catalog) {
  std::string list;
  for (const schema::Schema& schema : catalog.schemas) {
    // Characters, not bytes: 9.7 does not always take bytes for its own names.
    list += (list.empty() ? "_utf8mb4" : ", _utf8mb4") + mysql::quote_bytes(schema.name);
  }
  return list.empty() ? "''" : list;
}

bool is_lost(const base::Error& error) {
  static constexpr std::uint32_t kGone = 2006;
  static constexpr std::uint32_t kLost = 2013;
  static constexpr std::uint32_t kIdle = 4031;
  return error.mysql_errno == kGone || error.mysql_errno == kLost || error.mysql_errno == kIdle;
}

}  // namespace flyover::assess
