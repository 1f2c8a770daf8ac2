#pragma once
// Progress as the object that `flyover status --json` prints. The field names are a promise.

#include <nlohmann/json.hpp>

#include "migration/progress.h"
#include "verify/result.h"

namespace flyover::migration {

nlohmann::json to_json(const Progress& progress);
nlohmann::json to_json(const SwitchReport& report);
/// What a cutover would do: {"ready","obstacles","steps","text"}.
nlohmann::json to_json(const Readiness& readiness);
SwitchReport report_from(const nlohmann::json& json);
nlohmann::json to_json(const verify::Report& report, std::int64_t elapsed_ms);

}  // namespace flyover::migration
