#pragma once
// Notices that a server has emptied its MEMORY tables, as each restart does without a word.

#include <string>

#include "db/connection.h"
#include "mysql/identifier.h"

namespace flyover::migration {

/// A row in a MEMORY table of the control schema: it is gone exactly when the rows of the others
/// are. Stateless but for names.
class MemoryWitness {
 public:
  MemoryWitness(std::string migration, std::string link)
      : migration_(std::move(migration)), link_(std::move(link)) {}

  /// From now on.
  void place(db::Connection& server) const;
  /// Since place(), the server has kept what is in memory.
  bool present(db::Connection& server) const;

 private:
  std::string migration_;
  std::string link_;
};

}  // namespace flyover::migration
