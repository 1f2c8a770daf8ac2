#pragma once
// The little SQL reading that schema needs: tokens of a server-printed statement, and names.

#include <string>
#include <string_view>
#include <vector>

namespace flyover::schema {

enum class TokenKind { space, comment, word, quoted_name, string, symbol };

/// A piece of a statement; `text` points into it. All tokens together are the statement.
struct Token {
  TokenKind kind = TokenKind::symbol;
  std::string_view text{};
};

/// Splits a statement. With `ansi_quotes` "x" is a name, otherwise a string. Comments are one token
/// each; words are letters, digits, _, $, @ and every byte above 0x7f.
std::vector<Token> tokenize(std::string_view sql, bool ansi_quotes = false);

/// Appends the words, names, strings and symbols of a statement; they point into `sql`. What stands
/// in an executable comment counts as written without it: /*!40005 TEMPORARY */ is TEMPORARY.
void append_statement_tokens(std::vector<Token>& out, std::string_view sql, bool ansi_quotes);

/// The name a word or quoted name stands for: quotes removed, doubled quotes made single.
std::string token_name(const Token& token);
/// What a string's token means where backslashes escape.
std::string unquote_string(std::string_view quoted);
/// Case-insensitive comparison with an upper-case word.
bool is_word(const Token& token, std::string_view upper_word);

/// "a@b" as information_schema prints accounts, as "`a`@`b`". The host is behind the last @.
std::string quote_account(std::string_view account);

/// The name every version from 8.0.30 uses: "utf8" is "utf8mb3", "utf8_bin" is "utf8mb3_bin".
std::string modern_charset(std::string_view charset);
std::string modern_collation(std::string_view collation);

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool is_ascii(std::string_view text);

}  // namespace flyover::schema
