#include "apply/statement_reach.h"

#include <algorithm>
#include <optional>

#include "apply/statement_policy.h"
#include "schema/sql_text.h"

namespace flyover::apply {
namespace {

using schema::Token;
using schema::TokenKind;

constexpr std::uint64_t kNoBackslashEscapes = 1U << 20;
constexpr std::string_view kUserSchemas =
    " NOT IN ('mysql','information_schema','performance_schema','sys','flyover')";

bool is_name(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name;
}

bool is_any(const Token& token, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return schema::is_word(token, word); });
}

std::string lower_name(const Token& token) {
  return schema::to_lower(schema::token_name(token));
}

// Where strings and names end depends on the client's character set and on sql_mode. In gbk, big5
// and sjis the second byte of a character may be a backslash or a backtick; a name that is not
// ASCII stands in a character set that is not known here.
bool readable(const binlog::StatementChange& statement, const std::vector<Token>& tokens) {
  const std::string_view sql = statement.sql;
  const bool literal_backslashes = (statement.sql_mode & kNoBackslashEscapes) != 0;
  if (literal_backslashes && sql.find('\\') != std::string_view::npos) return false;
  for (std::size_t i = 1; i < sql.size(); ++i) {
    const bool second = static_cast<unsigned char>(sql[i - 1]) >= 0x80;
    if (second && (sql[i] == '\\' || sql[i] == '`')) return false;
  }
  return std::all_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return !is_name(token) || schema::is_ascii(token.text);
  });
}

// The one table that INSERT, REPLACE and LOAD write to, as lower-case schema and name.
std::optional<mysql::TableName> written_table(const std::vector<Token>& tokens,
                                              const std::string& default_schema) {
  if (tokens.empty()) return std::nullopt;
  std::size_t at = 1;
  if (is_any(tokens[0], {"LOAD"})) {
    while (at < tokens.size() && !is_any(tokens[at - 1], {"INTO"})) ++at;
    if (at < tokens.size() && is_any(tokens[at], {"TABLE"})) ++at;
  } else if (is_any(tokens[0], {"INSERT", "REPLACE"})) {
    while (at < tokens.size() && tokens[at].kind == TokenKind::word &&
           is_any(tokens[at], {"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"})) {
      ++at;
    }
  } else {
    return std::nullopt;
  }
  if (at >= tokens.size() || !is_name(tokens[at])) return std::nullopt;
  const std::string first = lower_name(tokens[at]);
  if (at + 2 < tokens.size() && tokens[at + 1].text == "." && is_name(tokens[at + 2])) {
    return mysql::TableName{first, lower_name(tokens[at + 2])};
  }
  return mysql::TableName{schema::to_lower(default_schema), first};
}

std::set<std::string, std::less<>> words_of(const std::vector<Token>& tokens) {
  std::set<std::string, std::less<>> words;
  for (const Token& token : tokens) {
    if (is_name(token)) words.insert(lower_name(token));
  }
  return words;
}

mysql::TableName lower(const mysql::TableName& name) {
  return {schema::to_lower(name.schema), schema::to_lower(name.table)};
}

}  // namespace

std::vector<StoredText> read_stored_texts(db::Connection& connection) {
  std::vector<StoredText> texts;
  const auto read = [&](StoredText::Kind kind, const std::string& columns, const std::string& from,
                        const std::string& schema_column, const std::string& condition) {
    const db::Table rows =
        connection.query("SELECT " + columns + " FROM information_schema." + from + " WHERE " +
                         schema_column + std::string(kUserSchemas) + condition);
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      StoredText& text = texts.emplace_back();
      text.kind = kind;
      text.name = {rows.text(row, "s"), rows.text(row, "n")};
      text.text = rows.text(row, "t");
      text.unknown = text.text.empty();
    }
  };
  read(StoredText::Kind::view,
       "TABLE_SCHEMA AS s, TABLE_NAME AS n, COALESCE(VIEW_DEFINITION,'') AS t", "VIEWS",
       "TABLE_SCHEMA", "");
  read(StoredText::Kind::trigger,
       "EVENT_OBJECT_SCHEMA AS s, EVENT_OBJECT_TABLE AS n, COALESCE(ACTION_STATEMENT,'') AS t",
       "TRIGGERS", "EVENT_OBJECT_SCHEMA", "");
  read(StoredText::Kind::routine,
       "ROUTINE_SCHEMA AS s, ROUTINE_NAME AS n, COALESCE(ROUTINE_DEFINITION,'') AS t", "ROUTINES",
       "ROUTINE_SCHEMA", "");
  return texts;
}

