#include "migration/forgotten.h"

#include <algorithm>

#include "mysql/identifier.h"
#include "schema/sql_text.h"

namespace flyover::migration {
namespace {

using Columns = std::vector<std::string>;

bool same_columns(const Columns& one, const Columns& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const std::string& a, const std::string& b) {
                      return schema::to_lower(a) == schema::to_lower(b);
                    });
}

// The columns of every FOREIGN KEY … (a, b): the form that all servers keep.
std::vector<Columns> kept_in(const MadeBy& made) {
  std::vector<schema::Token> tokens;
  schema::append_statement_tokens(tokens, made.sql, made.ansi_quotes);
  std::vector<Columns> keys;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!is_word(tokens[i], "FOREIGN") || !is_word(tokens[i + 1], "KEY")) continue;
    const auto opened = std::find_if(tokens.begin() + static_cast<std::ptrdiff_t>(i), tokens.end(),
                                     [](const schema::Token& token) { return token.text == "("; });
    Columns& columns = keys.emplace_back();
    for (auto at = opened; at != tokens.end() && at->text != ")"; ++at) {
      const bool name =
          at->kind == schema::TokenKind::word || at->kind == schema::TokenKind::quoted_name;
      if (name) columns.push_back(token_name(*at));
    }
  }
  return keys;
}

bool is_kept(const MadeBy& made, const schema::ForeignKey& key) {
  const auto among = [&](const std::vector<schema::ForeignKey>& keys) {
    return std::any_of(keys.begin(), keys.end(), [&](const schema::ForeignKey& one) {
      return same_columns(one.columns, key.columns) && one.parent == key.parent;
    });
  };
  if (made.now != nullptr) return among(made.now->foreign_keys);
  if (made.sql.empty()) return true;
  if (made.before != nullptr && among(made.before->foreign_keys)) return true;
  const std::vector<Columns> kept = kept_in(made);
  return std::any_of(kept.begin(), kept.end(),
                     [&](const Columns& columns) { return same_columns(columns, key.columns); });
}

}  // namespace

std::vector<std::string> forgotten_sql(const MadeBy& made, const schema::Table& table) {
  std::vector<std::string> statements;
  const std::string alter = "ALTER TABLE " + table.name.quoted();
  if (!made.version.at_least(8, 0, 16)) {
    for (const schema::CheckConstraint& check : table.checks) {
      statements.push_back(alter + " DROP CHECK " + mysql::quote_name(check.name));
    }
  }
  if (made.version.at_least(9, 0, 0)) return statements;
  for (const schema::ForeignKey& key : table.foreign_keys) {
    if (!is_kept(made, key)) {
      statements.push_back(alter + " DROP FOREIGN KEY " + mysql::quote_name(key.name));
    }
  }
  return statements;
}

}  // namespace flyover::migration
