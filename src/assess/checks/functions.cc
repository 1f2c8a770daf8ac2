// Native functions that the target no longer has, called by stored programs. Creating a program
// does not find them: a server looks up what a body calls when it runs.

#include <fmt/format.h>

#include <set>

#include "assess/registry.h"
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

bool only_on_source(CheckContext& context, const std::string& name) {
  for (const char* arguments : kArguments) {
    if (is_native(context.target.connection, name, arguments)) return false;
  }
  for (const char* arguments : kArguments) {
    if (is_native(context.source.connection, name, arguments)) return true;
  }
  return false;
}

}  // namespace

void check_functions(CheckContext& context) {
  std::map<std::string, bool> removed;
  for (const schema::Program& program : context.catalog.programs) {
    for (const std::string& name : called_words(program)) {
      const auto [entry, is_new] = removed.try_emplace(name, false);
      if (is_new) entry->second = only_on_source(context, name);
      if (!entry->second) continue;
      context.blocker(
          program.name.to_string(),
          fmt::format("it calls {}(), which the target does not have; it would fail when it runs",
                      name),
          fmt::format("rewrite or drop it on the source, exclude it in [tables], or add {}() to "
                      "the target (MD5(), SHA() and SHA1() by INSTALL COMPONENT "
                      "'file://component_classic_hashing')",
                      name));
    }
  }
}

}  // namespace flyover::assess
