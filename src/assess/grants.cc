#include "assess/grants.h"

#include <utility>

#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

using schema::Token;
using schema::TokenKind;

constexpr std::string_view kAll = "ALL PRIVILEGES";

std::vector<Token> meaningful(std::string_view line) {
  std::vector<Token> out;
  for (const Token& token : schema::tokenize(line, true)) {
    if (token.kind != TokenKind::space && token.kind != TokenKind::comment) out.push_back(token);
  }
  return out;
}

}  // namespace

bool matches_grant_pattern(std::string_view pattern, std::string_view schema) {
  if (pattern.empty()) return schema.empty();
  if (pattern[0] == '%') {
    for (std::size_t skip = 0; skip <= schema.size(); ++skip) {
      if (matches_grant_pattern(pattern.substr(1), schema.substr(skip))) return true;
    }
    return false;
  }
  if (schema.empty()) return false;
  if (pattern[0] == '_') return matches_grant_pattern(pattern.substr(1), schema.substr(1));
  if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return pattern[0] == schema[0] && matches_grant_pattern(pattern.substr(1), schema.substr(1));
}

std::string grant_pattern_of(std::string_view schema) {
  std::string pattern;
  for (const char c : schema) {
    if (c == '_' || c == '%' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

void Grants::add(std::string_view line) {
  const std::vector<Token> tokens = meaningful(line);
  if (tokens.size() < 4) return;
  const bool revoke = schema::is_word(tokens[0], "REVOKE");
  if (!revoke && !schema::is_word(tokens[0], "GRANT")) return;
  std::set<std::string> privileges;
  std::string words;
  std::size_t i = 1;
  for (; i < tokens.size() && !schema::is_word(tokens[i], "ON"); ++i) {
    if (tokens[i].kind == TokenKind::word) {
      words += (words.empty() ? "" : " ") + schema::to_upper(tokens[i].text);
    } else if (tokens[i].text == ",") {
      privileges.insert(std::exchange(words, {}));
    } else {
      return;  // a role, or rights on columns
    }
  }
  if (!words.empty()) privileges.insert(words);
  if (privileges.erase("ALL") > 0) privileges.insert(std::string(kAll));
  // ON *.* or ON `pattern`.*
  if (i + 3 >= tokens.size() || tokens[i + 2].text != "." || tokens[i + 3].text != "*") return;
  if (tokens[i + 1].text == "*") {
    if (!revoke) global_.insert(privileges.begin(), privileges.end());
  } else if (revoke) {
    revoked_[schema::token_name(tokens[i + 1])].insert(privileges.begin(), privileges.end());
  } else {
    schemas_.push_back({schema::token_name(tokens[i + 1]), std::move(privileges)});
  }
}

bool Grants::contains(const std::set<std::string>& privileges, const std::string& privilege) {
  return privileges.contains(privilege) || privileges.contains(std::string(kAll));
}

bool Grants::has_global(const std::string& privilege) const {
  return contains(global_, privilege);
}

bool Grants::has(const std::string& privilege, const std::string& schema) const {
  for (const SchemaGrant& grant : schemas_) {
    if (contains(grant.privileges, privilege) && matches_grant_pattern(grant.pattern, schema)) {
      return true;
    }
  }
  const auto revoked = revoked_.find(schema);
  if (revoked != revoked_.end() && contains(revoked->second, privilege)) return false;
  return has_global(privilege);
}

}  // namespace flyover::assess
