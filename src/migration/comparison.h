#pragma once
// Comparisons over a running link, and what they have found so far.

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"
#include "migration/endpoints.h"
#include "migration/link.h"
#include "migration/progress.h"
#include "verify/verifier.h"

namespace flyover::migration {

/// The last result for a table, in the words of AWS DMS.
struct TableValidation {
  std::string state{};
  std::uint64_t rows_compared = 0;
  std::uint64_t rows_different = 0;
};

/// One comparison at a time; the observers are thread-safe.
class Comparison {
 public:
  Comparison(const config::Config& config, const Endpoints& endpoints);

  /// Compares the tables of the link's both servers at one instant. Throws when it can not be
  /// done; differences are in the report.
  verify::Report run(Link& link, const std::vector<schema::Table>& tables, std::stop_token stop);

  /// Every table was compared whole since the last forget().
  bool complete() const;
  /// The link changed: what was found says nothing about the new one.
  void forget();

  ValidationProgress progress() const;
  std::map<mysql::TableName, TableValidation> tables() const;

 private:
  void keep(const std::vector<verify::TableReport>& reports);

  const config::Config& config_;
  const Endpoints& endpoints_;
  mutable std::mutex mutex_;
  std::unique_ptr<verify::Verifier> running_;
  std::chrono::steady_clock::time_point started_{};
  std::map<mysql::TableName, TableValidation> results_;
  std::int64_t elapsed_ms_ = 0;
  std::size_t tables_wanted_ = 0;
};

}  // namespace flyover::migration
