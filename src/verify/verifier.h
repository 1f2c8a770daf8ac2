#pragma once
// Comparison of every row and column of the tables on both servers, at one instant, while the
// application writes.
//
// Round one compares all tables chunk by chunk, by count and sum of row hashes, in snapshots that
// may lie a few transactions apart. Chunks that differ there are suspects. Each later round
// compares the suspects of one table, in snapshots that are exact because the table was locked for
// the moment in which they opened: what differs then differs, and is reported row by row. Tables
// without a usable key are compared as multisets.
//
// Tables whose engine has no snapshots come behind the others in round one, one by one, while both
// sides keep the table still, in pieces of a few seconds.

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "base/pace.h"
#include "db/connection.h"
#include "schema/model.h"
#include "verify/result.h"

namespace flyover::verify {

/// The caller's power over the stream between the servers. Called from run()'s thread.
class Instant {
 public:
  virtual ~Instant() = default;
  /// Calls both functions at moments of the source's history that are the same, but for the
  /// transactions of the marker window that may be in the source's snapshot only; for
  /// `locked_tables`, exactly the same. Each takes milliseconds. May throw an Error.
  virtual void at_one_instant(const std::vector<mysql::TableName>& locked_tables,
                              const std::function<void()>& open_source_snapshots,
                              const std::function<void()>& open_target_snapshots) = 0;
  /// For one table that has no snapshots on one of the servers: from the call of the two functions
  /// to the return of `compare`, the table shows the same moment on both. May throw an Error.
  virtual void while_still(const schema::Table& table,
                           const std::function<void()>& open_source_snapshots,
                           const std::function<void()>& open_target_snapshots,
                           const std::function<void()>& compare) = 0;
};

struct VerifyOptions {
  db::Endpoint source{};
  db::Endpoint target{};
  /// As the source has them; one table, or all.
  std::vector<schema::Table> tables{};
  /// Pairs of sessions that compare at the same time; 0: from 2 to 8, as many as bring something.
  unsigned lanes = 0;
  std::uint64_t chunk_bytes = 16ULL << 20;
  /// Of each table, at least 1. With 1, what differs stays "Pending revalidation".
  unsigned max_rounds = 2;
  /// For hashes of rows where chunks differ, per lane.
  std::uint64_t memory_bytes = 32ULL << 20;
  std::size_t samples_per_table = 10;
  /// Outlives the comparison. Where it wants snapshots given up, the first round goes on in new
  /// ones: each chunk is still compared at one moment, which is not the same for all.
  base::Pace* pace = &base::Pace::unhindered();
};

/// One comparison. Not thread-safe except for progress().
class Verifier {
 public:
  Verifier(VerifyOptions options, Instant& instant);
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  /// Compares. A table that can not be compared gets the state `table_error`; a lost session throws
  /// an Error with Action::retry, and the comparison begins again with a new Verifier. A stop
  /// request ends it within a moment.
  Report run(std::stop_token stop);

  /// The report so far, from any thread.
  Report progress() const;
  /// How many lanes work now, from any thread.
  unsigned lanes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flyover::verify
