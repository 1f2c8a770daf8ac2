// Modes that the target lost, in programs and as the default of new sessions.

#include <fmt/format.h>

#include <set>

#include "assess/registry.h"
#include "schema/ddl.h"
#include "schema/program_text.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

// The rest of the removed modes says nothing about how a program runs.
bool changes_meaning(const std::string& mode) {
  static const std::set<std::string> kHarmless = {"NO_AUTO_CREATE_USER",
                                                  "NO_FIELD_OPTIONS",
                                                  "NO_KEY_OPTIONS",
                                                  "NO_TABLE_OPTIONS",
                                                  "POSTGRESQL",
                                                  "ORACLE",
                                                  "MSSQL",
                                                  "DB2",
                                                  "MAXDB",
                                                  "MYSQL323",
                                                  "MYSQL40"};
  return !kHarmless.contains(mode);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

void check_default(CheckContext& context) {
  const std::string source = context.source.variable("sql_mode").value_or("");
  const std::string target = context.target.variable("sql_mode").value_or("");
  std::vector<std::string> wanted;
  for (const std::string& mode : schema::split_modes(source)) {
    if (context.dialect.sql_modes.contains(mode)) wanted.push_back(mode);
  }
  const std::vector<std::string> has = schema::split_modes(target);
  if (std::set<std::string>(wanted.begin(), wanted.end()) ==
      std::set<std::string>(has.begin(), has.end())) {
    return;
  }
  context.warning(
      "target",
      fmt::format("sql_mode is '{}', on the source '{}': sessions that do not set it "
                  "would see other errors and other results after the switch",
                  target, source),
      fmt::format("SET GLOBAL sql_mode = '{}'; and the same in its configuration", joined(wanted)));
}

}  // namespace

void check_sql_modes(CheckContext& context) {
  check_default(context);
  for (const schema::Program& program : context.catalog.programs) {
    const schema::ProgramSession session = schema::program_session(program, context.dialect);
    if (session.removed_modes.empty()) continue;
    Severity severity = Severity::notice;
    for (const std::string& mode : session.removed_modes) {
      if (changes_meaning(mode)) severity = Severity::warning;
    }
    context.add(severity, program.name.to_string(),
                fmt::format("its sql_mode has {}, which the target does not know; it is created "
                            "without",
                            joined(session.removed_modes)),
                "");
  }
}

}  // namespace flyover::assess
