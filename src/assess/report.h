#pragma once
// What an assessment found, for people and for programs.

#include <string>
#include <string_view>
#include <vector>

namespace flyover::assess {

enum class Severity {
  blocker,  ///< `run` refuses to start
  warning,  ///< the migration works, something may not be as expected
  notice    ///< good to know
};

std::string_view to_string(Severity severity);

/// One thing that stands in the way, or that should be known.
struct Finding {
  Severity severity = Severity::notice;
  std::string check{};   ///< id of the check: "binlog", "proof", ...
  std::string object{};  ///< what it is about: "source", "table shop.orders", ...
  std::string reason{};  ///< what is the case and why it matters
  std::string fix{};     ///< statement or action that removes it; "" when nothing needs to be done
};

struct Report {
  std::vector<Finding> findings{};
  std::vector<std::string> checks_run{};  ///< ids, in order

  bool has_blockers() const;
  std::size_t count(Severity severity) const;
  /// Blockers first, then warnings and notices, and a last line with the counts.
  std::string text() const;
  /// {"blockers": n, "warnings": n, "notices": n, "checks": [...], "findings": [...]}.
  std::string json() const;
};

}  // namespace flyover::assess