StatementReach::StatementReach(const std::vector<schema::Table>& tables,
                               const std::vector<StoredText>& texts) {
  for (const schema::Table& table : tables) tables_.push_back(table.name);
  for (const StoredText& text : texts) texts_.emplace(schema::to_lower(text.name.table), text);
}

std::vector<mysql::TableName> StatementReach::all() const {
  return tables_;
}

bool StatementReach::grow(Words& words, const std::set<mysql::TableName>& triggered) const {
  std::vector<std::string> todo(words.begin(), words.end());
  const auto add = [&](const StoredText& text) {
    if (text.unknown) return false;
    std::vector<Token> tokens;
    schema::append_statement_tokens(tokens, text.text, false);
    for (const std::string& word : words_of(tokens)) {
      if (words.insert(word).second) todo.push_back(word);
    }
    return true;
  };
  for (const mysql::TableName& table : triggered) {
    for (auto [at, end] = texts_.equal_range(table.table); at != end; ++at) {
      const bool routine = at->second.kind == StoredText::Kind::routine;
      if (!routine && lower(at->second.name) == table && !add(at->second)) return false;
    }
  }
  while (!todo.empty()) {
    const std::string word = std::move(todo.back());
    todo.pop_back();
    for (auto [at, end] = texts_.equal_range(word); at != end; ++at) {
      if (!add(at->second)) return false;
    }
  }
  return true;
}

std::vector<mysql::TableName> StatementReach::tables_of(
    const binlog::StatementChange& statement) const {
  std::vector<Token> tokens;
  schema::append_statement_tokens(tokens, statement.sql, ansi_quotes(statement));
  if (!readable(statement, tokens)) return all();
  Words words = words_of(tokens);
  const auto written = written_table(tokens, statement.schema);
  std::set<mysql::TableName> written_tables;
  if (written) {
    // The other tables that it names are only read; functions may write.
    std::erase_if(words, [&](const std::string& word) {
      const auto [at, end] = texts_.equal_range(word);
      return std::none_of(at, end, [](const auto& entry) {
        return entry.second.kind == StoredText::Kind::routine;
      });
    });
    written_tables.insert(*written);
  }
  if (!grow(words, written_tables)) return all();
  std::vector<mysql::TableName> found;
  for (const mysql::TableName& table : tables_) {
    const mysql::TableName name = lower(table);
    if (words.contains(name.table) || written_tables.contains(name)) found.push_back(table);
  }
  return found;
}

std::vector<mysql::TableName> StatementReach::tables_named(
    const binlog::StatementChange& statement) const {
  std::vector<Token> tokens;
  schema::append_statement_tokens(tokens, statement.sql, ansi_quotes(statement));
  if (!readable(statement, tokens)) return all();
  const Words words = words_of(tokens);
  const bool whole_schema = tokens.size() > 1 && is_any(tokens[1], {"DATABASE", "SCHEMA"});
  std::vector<mysql::TableName> found;
  for (const mysql::TableName& table : tables_) {
    const mysql::TableName name = lower(table);
    if (words.contains(name.table) || (whole_schema && words.contains(name.schema))) {
      found.push_back(table);
    }
  }
  return found;
}

}  // namespace flyover::apply
