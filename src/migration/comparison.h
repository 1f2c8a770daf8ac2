#pragma once
// Comparisons over a running link, and what they have found so far.

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/pace.h"
#include "config/config.h"
#include "migration/endpoints.h"
#include "migration/link.h"
#include "migration/progress.h"
#include "migration/told.h"
#include "verify/verifier.h"

namespace flyover::migration {

/// One comparison at a time; the observers are thread-safe.
class Comparison {
 public:
  /// All must outlive it.
  Comparison(const config::Config& config, const Endpoints& endpoints, base::Pace& pace);

  enum class Asked { by_user, by_itself };

  /// Compares the tables of the link's both servers at one instant. Throws when it can not be
  /// done; differences are in the report. `told` tells of waits for locks.
  verify::Report run(Link& link, const std::vector<schema::Table>& tables, Asked asked,
                     const Told& told, std::stop_token stop);

  /// Stops a comparison that nobody asked for, so that a command can have its place.
  void give_way();

  /// Stops any comparison, because it holds locks on tables whose definitions are to change: run()
  /// throws an Error with Action::retry.
  void make_way();

  /// How long the last one took.
  std::int64_t elapsed_ms() const;

  /// All of `tables` tables were compared to the end since the last forget().
  bool complete(std::size_t tables) const;
  /// The link changed: what was found says nothing about the new one.
  void forget();
  /// The table's rows were replaced.
  void forget(const mysql::TableName& table);
  /// Forgets tables that are not among these.
  void keep_only(const std::vector<schema::Table>& tables);
  /// Those of the tables that were not compared to the end since they were forgotten.
  std::vector<schema::Table> missing(const std::vector<schema::Table>& tables) const;

  ValidationProgress progress(std::size_t table_count) const;
  /// The last result of each table, or of the comparison under way.
  std::map<mysql::TableName, verify::TableResult> tables() const;

 private:
  void keep(const verify::Report& report);
  void throw_if_made_way() const;

  const config::Config& config_;
  const Endpoints& endpoints_;
  base::Pace& pace_;
  mutable std::mutex mutex_;
  std::shared_ptr<verify::Verifier> running_;
  std::optional<std::stop_source> giving_way_;  ///< of a comparison by itself
  std::optional<std::stop_source> making_way_;  ///< of any comparison
  bool made_way_ = false;
  std::chrono::steady_clock::time_point started_{};
  std::map<mysql::TableName, verify::TableResult> results_;
  std::int64_t elapsed_ms_ = 0;
};

}  // namespace flyover::migration
