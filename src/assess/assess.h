#pragma once
// What stands in the way of a migration, why, and the exact fix. Changes nothing on the source; on
// the target it creates and drops scratch schemas named flyover_assess_...

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "assess/report.h"
#include "base/secret.h"
#include "db/connection.h"
#include "schema/model.h"
#include "schema/selection.h"

namespace flyover::assess {

/// An application account that the proxy logs in for.
struct ProxyUser {
  std::string name{};
  base::Secret password{};
};

struct AssessOptions {
  /// Speed of the load for the estimate of its duration, in bytes of table data per second.
  std::uint64_t load_bytes_per_second = 20ULL << 20;
  /// Selected schemas on the target may hold nothing. False when a migration is resumed.
  bool target_must_be_empty = true;
  /// Create and drop every object on the target in scratch schemas.
  bool prove_by_doing = true;
  /// How long a table of an engine without snapshots may be locked READ while it is copied.
  std::uint64_t lock_ms_max = 60'000;
  /// How much of a table with large columns is read to find its longest row.
  std::uint64_t longest_row_sample_rows = 100'000;
};

struct AssessContext {
  db::Endpoint source{};
  db::Endpoint target{};
  schema::Selection selection{};
  std::string migration{};  ///< name of the migration
  std::vector<ProxyUser> proxy_users{};
  AssessOptions options{};
  std::stop_token stop{};  ///< ends the assessment early, with everything it made removed
};

/// The include patterns that match no table of the catalog, which `selection` has read. Pure.
std::vector<std::string> patterns_without_tables(const schema::Selection& selection,
                                                 const schema::Catalog& catalog);

/// Runs every check. Never throws for what a server says: a server that cannot be reached is one
/// blocker, a check that cannot run is a finding of its own.
Report run_assessment(const AssessContext& context);

}  // namespace flyover::assess
