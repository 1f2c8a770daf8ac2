#include "apply/statement_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "schema/sql_text.h"

namespace flyover::apply {
namespace {

using schema::Token;
using schema::TokenKind;

// Bits of sql_mode in a Query event.
constexpr std::uint64_t kAnsiQuotes = 1U << 2;
constexpr std::uint64_t kNoBackslashEscapes = 1U << 20;

bool begins_with(const std::vector<Token>& tokens, std::initializer_list<std::string_view> words) {
  if (tokens.size() < words.size()) return false;
  return std::equal(
      words.begin(), words.end(), tokens.begin(),
      [](std::string_view word, const Token& token) { return schema::is_word(token, word); });
}

bool is_administrative(const std::vector<Token>& tokens) {
  for (const std::string_view word : {"FLUSH", "GRANT", "REVOKE", "ANALYZE", "OPTIMIZE", "RESET",
                                      "INSTALL", "UNINSTALL", "BEGIN", "COMMIT", "SAVEPOINT"}) {
    if (begins_with(tokens, {word})) return true;
  }
  for (const std::string_view verb : {"CREATE", "ALTER", "DROP", "RENAME"}) {
    for (const std::string_view what : {"USER", "ROLE", "SERVER"}) {
      if (begins_with(tokens, {verb, what})) return true;
    }
    if (begins_with(tokens, {verb, "RESOURCE", "GROUP"})) return true;
  }
  return begins_with(tokens, {"SET", "PASSWORD"}) ||
         begins_with(tokens, {"SET", "DEFAULT", "ROLE"}) ||
         begins_with(tokens, {"DROP", "TEMPORARY", "TABLE"}) ||
         begins_with(tokens, {"CREATE", "TEMPORARY", "TABLE"});
}

bool is_name(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name;
}

// CREATE, ALTER and DROP of a schema name it without a dot.
bool is_schema_statement(const std::vector<Token>& tokens) {
  return tokens.size() > 1 &&
         (schema::is_word(tokens[1], "DATABASE") || schema::is_word(tokens[1], "SCHEMA"));
}

bool names_selected_schema(const std::vector<Token>& tokens,
                           const std::function<bool(std::string_view)>& schema_selected) {
  const bool any_name = is_schema_statement(tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!is_name(tokens[i])) continue;
    const bool qualifies = i + 1 < tokens.size() && tokens[i + 1].text == ".";
    if (!qualifies && !any_name) continue;
    const std::string name = schema::token_name(tokens[i]);
    if (schema_selected(name) || schema_selected(schema::to_lower(name))) return true;
  }
  return false;
}

}  // namespace

bool ansi_quotes(const binlog::StatementChange& statement) {
  return (statement.sql_mode & kAnsiQuotes) != 0;
}

StatementVerdict judge_statement(const binlog::StatementChange& statement,
                                 const std::function<bool(std::string_view)>& schema_selected) {
  if (std::string_view(statement.sql).starts_with(kOwnStatementComment)) {
    return StatementVerdict::ignore;
  }
  std::vector<Token> tokens;
  schema::append_statement_tokens(tokens, statement.sql, ansi_quotes(statement));
  if (tokens.empty() || is_administrative(tokens)) return StatementVerdict::ignore;
  // A schema statement names its schema, whatever the default is.
  const bool default_counts = !is_schema_statement(tokens);
  // Then strings end elsewhere than the tokens say.
  const bool unreadable = (statement.sql_mode & kNoBackslashEscapes) != 0 &&
                          statement.sql.find('\\') != std::string::npos;
  const bool may_touch = unreadable || (default_counts && schema_selected(statement.schema)) ||
                         names_selected_schema(tokens, schema_selected);
  if (!may_touch) return StatementVerdict::ignore;
  for (const std::string_view word : {"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "WITH",
                                      "CALL", "SELECT", "DO", "TABLE", "VALUES"}) {
    if (begins_with(tokens, {word})) return StatementVerdict::statement_dml;
  }
  return StatementVerdict::ddl;
}

base::Error statement_error(StatementVerdict verdict, const binlog::StatementChange& statement,
                            const mysql::BinlogPosition& position) {
  static constexpr std::size_t kTextBytesMax = 500;
  const bool ddl = verdict == StatementVerdict::ddl;
  const bool cut = statement.sql.size() > kTextBytesMax;
  return {
      .code = ddl ? "source.ddl" : "source.statement_dml",
      .side = base::Side::source,
      .action = base::Action::fail,
      .message = fmt::format(
          "the binary log has a statement that {} at {}, default schema `{}`: {}{}",
          ddl ? "changes a selected schema" : "changes rows and is logged as text, not as rows,",
          position.to_string(), statement.schema,
          std::string_view(statement.sql).substr(0, kTextBytesMax), cut ? " …" : ""),
      .hint = std::string(ddl ? ""
                              : "Set apply.statement_dml = \"reload\" in the configuration to have "
                                "the tables that it may have changed copied again, and "
                                "binlog_format = ROW for every session of that server, and start "
                                "again. ") +
              "Everything before the statement is applied, and the application is not touched. "
              "While the target is active, `flyover finish` gives up the way back."};
}

}  // namespace flyover::apply
