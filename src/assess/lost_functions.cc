#include "assess/lost_functions.h"

#include <fmt/format.h>

#include "assess/check.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

constexpr std::uint32_t kWrongCount = 1582;
constexpr std::uint32_t kWrongUseOfGroup = 1111;
constexpr const char* kArguments[] = {"1", "1,1", "1,1,1", ""};

// Words in front of a parenthesis that are not quoted and not part of a longer name.
std::set<std::string> called_words(const schema::Program& program) {
  const bool ansi_quotes = program.sql_mode.find("ANSI_QUOTES") != std::string::npos;
  std::set<std::string> words;
  std::string_view before;
  std::string last;
  for (const schema::Token& token : schema::tokenize(program.create_sql, ansi_quotes)) {
    if (token.kind == schema::TokenKind::space || token.kind == schema::TokenKind::comment)
      continue;
    if (token.text == "(" && !last.empty()) words.insert(last);
    const bool plain = token.kind == schema::TokenKind::word && schema::is_ascii(token.text) &&
                       token.text.find('@') == std::string_view::npos && before != ".";
    last = plain ? schema::to_upper(token.text) : "";
    before = token.text;
  }
  return words;
}

// Prepared and never run: names are looked up, nothing happens.
bool is_native(db::Connection& connection, const std::string& name, const char* arguments) {
  try {
    connection.execute(fmt::format("PREPARE flyover_probe FROM 'DO {}({})'", name, arguments));
    return true;
  } catch (const base::ErrorException& e) {
    if (is_lost(e.error())) throw;
    const std::uint32_t number = e.error().mysql_errno;
    return number == kWrongCount || number == kWrongUseOfGroup;
  }
}

}  // namespace

std::set<std::string> LostFunctions::called_by(const schema::Program& program) {
  std::set<std::string> lost;
  for (const std::string& name : called_words(program)) {
    const auto [entry, is_new] = known_.try_emplace(name, false);
    if (is_new) entry->second = is_gone(name);
    if (entry->second) lost.insert(name);
  }
  return lost;
}

bool LostFunctions::is_gone(const std::string& name) {
  for (const char* arguments : kArguments) {
    if (is_native(target_, name, arguments)) return false;
  }
  for (const char* arguments : kArguments) {
    if (is_native(source_, name, arguments)) return true;
  }
  return false;
}

}  // namespace flyover::assess
