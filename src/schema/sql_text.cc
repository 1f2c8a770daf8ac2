#include "schema/sql_text.h"

#include <algorithm>

#include "mysql/identifier.h"

namespace flyover::schema {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

// End of a quoted piece that starts at `at`; doubled quotes and, in strings, backslashes escape.
std::size_t quoted_end(std::string_view sql, std::size_t at, bool backslashes) {
  const char quote = sql[at];
  std::size_t i = at + 1;
  while (i < sql.size()) {
    if (backslashes && sql[i] == '\\') {
      i += 2;
    } else if (sql[i] != quote) {
      ++i;
    } else if (i + 1 < sql.size() && sql[i + 1] == quote) {
      i += 2;
    } else {
      return i + 1;
    }
  }
  return sql.size();
}

std::size_t line_end(std::string_view sql, std::size_t at) {
  return std::min(sql.find('\n', at), sql.size());
}

bool starts_line_comment(std::string_view rest) {
  return rest[0] == '#' || (rest.starts_with("--") && (rest.size() == 2 || is_space(rest[2])));
}

template <typename Accept>
std::size_t run_end(std::string_view sql, std::size_t at, Accept accept) {
  while (at < sql.size() && accept(sql[at])) ++at;
  return at;
}

}  // namespace

std::vector<Token> tokenize(std::string_view sql, bool ansi_quotes) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    TokenKind kind = TokenKind::symbol;
    std::size_t end = at + 1;
    if (is_space(c)) {
      kind = TokenKind::space;
      end = run_end(sql, at, is_space);
    } else if (is_word_byte(c)) {
      kind = TokenKind::word;
      end = run_end(sql, at, is_word_byte);
    } else if (c == '`' || (c == '"' && ansi_quotes)) {
      kind = TokenKind::quoted_name;
      end = quoted_end(sql, at, false);
    } else if (c == '\'' || c == '"') {
      kind = TokenKind::string;
      end = quoted_end(sql, at, true);
    } else if (sql.substr(at).starts_with("/*")) {
      kind = TokenKind::comment;
      const std::size_t close = sql.find("*/", at + 2);
      end = close == std::string_view::npos ? sql.size() : close + 2;
    } else if (starts_line_comment(sql.substr(at))) {
      kind = TokenKind::comment;
      end = line_end(sql, at);
    }
    end = std::min(end, sql.size());
    tokens.push_back({kind, sql.substr(at, end - at)});
    at = end;
  }
  return tokens;
}

void append_statement_tokens(std::vector<Token>& out, std::string_view sql, bool ansi_quotes) {
  for (const Token& token : tokenize(sql, ansi_quotes)) {
    if (token.kind == TokenKind::space) continue;
    if (token.kind != TokenKind::comment) {
      out.push_back(token);
      continue;
    }
    if (!token.text.starts_with("/*!")) continue;
    std::string_view inner = token.text.substr(3);
    if (inner.ends_with("*/")) inner.remove_suffix(2);
    while (!inner.empty() && inner.front() >= '0' && inner.front() <= '9') inner.remove_prefix(1);
    append_statement_tokens(out, inner, ansi_quotes);
  }
}

std::string token_name(const Token& token) {
  if (token.kind != TokenKind::quoted_name || token.text.size() < 2) return std::string(token.text);
  const char quote = token.text.front();
  std::string name;
  for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
    name += token.text[i];
    if (token.text[i] == quote) ++i;
  }
  return name;
}

std::string unquote_string(std::string_view quoted) {
  std::string out;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    char c = quoted[i];
    if (c == '\\') {
      c = quoted[++i];
      c = c == '0' ? '\0' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'Z' ? '\x1a' : c;
    } else if (c == quoted.front()) {
      ++i;
    }
    out += c;
  }
  return out;
}

bool is_word(const Token& token, std::string_view upper_word) {
  return token.kind == TokenKind::word && to_upper(token.text) == upper_word;
}

std::string quote_account(std::string_view account) {
  const std::size_t at = account.rfind('@');
  if (at == std::string_view::npos) return mysql::quote_name(account) + "@`%`";
  return mysql::quote_name(account.substr(0, at)) + "@" + mysql::quote_name(account.substr(at + 1));
}

std::string modern_charset(std::string_view charset) {
  return charset == "utf8" ? "utf8mb3" : std::string(charset);
}

std::string modern_collation(std::string_view collation) {
  static constexpr std::string_view kOld = "utf8_";
  if (!collation.starts_with(kOld)) return std::string(collation);
  return "utf8mb3_" + std::string(collation.substr(kOld.size()));
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace flyover::schema
