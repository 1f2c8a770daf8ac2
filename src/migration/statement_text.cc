#include "migration/statement_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "mysql/identifier.h"
#include "schema/sql_text.h"

namespace flyover::migration {
namespace {

using schema::StatementClass;

constexpr std::uint16_t kUtf8mb4GeneralCi = 45;

std::ptrdiff_t question_marks(const std::string& text) {
  return std::count(text.begin(), text.end(), '?');
}

std::optional<std::string> convert(db::Connection& connection, const std::string& sql,
                                   std::uint16_t collation) {
  const auto charset = connection.query_value(fmt::format(
      "SELECT character_set_name FROM information_schema.collations WHERE id = {}", collation));
  if (!charset) return std::nullopt;
  auto text = connection.query_value(fmt::format(
      "SELECT CONVERT(CONVERT({} USING {}) USING utf8mb4)", mysql::hex_literal(sql), *charset));
  // What has no equal becomes a '?', which no trailing byte of a character set for clients is.
  if (!text || question_marks(*text) != question_marks(sql)) return std::nullopt;
  return text;
}

}  // namespace

bool is_in_another_charset(const binlog::StatementChange& statement,
                           const schema::StatementInfo& info) {
  if (info.names_known || schema::is_ascii(statement.sql)) return false;
  switch (info.kind) {
    case StatementClass::none:
    case StatementClass::account:
    case StatementClass::temporary:
    case StatementClass::maintenance:
    case StatementClass::rows:
    // Their names are in UTF-8 in the log, the rest is not.
    case StatementClass::view:
    case StatementClass::routine:
      return false;
    default:
      return statement.session.client_charset.has_value();
  }
}

binlog::StatementChange in_utf8(db::Connection& connection, binlog::StatementChange statement) {
  try {
    auto text = convert(connection, statement.sql, statement.session.client_charset.value_or(0));
    if (text) {
      statement.sql = std::move(*text);
      statement.session.client_charset = kUtf8mb4GeneralCi;
    }
  } catch (const base::ErrorException& e) {
    if (e.error().action == base::Action::retry) throw;
    base::log::info("ddl.text", "{}", e.what());
  }
  return statement;
}

}  // namespace flyover::migration
