#pragma once
// A small tolerant tokenizer for MySQL statements: enough to see what a statement does to its
// session. Never fails; text that is no SQL yields some tokens too.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flyover::proxy {

enum class TokenKind : std::uint8_t {
  word,           ///< keyword or unquoted identifier
  quoted_name,    ///< `name`; text without the backticks
  string,         ///< 'text' or "text"; text without the quotes, escapes not resolved
  number,         ///< 1, 1.5e3, 0x1f
  user_variable,  ///< @name, @`name`, @'name'; text without @ and quotes
  at_at,          ///< @@ in front of a system variable
  symbol          ///< any other single character, and :=
};

/// `text` views the statement.
struct Token {
  TokenKind kind = TokenKind::symbol;
  std::string_view text;

  /// A word equal to `upper` (given in upper case), whatever its case.
  bool is(std::string_view upper) const;
  bool is_symbol(char c) const {
    return kind == TokenKind::symbol && text.size() == 1 && text[0] == c;
  }
};

/// Replaces the content of `tokens`. Comments vanish, but the content of an executable comment
/// (/*! ... */, whatever its version) counts as text of the statement. `backslash_escapes`: false
/// in a session with NO_BACKSLASH_ESCAPES.
void tokenize(std::string_view text, bool backslash_escapes, std::vector<Token>& tokens);

/// Looks through a statement too long to be kept, piece by piece, for anything that could change
/// the state of the session beyond what its first words say.
class LongTextScanner {
 public:
  explicit LongTextScanner(bool backslash_escapes) : backslash_escapes_(backslash_escapes) {}
  void feed(std::string_view piece);

  /// A user variable, a second statement, a lock function or an executable comment was seen.
  bool suspicious() const { return suspicious_; }

 private:
  enum class State { text, quoted, line_comment, block_comment };

  void feed_text(char c);
  void end_word();

  const bool backslash_escapes_;
  State state_ = State::text;
  char quote_ = 0;
  bool escaped_ = false;
  bool after_semicolon_ = false;
  bool suspicious_ = false;
  char previous_ = 0;
  char before_previous_ = 0;
  std::string word_;
};

}  // namespace flyover::proxy
