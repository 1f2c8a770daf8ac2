#include "migration/status_json.h"

#include <fmt/format.h>

#include "migration/switch_plan.h"

namespace flyover::migration {
namespace {

using nlohmann::json;

json to_json(const TableProgress& table) {
  return {{"schema", table.schema},
          {"table", table.table},
          {"state", table.state},
          {"rows_estimated", table.rows_estimated},
          {"rows_loaded", table.rows_loaded},
          {"inserts", table.inserts},
          {"updates", table.updates},
          {"deletes", table.deletes},
          {"ddls", table.ddls},
          {"reason", table.reason},
          {"changes_dropped", table.changes_dropped},
          {"validation_state", table.validation_state},
          {"rows_compared", table.rows_compared},
          {"rows_different", table.rows_different}};
}

json to_json(const ValidationProgress& validation) {
  return {{"running", validation.running},
          {"complete", validation.complete},
          {"rows_compared", validation.rows_compared},
          {"rows_different", validation.rows_different},
          {"rows_per_second", validation.rows_per_second},
          {"elapsed_ms", validation.elapsed_ms},
          {"lanes", validation.lanes}};
}

/// "different: id=17: name: 'a' on the active side, 'b' on the other".
std::string describe(const verify::RowDifference& row) {
  std::string text = fmt::format("{}: {}", verify::to_string(row.kind), row.key);
  for (const verify::ColumnDifference& column : row.columns) {
    text += fmt::format(": {}: {} on the active side, {} on the other", column.column,
                        column.source_value, column.target_value);
  }
  if (row.kind == verify::DifferenceKind::doubled) {
    text += fmt::format(": {} times on the active side, {} times on the other", row.source_copies,
                        row.target_copies);
  }
  return text;
}

}  // namespace

json to_json(const SwitchReport& report) {
  json steps = json::array();
  for (const SwitchStepTime& step : report.steps) {
    steps.push_back({{"step", step.step}, {"duration_ms", step.duration_ms}});
  }
  return {{"direction", report.direction},
          {"succeeded", report.succeeded},
          {"failure", report.failure},
          {"pause_ms", report.pause_ms},
          {"moved_sessions", report.moved_sessions},
          {"closed_sessions", report.closed_sessions},
          {"steps", std::move(steps)}};
}

json to_json(const Readiness& readiness) {
  json steps = json::array();
  std::string text = "A cutover carries out, in this order:\n";
  for (const SwitchStep step : switch_steps()) {
    steps.push_back(to_string(step));
    text += fmt::format("  {:<12} {}\n", to_string(step), describe(step));
  }
  text += readiness.ready ? "It may begin now.\n" : "It may not begin yet:\n";
  for (const std::string& obstacle : readiness.obstacles) text += "  " + obstacle + "\n";
  return {{"ready", readiness.ready},
          {"obstacles", readiness.obstacles},
          {"steps", std::move(steps)},
          {"text", std::move(text)}};
}

SwitchReport report_from(const json& value) {
  SwitchReport report;
  report.direction = value.at("direction");
  report.succeeded = value.at("succeeded");
  report.failure = value.at("failure");
  report.pause_ms = value.at("pause_ms");
  report.moved_sessions = value.at("moved_sessions");
  report.closed_sessions = value.at("closed_sessions");
  for (const json& step : value.at("steps")) {
    report.steps.push_back({step.at("step"), step.at("duration_ms")});
  }
  return report;
}

json to_json(const verify::Report& report, std::int64_t elapsed_ms) {
  json tables = json::array();
  for (const verify::TableResult& table : report.tables) {
    json differences = json::array();
    for (const verify::RowDifference& row : table.samples) differences.push_back(describe(row));
    tables.push_back({{"schema", table.name.schema},
                      {"table", table.name.table},
                      {"validation_state", verify::to_string(table.state)},
                      {"rows_compared", table.rows_compared},
                      {"rows_different", table.rows_different()},
                      {"rows_missing", table.rows_missing},
                      {"rows_extra", table.rows_extra},
                      {"rows_changed", table.rows_changed},
                      {"rows_doubled", table.rows_doubled},
                      {"skipped_columns", table.skipped_columns},
                      {"error", table.error},
                      {"differences", std::move(differences)}});
  }
  return {{"equal", report.equal()},
          {"rounds", report.round},
          {"rows_compared", report.rows_compared()},
          {"rows_different", report.rows_different()},
          {"elapsed_ms", elapsed_ms},
          {"tables", std::move(tables)}};
}

json to_json(const Progress& progress) {
  json tables = json::array();
  for (const TableProgress& table : progress.tables) tables.push_back(to_json(table));
  json out = {{"name", progress.name},
              {"phase", to_string(progress.phase)},
              {"reason", progress.reason},
              {"next_action", progress.next_action},
              {"active", base::to_string(progress.active)},
              {"ready", progress.ready},
              {"lag_ms_highest", progress.lag_ms_highest},
              {"rows_per_second", progress.rows_per_second},
              {"rows_loaded", progress.rows_loaded},
              {"rows_to_load", progress.rows_to_load},
              {"bytes_loaded", progress.bytes_loaded},
              {"applied_position", progress.applied_position},
              {"batch_changes", progress.batch_changes},
              {"batch_rows", progress.batch_rows},
              {"copying", progress.copying},
              {"throttle", progress.throttle},
              {"tables", std::move(tables)},
              {"validation", to_json(progress.validation)}};
  out["lag_ms"] = progress.lag_ms ? json(*progress.lag_ms) : json();
  out["eta_seconds"] = progress.eta_seconds ? json(*progress.eta_seconds) : json();
  out["cutover"] = progress.last_switch ? to_json(*progress.last_switch) : json();
  if (progress.error) {
    out["error"] = {{"code", progress.error->code},
                    {"side", base::to_string(progress.error->side)},
                    {"message", progress.error->message},
                    {"hint", progress.error->hint}};
  }
  return out;
}

}  // namespace flyover::migration
