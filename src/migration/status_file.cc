#include "migration/status_file.h"

#include "migration/state_keys.h"
#include "migration/status_json.h"
#include "store/state_store.h"

namespace flyover::migration {

nlohmann::json remembered_status(const config::Config& config) {
  Progress progress;
  progress.name = config.name;
  progress.reason = "never started";
  progress.next_action = "flyover run " + config.file.string();
  nlohmann::json last_switch;
  if (std::filesystem::exists(state_file(config))) {
    store::StateStore state(state_file(config));
    progress.phase = parse_phase(state.get(kPhaseKey).value_or("")).value_or(Phase::assessing);
    progress.active = target_is_active(progress.phase) ? base::Side::target : base::Side::source;
    progress.reason = "no `flyover run` is under way";
    if (const std::string error = state.get(kErrorKey).value_or(""); !error.empty()) {
      progress.phase = Phase::failed;
      progress.reason = error;
    }
    if (progress.phase == Phase::finished) {
      progress.reason = "finished";
      progress.next_action.clear();
    }
    if (const auto text = state.get(kLastSwitchKey)) last_switch = nlohmann::json::parse(*text);
  }
  nlohmann::json status = to_json(progress);
  status["cutover"] = std::move(last_switch);
  return status;
}

}  // namespace flyover::migration
