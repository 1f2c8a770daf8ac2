#include "migration/comparison.h"

#include <algorithm>
#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "base/task_group.h"
#include "migration/marker_instant.h"
#include "migration/stopped.h"

namespace flyover::migration {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kAttempts = 5;

bool conclusive(verify::ValidationState state) {
  return state == verify::ValidationState::validated ||
         state == verify::ValidationState::mismatched_records;
}

}  // namespace

Comparison::Comparison(const config::Config& config, const Endpoints& endpoints, base::Pace& pace)
    : config_(config), endpoints_(endpoints), pace_(pace) {}

verify::Report Comparison::run(Link& link, const std::vector<schema::Table>& tables, Asked asked,
                               const Told& told, std::stop_token outer_stop) {
  std::stop_source source;
  const std::stop_callback pass_on(outer_stop, [&source] { source.request_stop(); });
  const std::stop_token stop = source.get_token();
  {
    const std::unique_lock lock(mutex_);
    giving_way_ = asked == Asked::by_itself ? std::optional(source) : std::nullopt;
    making_way_ = source;
    made_way_ = false;
  }
  MarkerInstant instant(link, told, stop);
  base::Backoff backoff(std::chrono::seconds(1), std::chrono::seconds(10));
  for (int attempt = 1;; ++attempt) {
    auto verifier = std::make_shared<verify::Verifier>(
        verify::VerifyOptions{.source = link.options().from,
                              .target = link.options().to,
                              .tables = tables,
                              .lanes = static_cast<unsigned>(config_.verify_lanes),
                              .max_rounds = static_cast<unsigned>(config_.verify_rounds_max),
                              .pace = &pace_},
        instant);
    {
      const std::unique_lock lock(mutex_);
      running_ = verifier;
      started_ = steady_clock::now();
    }
    try {
      verify::Report report = verifier->run(stop);
      keep(report);
      if (report.stopped) throw_if_made_way();
      if (report.stopped) throw_stopped("comparing rows");
      return report;
    } catch (const base::ErrorException& e) {
      {
        const std::unique_lock lock(mutex_);
        running_.reset();
      }
      throw_if_made_way();
      const bool again =
          e.error().action == base::Action::retry && attempt < kAttempts && !link.failure();
      if (!again || !base::sleep_for(backoff.next(), stop)) throw;
      base::log::warn("verify.retry", "{}", e.what());
    }
  }
}

void Comparison::give_way() {
  const std::unique_lock lock(mutex_);
  if (giving_way_) giving_way_->request_stop();
}

void Comparison::make_way() {
  const std::unique_lock lock(mutex_);
  if (!making_way_ || running_ == nullptr) return;
  made_way_ = true;
  making_way_->request_stop();
}

void Comparison::throw_if_made_way() const {
  const std::unique_lock lock(mutex_);
  if (!made_way_) return;
  base::throw_error(
      {.code = "verify.made_way",
       .action = base::Action::retry,
       .message = "the comparison made way for a statement that changes definitions"});
}

void Comparison::keep_only(const std::vector<schema::Table>& tables) {
  const std::unique_lock lock(mutex_);
  std::erase_if(results_, [&](const auto& result) {
    return std::none_of(tables.begin(), tables.end(),
                        [&](const schema::Table& table) { return table.name == result.first; });
  });
}

std::vector<schema::Table> Comparison::missing(const std::vector<schema::Table>& tables) const {
  const std::unique_lock lock(mutex_);
  std::vector<schema::Table> missing;
  for (const schema::Table& table : tables) {
    const auto found = results_.find(table.name);
    if (found == results_.end() || !conclusive(found->second.state)) missing.push_back(table);
  }
  return missing;
}

void Comparison::forget(const mysql::TableName& table) {
  const std::unique_lock lock(mutex_);
  results_.erase(table);
}

void Comparison::keep(const verify::Report& report) {
  const std::unique_lock lock(mutex_);
  for (const verify::TableResult& table : report.tables) results_[table.name] = table;
  giving_way_.reset();
  elapsed_ms_ = duration_cast<milliseconds>(steady_clock::now() - started_).count();
  running_.reset();
}

bool Comparison::complete(std::size_t tables) const {
  const std::unique_lock lock(mutex_);
  return tables > 0 && results_.size() >= tables &&
         std::all_of(results_.begin(), results_.end(),
                     [](const auto& entry) { return conclusive(entry.second.state); });
}

std::int64_t Comparison::elapsed_ms() const {
  const std::unique_lock lock(mutex_);
  return elapsed_ms_;
}

void Comparison::forget() {
  const std::unique_lock lock(mutex_);
  results_.clear();
}

std::map<mysql::TableName, verify::TableResult> Comparison::tables() const {
  const std::unique_lock lock(mutex_);
  std::map<mysql::TableName, verify::TableResult> tables = results_;
  if (running_ != nullptr) {
    for (verify::TableResult& table : running_->progress().tables) {
      tables[table.name] = std::move(table);
    }
  }
  return tables;
}

ValidationProgress Comparison::progress(std::size_t table_count) const {
  ValidationProgress progress;
  for (const auto& [name, table] : tables()) {
    progress.rows_compared += table.rows_compared;
    progress.rows_different += table.rows_different();
  }
  progress.complete = complete(table_count);
  const std::unique_lock lock(mutex_);
  progress.running = running_ != nullptr;
  if (running_ != nullptr) progress.lanes = running_->lanes();
  progress.elapsed_ms = progress.running
                            ? duration_cast<milliseconds>(steady_clock::now() - started_).count()
                            : elapsed_ms_;
  if (progress.elapsed_ms > 0) {
    progress.rows_per_second =
        progress.rows_compared * 1000 / static_cast<std::uint64_t>(progress.elapsed_ms);
  }
  return progress;
}

}  // namespace flyover::migration
