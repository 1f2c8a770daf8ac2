#pragma once
// Whether the passive server can take over the programs that come alive there with a switch, found
// out before anybody is held.

#include <set>
#include <string>
#include <vector>

#include "db/connection.h"
#include "schema/diff.h"
#include "schema/model.h"

namespace flyover::migration {

/// Not thread-safe.
class ProgramProbe {
 public:
  /// The triggers of `active` that a switch would create on `passive` and that it refuses: each is
  /// created, on a table in the control schema with the columns of its own, and dropped again. What
  /// was taken once is tried again only when it, or its table, has changed. `remembered`: those
  /// that `passive` keeps in its own words. Triggers of tables that `there` does not have are left
  /// out.
  std::vector<schema::Difference> refused_triggers(const std::vector<schema::Program>& active,
                                                   const std::vector<schema::Program>& remembered,
                                                   const std::vector<schema::Table>& there,
                                                   db::Connection& passive);

 private:
  std::set<std::string> taken_;  ///< definitions of tables with their triggers
};

/// The programs that call native functions which `target` lacks and `source` has: they would fail
/// when they run.
std::vector<schema::Difference> lost_calls(const std::vector<schema::Program>& programs,
                                           db::Connection& source, db::Connection& target);

}  // namespace flyover::migration
