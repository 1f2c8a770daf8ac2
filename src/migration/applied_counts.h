#pragma once
// How many rows replication applied to each table since the migration began, over all its links and
// processes.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apply/progress.h"
#include "mysql/identifier.h"

namespace flyover::migration {

/// Counts of links that ended; a link that runs counts for itself. Not thread-safe.
class AppliedCounts {
 public:
  using Counted = std::vector<apply::TableCounts>;

  /// From text(); "" is nothing yet.
  static AppliedCounts parse(std::string_view text);
  /// What is kept between processes, with what a link that runs has counted.
  std::string text(const Counted& running) const;

  void add(const Counted& counted);
  /// The same when `before` of it was added already.
  void add_since(const Counted& before, const Counted& counted);
  /// All that was counted, with a link that runs.
  std::map<mysql::TableName, apply::TableCounts> with(const Counted& running) const;

 private:
  std::map<mysql::TableName, apply::TableCounts> tables_{};
};

}  // namespace flyover::migration
