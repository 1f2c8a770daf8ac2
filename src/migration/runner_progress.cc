// The runner's state as a Progress: read by many, changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "migration/runner.h"

namespace flyover::migration {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool loaded_phase(Phase phase) {
  return phase != Phase::assessing && phase != Phase::schema && phase != Phase::load;
}

std::string next_action_of(Phase phase, const Readiness& readiness, const std::string& file) {
  switch (phase) {
    case Phase::replicating:
    case Phase::rolled_back:
      return readiness.ready ? "flyover cutover " + file : readiness.next_action;
    case Phase::switched:
      return fmt::format("{1}, or flyover finish {0} when the old server may go", file,
                         readiness.ready || readiness.next_action.empty()
                             ? "flyover rollback " + file
                             : readiness.next_action);
    default:
      return "";
  }
}

std::string reason_of(Phase phase, base::Side active) {
  switch (phase) {
    case Phase::replicating:
      return "the target follows the source; the application works on the source";
    case Phase::rolled_back:
      return "rolled back: the target follows the source; the application works on the source";
    case Phase::switched:
      return "the source follows the target; the application works on the target";
    case Phase::cutting_over:
      return "moving the application to the target";
    case Phase::rolling_back:
      return "moving the application back to the source";
    case Phase::finished:
      return "finished";
    default:
      return fmt::format("active: {}", base::to_string(active));
  }
}

}  // namespace

Readiness Runner::readiness() const {
  Readiness readiness;
  std::shared_ptr<Link> link;
  Phase phase = Phase::assessing;
  std::size_t table_count = 0;
  {
    const std::unique_lock lock(mutex_);
    link = link_;
    phase = phase_;
    table_count = catalog_.tables.size();
  }
  const auto obstacle = [&](std::string text) { readiness.obstacles.push_back(std::move(text)); };
  if (phase != Phase::replicating && phase != Phase::rolled_back && phase != Phase::switched) {
    obstacle(fmt::format("the phase is {}", to_string(phase)));
    return readiness;
  }
  if (link == nullptr || link->failure()) {
    obstacle("replication does not run");
    return readiness;
  }
  if (!link->streaming()) {
    obstacle(
        fmt::format("the log of the {} at {} is not read at the moment: the link begins, or the "
                    "server can not be "
                    "reached",
                    base::to_string(link->options().from.side), link->options().from.address()));
  }
  const auto lag = link->applier().lag_ms();
  if (!lag || *lag > config_.cutover_lag_ms_max) {
    obstacle(lag ? fmt::format("the lag is {} ms, at most {} ms are allowed", *lag,
                               config_.cutover_lag_ms_max)
                 : "the lag is not known yet");
  }
  if (link->options().ddl != nullptr && link->options().ddl->busy()) {
    obstacle("a statement that changes definitions is being carried out");
  }
  add_suspended_obstacle(readiness);
  add_structure_obstacle(readiness);
  const ValidationProgress validation = comparison_.progress(table_count);
  if (validation.rows_different > 0) {
    obstacle(fmt::format("{} rows differ", validation.rows_different));
    readiness.next_action = "flyover verify " + config_.file.string() +
                            " shows them, with --repair copies their tables again";
  }
  // A rollback does not wait: a comparison that nobody asked for gives way to it.
  const bool must_compare =
      (phase != Phase::switched || unproved_) && config_.verify_before_ready == "yes";
  if (must_compare && !validation.complete && !validation.running) {
    for (const auto& [name, result] : comparison_.tables()) {
      if (result.state != verify::ValidationState::table_error) continue;
      obstacle(fmt::format("{} can not be compared: {}", name.to_string(), result.error));
    }
  }
  if (must_compare && !validation.complete) {
    obstacle(validation.running ? "the first comparison is under way"
                                : "every table is to be compared first");
  }
  try {
    traffic_.status();
  } catch (const base::ErrorException& e) {
    obstacle(e.error().message);
    readiness.next_action = e.error().hint;
  }
  readiness.ready = readiness.obstacles.empty();
  return readiness;
}

void Runner::add_structure_obstacle(Readiness& readiness) const {
  const std::unique_lock lock(mutex_);
  // A new link's definitions are those that the switch found; only a change has to be looked at.
  if (structure_ == Structure::equal) return;
  if (structure_differences_.empty()) {
    readiness.obstacles.emplace_back("the definitions are to be compared");
    return;
  }
  readiness.obstacles.push_back(
      fmt::format("the definitions differ: {}", fmt::join(structure_differences_, "; ")));
  readiness.next_action = "make them equal on the active server";
  if (!structure_way_out_.empty()) readiness.next_action += ": " + structure_way_out_;
}

void Runner::add_suspended_obstacle(Readiness& readiness) const {
  constexpr std::size_t kShown = 5;
  const std::unique_lock lock(mutex_);
  if (suspended_.empty()) return;
  std::string text = fmt::format("{} tables are to be copied again:", suspended_.size());
  std::size_t shown = 0;
  for (const auto& [name, why] : suspended_) {
    if (shown++ == kShown) break;
    text += fmt::format(" {} ({})", name.to_string(), why);
  }
  readiness.obstacles.push_back(std::move(text));
}

