#include "assess/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace flyover::assess {
namespace {

constexpr std::array kSeverities = {Severity::blocker, Severity::warning, Severity::notice};

// Continuation lines of a text of several lines start where its first line does.
std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::blocker:
      return "blocker";
    case Severity::warning:
      return "warning";
    case Severity::notice:
      return "notice";
  }
  return "notice";
}

bool Report::has_blockers() const {
  return count(Severity::blocker) > 0;
}

std::size_t Report::count(Severity severity) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& finding) { return finding.severity == severity; }));
}

std::string Report::text() const {
  static constexpr std::string_view kIndent = "           ";
  std::string out;
  for (const Severity severity : kSeverities) {
    for (const Finding& finding : findings) {
      if (finding.severity != severity) continue;
      out += fmt::format("{:<9}{} [{}]\n", to_string(severity), finding.object, finding.check);
      out += fmt::format("  why:     {}\n", indented(finding.reason, kIndent));
      if (!finding.fix.empty()) {
        out += fmt::format("  fix:     {}\n", indented(finding.fix, kIndent));
      }
    }
  }
  return out + fmt::format("{} checks: {} blockers, {} warnings, {} notices\n", checks_run.size(),
                           count(Severity::blocker), count(Severity::warning),
                           count(Severity::notice));
}

std::string Report::json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const Severity severity : kSeverities) {
    for (const Finding& finding : findings) {
      if (finding.severity != severity) continue;
      list.push_back({{"severity", to_string(severity)},
                      {"check", finding.check},
                      {"object", finding.object},
                      {"reason", finding.reason},
                      {"fix", finding.fix}});
    }
  }
  const nlohmann::json report = {{"blockers", count(Severity::blocker)},
                                 {"warnings", count(Severity::warning)},
                                 {"notices", count(Severity::notice)},
                                 {"checks", checks_run},
                                 {"findings", list}};
  // Names and statements may carry bytes that are no UTF-8.
  return report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace flyover::assess
