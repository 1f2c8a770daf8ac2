#include "assess/assess.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "assess/check.h"
#include "assess/registry.h"
#include "schema/introspect.h"

namespace flyover::assess {
namespace {

// Nothing, and a blocker in the report, when the server does not let us in.
std::unique_ptr<Server> connect(const db::Endpoint& endpoint, Report& report) {
  try {
    return std::make_unique<Server>(db::Connection::open(endpoint));
  } catch (const base::ErrorException& e) {
    report.findings.push_back(
        {Severity::blocker, "connection",
         fmt::format("{} {}", base::to_string(endpoint.side), endpoint.address()),
         e.error().message, e.error().hint});
    return nullptr;
  }
}

bool read_catalog(CheckContext& context) {
  context.begin_check("catalog");
  try {
    context.catalog = schema::read_catalog(context.source.connection, context.request.selection);
    context.dialect = schema::read_dialect(context.target.connection);
  } catch (const base::ErrorException& e) {
    context.blocker(std::string(base::to_string(e.error().side)),
                    "the schema can not be read: " + e.error().message, e.error().hint);
    return false;
  }
  if (context.catalog.tables.empty()) {
    context.blocker("source", "the selection names no table",
                    "check [tables] in the configuration, and that the account may see the "
                    "tables: SHOW GRANTS FOR " +
                        context.source.account);
    return true;
  }
  for (const std::string& pattern :
       patterns_without_tables(context.request.selection, context.catalog)) {
    context.warning("tables.include \"" + pattern + "\"", "the pattern matches no table",
                    "take it out of [tables], or write it as the tables are named");
  }
  return true;
}

// False when no further check can run.
bool run_check(const Check& check, CheckContext& context) {
  context.begin_check(check.id);
  try {
    context.stop_if_requested();
    check.run(context);
    return true;
  } catch (const std::exception&) {
    const base::Error error = base::to_error(std::current_exception());
    const bool stopped = context.request.stop.stop_requested();
    const bool over = stopped || is_lost(error);
    context.add(over ? Severity::blocker : check.when_unable, fmt::format("check {}", check.id),
                stopped ? "the assessment was stopped before its end"
                        : fmt::format("could not look at {}: {}", check.title, error.message),
                stopped ? "run it again" : error.hint);
    return !over;
  }
}

}  // namespace

std::vector<std::string> patterns_without_tables(const schema::Selection& selection,
                                                 const schema::Catalog& catalog) {
  std::vector<std::string> unmatched;
  for (const std::string& pattern : selection.include) {
    const schema::Selection alone{.include = {pattern}};
    const bool matches =
        std::any_of(catalog.tables.begin(), catalog.tables.end(),
                    [&](const schema::Table& table) { return alone.selects(table.name); });
    if (!matches) unmatched.push_back(pattern);
  }
  return unmatched;
}

Report run_assessment(const AssessContext& context) {
  Report report;
  report.checks_run.emplace_back("connection");
  const std::unique_ptr<Server> source = connect(context.source, report);
  const std::unique_ptr<Server> target = connect(context.target, report);
  if (!source || !target) return report;
  const db::InterruptOnStop stop_source(source->connection, context.stop);
  const db::InterruptOnStop stop_target(target->connection, context.stop);
  CheckContext checks(context, *source, *target, report);
  // A user who may not read the schema learns which rights are missing all the same.
  const bool readable = read_catalog(checks);
  for (const Check& check : all_checks()) {
    const bool needs_catalog =
        check.id != "grants" && check.id != "versions" && check.id != "binlog" && check.id != "xa";
    if (needs_catalog && !readable) continue;
    if (!run_check(check, checks)) break;
  }
  return report;
}

}  // namespace flyover::assess