Progress Runner::progress() const {
  const Readiness readiness = this->readiness();
  Progress progress;
  progress.name = config_.name;
  progress.ready = readiness.ready;
  const std::unique_lock lock(mutex_);
  progress.validation = comparison_.progress(catalog_.tables.size());
  progress.phase = phase_;
  progress.active = target_is_active(phase_) ? base::Side::target : base::Side::source;
  progress.reason = reason_.empty() ? reason_of(phase_, progress.active) : reason_;
  progress.next_action = next_action_.empty()
                             ? next_action_of(phase_, readiness, config_.file.string())
                             : next_action_;
  const bool waits = loaded_phase(phase_) && !readiness.ready && !readiness.obstacles.empty();
  if (waits && phase_ != Phase::finished) {
    progress.reason += fmt::format("; not ready: {}", fmt::join(readiness.obstacles, "; "));
  }
  progress.throttle = throttle_.status();
  const std::string throttled = progress.throttle.at("waits_for");
  if (!throttled.empty() && (phase_ == Phase::load || progress.validation.running)) {
    progress.reason += "; throttled: " + throttled;
  }
  if (error_) {
    progress.phase = Phase::failed;
    progress.reason = error_->message;
    progress.next_action = error_->hint;
  }
  progress.last_switch = last_switch_;
  progress.error = error_;
  fill_tables(progress);
  fill_rates(progress);
  return progress;
}

/// With mutex_ held.
void Runner::fill_tables(Progress& progress) const {
  std::map<mysql::TableName, load::TableProgress> loads = loaded_;
  if (loader_ != nullptr) {
    for (load::TableProgress& one : loader_->progress()) loads[one.name] = std::move(one);
  }
  const std::map<mysql::TableName, apply::TableCounts> counts =
      counts_.with(link_ == nullptr ? AppliedCounts::Counted() : link_->applier().stats().tables);
  const auto validations = comparison_.tables();
  for (const schema::Table& table : catalog_.tables) {
    TableProgress out;
    out.schema = table.name.schema;
    out.table = table.name.table;
    out.rows_estimated = table.rows_estimated;
    if (loaded_phase(phase_)) out.state = "Table completed";
    const auto suspended = suspended_.find(table.name);
    if (const auto found = loads.find(table.name); found != loads.end()) {
      out.state = load::to_string(found->second.state);
      out.rows_loaded = found->second.rows_loaded;
      progress.bytes_loaded += found->second.bytes_loaded;
    }
    if (const auto found = counts.find(table.name); found != counts.end()) {
      out.inserts = found->second.inserts;
      out.updates = found->second.updates;
      out.deletes = found->second.deletes;
    }
    if (const auto found = ddls_.find(table.name); found != ddls_.end()) out.ddls = found->second;
    if (const auto found = validations.find(table.name); found != validations.end()) {
      out.validation_state = verify::to_string(found->second.state);
      out.rows_compared = found->second.rows_compared;
      out.rows_different = found->second.rows_different();
    }
    if (suspended != suspended_.end()) {
      // The words of AWS DMS for a table that is left out, and for one on its way back.
      out.state = loader_ != nullptr && loads.contains(table.name) && link_ == nullptr
                      ? "Table is being reloaded"
                      : "Table error";
      out.reason = suspended->second;
      if (link_ != nullptr) out.changes_dropped = link_->dropped_changes(table.name);
      out.validation_state = "Pending validation";
    }
    progress.rows_loaded += out.rows_loaded;
    progress.rows_to_load += std::max(out.rows_estimated, out.rows_loaded);
    progress.tables.push_back(std::move(out));
  }
}

/// With mutex_ held.
void Runner::fill_rates(Progress& progress) const {
  if (const auto now = loader_ != nullptr ? loader_->decisions() : std::nullopt) {
    progress.copying = {{"lanes", now->lanes},
                        {"lanes_fixed", now->lanes_fixed},
                        {"chunk_bytes", now->chunk_bytes},
                        {"chunk_bytes_fixed", now->chunk_bytes_fixed}};
  }
  if (link_ != nullptr) {
    const apply::ApplierStats stats = link_->applier().stats();
    if (stats.lag) progress.lag_ms = stats.lag->count();
    progress.lag_ms_highest = std::max(lag_ms_highest_, progress.lag_ms.value_or(0));
    progress.rows_per_second = static_cast<std::uint64_t>(stats.rows_per_second);
    progress.applied_position = stats.applied_position.to_string();
    progress.batch_changes = stats.batch_changes;
    progress.batch_rows = stats.batch_rows;
    return;
  }
  if (phase_ != Phase::load || loader_ == nullptr) return;
  const auto elapsed_ms = duration_cast<milliseconds>(steady_clock::now() - load_started_).count();
  if (elapsed_ms < 500) return;
  const std::uint64_t rows =
      progress.rows_loaded - std::min(progress.rows_loaded, load_rows_at_start_);
  progress.rows_per_second = rows * 1000 / static_cast<std::uint64_t>(elapsed_ms);
  if (progress.rows_per_second > 0) {
    progress.eta_seconds =
        (progress.rows_to_load - progress.rows_loaded) / progress.rows_per_second;
  }
}

}  // namespace flyover::migration
