// Partition clauses in the one spelling in which they are compared.
//
// From 8.0 on an expression is printed as the server understood it: with parentheses around every
// operation, MOD as %, DAY as DAYOFMONTH. So every operation gets its parentheses here, where the
// operators' precedence has them, and no others stay.

#include <map>
#include <string>
#include <vector>

#include "schema/diff_normal.h"
#include "schema/sql_text.h"

namespace flyover::schema::detail {
namespace {

bool is_introducer(const std::vector<Token>& tokens, std::size_t i) {
  return tokens[i].kind == TokenKind::word && tokens[i].text.starts_with("_") &&
         i + 1 < tokens.size() && tokens[i + 1].kind == TokenKind::string;
}

// Without spaces, comments, engines, directories and introducers.
std::vector<Token> compared_tokens(const std::vector<Token>& all) {
  std::vector<Token> tokens;
  for (const Token& token : all) {
    const bool comment = token.kind == TokenKind::comment && !token.text.starts_with("/*!");
    if (token.kind != TokenKind::space && !comment) tokens.push_back(token);
  }
  std::vector<Token> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (is_word(tokens[i], "ENGINE") && i + 2 < tokens.size()) {
      i += 2;
    } else if (i + 2 < tokens.size() && is_word(tokens[i + 1], "DIRECTORY")) {
      i += 3;
    } else if (!is_introducer(tokens, i)) {
      out.push_back(tokens[i]);
    }
  }
  return out;
}

// The expressions that a partition clause may have, and around them words and lists one after the
// other. What it does not know stands as it is, so that a difference stays one.
class Reader {
 public:
  explicit Reader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::string clause() {
    std::string out;
    while (at_ < tokens_.size()) out += is(")") || is(",") ? take() + " " : sequence() + " ";
    return out;
  }

 private:
  bool is(std::string_view text) const { return at_ < tokens_.size() && tokens_[at_].text == text; }
  bool is_name(std::string_view upper) const {
    return at_ < tokens_.size() && is_word(tokens_[at_], upper);
  }
  std::string take() {
    const Token& token = tokens_[at_++];
    return token.kind == TokenKind::string ? std::string(token.text) : to_lower(token_name(token));
  }

  // Expressions that nothing separates, up to a comma, a closing parenthesis or the end.
  std::string sequence() {
    std::string out;
    while (at_ < tokens_.size() && !is(",") && !is(")")) out += (out.empty() ? "" : " ") + sum();
    return out;
  }

  std::string sum() {
    std::string left = product();
    while (is("+") || is("-")) {
      const std::string sign = take();
      left = "( " + left + " " + sign + " " + product() + " )";
    }
    return left;
  }

  std::string product() {
    std::string left = signed_operand();
    while (is("*") || is("/") || is("%") || is_name("DIV") || is_name("MOD")) {
      const std::string sign = take();
      left = "( " + left + " " + (sign == "mod" ? "%" : sign) + " " + signed_operand() + " )";
    }
    return left;
  }

  std::string signed_operand() {
    if (!is("-") && !is("+")) return operand();
    const std::string sign = take();
    return sign + signed_operand();
  }

  std::string operand() {
    if (at_ == tokens_.size() || is(")") || is(",")) return "";
    if (is("(")) {
      const std::vector<std::string> items = list();
      return items.size() == 1 ? items[0] : in_parentheses(items);
    }
    const bool word = tokens_[at_].kind == TokenKind::word;
    std::string name = take();
    if (!word || !is("(")) return name;
    const std::vector<std::string> items = list();
    if (name == "mod" && items.size() == 2) return "( " + items[0] + " % " + items[1] + " )";
    if (name == "than" && items.size() == 1 && items[0] == "maxvalue") return "than maxvalue";
    return (name == "day" ? "dayofmonth" : name) + in_parentheses(items);
  }

  std::vector<std::string> list() {
    ++at_;
    std::vector<std::string> items{sequence()};
    while (is(",")) {
      ++at_;
      items.push_back(sequence());
    }
    if (is(")")) ++at_;
    return items;
  }

  static std::string in_parentheses(const std::vector<std::string>& items) {
    std::string out = "(";
    for (const std::string& item : items) out += (out.size() == 1 ? " " : " , ") + item;
    return out + " )";
  }

  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

std::string normal_partitions(const std::string& clause) {
  return Reader(compared_tokens(tokenize(clause))).clause();
}

}  // namespace flyover::schema::detail
