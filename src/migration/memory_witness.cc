#include "migration/memory_witness.h"

#include <fmt/format.h>

#include "schema/control_schema.h"

namespace flyover::migration {
namespace {

std::string witness_table() {
  return mysql::TableName{std::string(schema::kControlSchema), "memory_witness"}.quoted();
}

}  // namespace

void MemoryWitness::place(db::Connection& server) const {
  server.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (`migration` varbinary(64) NOT NULL, `link` varbinary(16) NOT "
      "NULL, PRIMARY KEY (`migration`, `link`)) ENGINE=MEMORY",
      witness_table()));
  server.execute(fmt::format("REPLACE INTO {} (`migration`, `link`) VALUES ({}, {})",
                             witness_table(), mysql::quote_bytes(migration_),
                             mysql::quote_bytes(link_)));
}

bool MemoryWitness::present(db::Connection& server) const {
  constexpr std::uint32_t kNoSuchTable = 1146;
  try {
    return server
        .query_value(fmt::format("SELECT 1 FROM {} WHERE `migration` = {} AND `link` = {}",
                                 witness_table(), mysql::quote_bytes(migration_),
                                 mysql::quote_bytes(link_)))
        .has_value();
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kNoSuchTable) throw;
    return false;
  }
}

}  // namespace flyover::migration
