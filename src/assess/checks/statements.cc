// System tables and variables that the target no longer has, in programs and in the statements that
// the source remembers of the application. Creating a program does not find them: a server looks up
// what a body reads when it runs.

#include <fmt/format.h>

#include <set>

#include "assess/registry.h"
#include "mysql/identifier.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

/// Of one statement, in lower case.
struct Names {
  std::set<std::pair<std::string, std::string>> tables{};  ///< with a schema of the system
  std::set<std::string> variables{};                       ///< assigned by SET, or read by @@
};

bool is_system(const std::string& schema) {
  return schema == "information_schema" || schema == "mysql" || schema == "performance_schema" ||
         schema == "sys";
}

// Without what quotes it, in lower case; empty when it is no name.
std::string name_of(const schema::Token& token) {
  std::string_view text = token.text;
  if (text.size() > 2 && text.front() == '`' && text.back() == '`') {
    text = text.substr(1, text.size() - 2);
  }
  while (text.starts_with('@')) text.remove_prefix(1);
  return schema::to_lower(text);
}

std::string last_part(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

Names read_names(std::string_view sql, bool ansi_quotes) {
  std::vector<schema::Token> tokens;
  for (const schema::Token& token : schema::tokenize(sql, ansi_quotes)) {
    const bool said =
        token.kind != schema::TokenKind::space && token.kind != schema::TokenKind::comment;
    if (said) tokens.push_back(token);
  }
  Names names;
  const bool sets = !tokens.empty() && name_of(tokens.front()) == "set";
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i >= 2 && tokens[i - 1].text == "." && is_system(name_of(tokens[i - 2]))) {
      names.tables.emplace(name_of(tokens[i - 2]), name_of(tokens[i]));
    }
    const bool assigned = i > 0 && (tokens[i].text == "=" || tokens[i].text == ":=");
    if (sets && assigned) names.variables.insert(last_part(name_of(tokens[i - 1])));
    if (tokens[i].text.starts_with("@@")) {
      names.variables.insert(last_part(name_of(tokens[i])));
      // "@@ `name`" and "@@session . `name`", as a server that shortens statements writes them.
      for (std::size_t k = i + 1; k < tokens.size() && k <= i + 3; ++k) {
        names.variables.insert(name_of(tokens[k]));
      }
    }
  }
  return names;
}

class Lost {
 public:
  explicit Lost(CheckContext& context) : context_(context) {}

  /// Each as a server's word for it; empty: the target has all of it.
  std::vector<std::string> of(const Names& names) {
    std::vector<std::string> lost;
    for (const auto& [schema, table] : names.tables) {
      const auto [entry, is_new] = tables_.try_emplace(fmt::format("{}.{}", schema, table), false);
      if (is_new) {
        entry->second = !has(context_.target, schema, table) && has(context_.source, schema, table);
      }
      if (entry->second) lost.push_back(entry->first);
    }
    for (const std::string& name : names.variables) {
      if (context_.source.variable(name) && !context_.target.variable(name)) {
        lost.push_back("@@" + name);
      }
    }
    return lost;
  }

 private:
  static bool has(Server& server, const std::string& schema, const std::string& table) {
    return server.connection
        .query_value(fmt::format("SELECT 1 FROM information_schema.tables WHERE LOWER(table_schema)"
                                 " = {} AND LOWER(table_name) = {}",
                                 mysql::quote_bytes(schema), mysql::quote_bytes(table)))
        .has_value();
  }

  CheckContext& context_;
  std::map<std::string, bool> tables_{};
};

void check_remembered(CheckContext& context, Lost& lost) {
  if (!context.source.is_on("performance_schema")) return;
  const db::Table rows = context.source.connection.query(
      "SELECT digest_text FROM performance_schema.events_statements_summary_by_digest "
      "WHERE digest_text LIKE '%information_schema%' OR digest_text LIKE '%performance_schema%' "
      "OR digest_text LIKE '%mysql%' OR digest_text LIKE '%@@%' OR digest_text LIKE 'SET%'");
  std::map<std::string, std::string> first;
  for (const auto& row : rows.rows) {
    if (!row[0]) continue;
    for (const std::string& what : lost.of(read_names(*row[0], false))) {
      first.try_emplace(what, row[0]->substr(0, 200));
    }
  }
  for (const auto& [what, statement] : first) {
    context.warning(
        what,
        fmt::format("the source was asked for it, and the target does not have it: such a "
                    "statement fails after the switch ({})",
                    statement),
        "find who sends it (performance_schema of the source has its counts and times), and change "
        "the application, its driver or its monitoring");
  }
}

}  // namespace

void check_statements(CheckContext& context) {
  Lost lost(context);
  for (const schema::Program& program : context.catalog.programs) {
    const bool ansi_quotes = program.sql_mode.find("ANSI_QUOTES") != std::string::npos;
    for (const std::string& what : lost.of(read_names(program.create_sql, ansi_quotes))) {
      context.blocker(program.name.to_string(),
                      fmt::format("it uses {}, which the target does not have; it would fail when "
                                  "it runs",
                                  what),
                      "rewrite or drop it on the source, or exclude it in [tables]");
    }
  }
  check_remembered(context, lost);
}

}  // namespace flyover::assess
