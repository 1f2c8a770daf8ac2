#pragma once
// The assessment of a configuration: on its own, or before a migration begins.

#include <nlohmann/json.hpp>
#include <stop_token>

#include "assess/assess.h"
#include "config/config.h"

namespace flyover::migration {

assess::AssessContext assess_context(const config::Config& config, std::stop_token stop);

/// assess::Report::json() with the text for people as "text". Where the migration has begun
/// already, the target is expected to hold its tables.
nlohmann::json assess_json(const config::Config& config);

}  // namespace flyover::migration
