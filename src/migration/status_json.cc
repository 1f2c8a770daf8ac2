#include "migration/status_json.h"

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
          {"elapsed_ms", validation.elapsed_ms}};
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

json to_json(const Progress& progress) {
  json tables = json::array();
  for (const TableProgress& table : progress.tables) tables.push_back(to_json(table));
  json out = {{"name", progress.name},
              {"phase", to_string(progress.phase)},
              {"reason", progress.reason},
              {"next_action", progress.next_action},
              {"active", base::to_string(progress.active)},
              {"ready", progress.ready},
              {"lag_ms", progress.lag_ms},
              {"lag_ms_highest", progress.lag_ms_highest},
              {"rows_per_second", progress.rows_per_second},
              {"rows_loaded", progress.rows_loaded},
              {"rows_to_load", progress.rows_to_load},
              {"bytes_loaded", progress.bytes_loaded},
              {"applied_position", progress.applied_position},
              {"tables", std::move(tables)},
              {"validation", to_json(progress.validation)}};
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
