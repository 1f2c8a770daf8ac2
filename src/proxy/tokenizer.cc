#include "proxy/tokenizer.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace flyover::proxy {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool equal_upper(std::string_view text, std::string_view upper_text) {
  return text.size() == upper_text.size() &&
         std::equal(text.begin(), text.end(), upper_text.begin(),
                    [](char a, char b) { return upper(a) == b; });
}

/// One pass over a statement.
class Lexer {
 public:
  Lexer(std::string_view text, bool backslash_escapes) : text_(text), escapes_(backslash_escapes) {}

  bool next(Token& token) {
    skip_blank();
    if (at_ >= text_.size()) return false;
    const char c = text_[at_];
    if (c == '`') return quoted(token, TokenKind::quoted_name);
    if (c == '\'' || c == '"') return quoted(token, TokenKind::string);
    if (c == '@') return variable(token);
    if (is_word_char(c)) return word(token);
    const std::size_t size = c == ':' && peek(1) == '=' ? 2 : 1;
    token = {TokenKind::symbol, text_.substr(at_, size)};
    at_ += size;
    return true;
  }

 private:
  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void skip_blank() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_space(c) || c == '\0') {
        ++at_;
      } else if (c == '#' || (c == '-' && peek(1) == '-' && (peek(2) <= ' ' && peek(2) >= 0))) {
        const std::size_t end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end + 1;
      } else if (c == '/' && peek(1) == '*') {
        skip_comment();
      } else if (in_executable_ && c == '*' && peek(1) == '/') {
        in_executable_ = false;
        at_ += 2;
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    if (peek(2) == '!') {
      at_ += 3;
      in_executable_ = true;
      while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
      return;
    }
    const std::size_t end = text_.find("*/", at_ + 2);
    at_ = end == std::string_view::npos ? text_.size() : end + 2;
  }

  bool quoted(Token& token, TokenKind kind) {
    const char quote = text_[at_];
    const bool escapes = escapes_ && quote != '`';
    std::size_t end = at_ + 1;
    while (end < text_.size()) {
      if (text_[end] == '\\' && escapes) {
        end += 2;
      } else if (text_[end] != quote) {
        ++end;
      } else if (end + 1 < text_.size() && text_[end + 1] == quote) {
        end += 2;
      } else {
        break;
      }
    }
    end = std::min(end, text_.size());
    token = {kind, text_.substr(at_ + 1, end - at_ - 1)};
    at_ = std::min(end + 1, text_.size());
    return true;
  }

  bool variable(Token& token) {
    if (peek(1) == '@') {
      token = {TokenKind::at_at, text_.substr(at_, 2)};
      at_ += 2;
      return true;
    }
    ++at_;
    const char c = peek(0);
    if (c == '`' || c == '\'' || c == '"') return quoted(token, TokenKind::user_variable);
    std::size_t end = at_;
    while (end < text_.size() && (is_word_char(text_[end]) || text_[end] == '.')) ++end;
    token = {TokenKind::user_variable, text_.substr(at_, end - at_)};
    at_ = end;
    return true;
  }

  bool word(Token& token) {
    std::size_t end = at_;
    while (end < text_.size() && is_word_char(text_[end])) ++end;
    const bool number =
        std::isdigit(static_cast<unsigned char>(text_[at_])) &&
        std::all_of(text_.begin() + static_cast<long>(at_), text_.begin() + static_cast<long>(end),
                    [](char c) {
                      return std::isxdigit(static_cast<unsigned char>(c)) || c == 'x' || c == 'X';
                    });
    token = {number ? TokenKind::number : TokenKind::word, text_.substr(at_, end - at_)};
    at_ = end;
    return true;
  }

  const std::string_view text_;
  const bool escapes_;
  std::size_t at_ = 0;
  bool in_executable_ = false;
};

}  // namespace

bool Token::is(std::string_view upper_text) const {
  return kind == TokenKind::word && equal_upper(text, upper_text);
}

void tokenize(std::string_view text, bool backslash_escapes, std::vector<Token>& tokens) {
  tokens.clear();
  Lexer lexer(text, backslash_escapes);
  Token token;
  while (lexer.next(token)) tokens.push_back(token);
}

void LongTextScanner::feed(std::string_view piece) {
  for (const char c : piece) {
    switch (state_) {
      case State::text:
        feed_text(c);
        break;
      case State::quoted:
        // A doubled quote ends and begins again, which comes to the same.
        if (escaped_) {
          escaped_ = false;
        } else if (c == '\\' && backslash_escapes_ && quote_ != '`') {
          escaped_ = true;
        } else if (c == quote_) {
          state_ = State::text;
        }
        break;
      case State::line_comment:
        if (c == '\n') state_ = State::text;
        break;
      case State::block_comment:
        if (c == '/' && previous_ == '*') state_ = State::text;
        if (c == '!' && previous_ == '*' && before_previous_ == '/') suspicious_ = true;
        break;
    }
    before_previous_ = previous_;
    previous_ = c;
  }
}

void LongTextScanner::feed_text(char c) {
  if (is_word_char(c)) {
    if (word_.size() < 32) word_ += upper(c);
    suspicious_ = suspicious_ || after_semicolon_;
    return;
  }
  end_word();
  if (c == '\'' || c == '"' || c == '`') {
    state_ = State::quoted;
    quote_ = c;
  } else if (c == '#' || (c == ' ' && previous_ == '-' && before_previous_ == '-')) {
    state_ = State::line_comment;
  } else if (c == '*' && previous_ == '/') {
    state_ = State::block_comment;
  } else if (c == '@') {
    suspicious_ = true;
  } else if (c == ';') {
    after_semicolon_ = true;
  }
}

void LongTextScanner::end_word() {
  static constexpr std::array<std::string_view, 3> kLockFunctions = {"GET_LOCK", "RELEASE_LOCK",
                                                                     "RELEASE_ALL_LOCKS"};
  if (word_.empty()) return;
  suspicious_ = suspicious_ || std::find(kLockFunctions.begin(), kLockFunctions.end(), word_) !=
                                   kLockFunctions.end();
  word_.clear();
}

}  // namespace flyover::proxy
