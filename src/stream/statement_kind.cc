#include "stream/statement_kind.h"

namespace flyover::stream {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\f\v";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

void skip_to(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
}

// White space and comments; an executable comment ("/*!") is part of the statement.
void skip_blank(std::string_view& text) {
  while (!text.empty()) {
    if (kWhiteSpace.find(text[0]) != std::string_view::npos) {
      text.remove_prefix(1);
    } else if (text[0] == '#' || text.starts_with("-- ")) {
      skip_to(text, "\n");
    } else if (text.starts_with("/*") && !text.starts_with("/*!")) {
      skip_to(text, "*/");
    } else {
      return;
    }
  }
}

// The next word in lower case; a name in backticks loses them.
std::string take_word(std::string_view& text) {
  skip_blank(text);
  std::string word;
  if (text.starts_with('`')) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '`') {
        if (i + 1 >= text.size() || text[i + 1] != '`') {
          text.remove_prefix(i + 1);
          break;
        }
        ++i;
      }
      word += lower(text[i]);
    }
    return word;
  }
  const std::size_t end = std::min(text.find_first_of(" \t\r\n\f\v;`"), text.size());
  word = lower(text.substr(0, end));
  text.remove_prefix(end);
  return word;
}

std::string_view trim_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n\f\v;");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

Statement rollback(std::string_view rest) {
  std::string word = take_word(rest);
  if (word == "work") word = take_word(rest);
  if (word != "to") return {StatementKind::rollback, ""};
  word = take_word(rest);
  std::string_view behind = rest;
  skip_blank(behind);
  const bool keyword = word == "savepoint" && !trim_end(behind).empty();
  return {StatementKind::rollback_to, keyword ? take_word(rest) : word};
}

Statement xa(std::string_view rest) {
  const std::string verb = take_word(rest);
  skip_blank(rest);
  const std::string id = lower(trim_end(rest));
  if (verb == "start" || verb == "begin") return {StatementKind::xa_start, id};
  if (verb == "end") return {StatementKind::xa_end, id};
  if (verb == "commit") return {StatementKind::xa_commit, id};
  if (verb == "rollback") return {StatementKind::xa_rollback, id};
  return {};
}

bool starts_transaction(std::string_view sql) {
  static constexpr std::string_view kSuffix = "start transaction";
  sql = trim_end(sql);
  return sql.size() > kSuffix.size() && lower(sql.substr(sql.size() - kSuffix.size())) == kSuffix;
}

}  // namespace

Statement classify_statement(std::string_view sql) {
  std::string_view rest = sql;
  const std::string first = take_word(rest);
  if (first == "begin") return {StatementKind::begin, ""};
  if (first == "commit") return {StatementKind::commit, ""};
  if (first == "rollback") return rollback(rest);
  if (first == "savepoint") return {StatementKind::savepoint, take_word(rest)};
  if (first == "xa") return xa(rest);
  if (first == "release") {
    take_word(rest);
    return {StatementKind::release_savepoint, take_word(rest)};
  }
  if (first == "create" && starts_transaction(sql)) return {StatementKind::create_with_rows, ""};
  return {};
}

}  // namespace flyover::stream
