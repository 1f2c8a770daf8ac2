#pragma once
// Progress as the object that `flyover status --json` prints. The field names are a promise.

#include <nlohmann/json.hpp>

#include "migration/progress.h"

namespace flyover::migration {

nlohmann::json to_json(const Progress& progress);
nlohmann::json to_json(const SwitchReport& report);

}  // namespace flyover::migration
