#pragma once
// Status and results as people read them, from the JSON that --json prints.

#include <nlohmann/json.hpp>
#include <string>

namespace flyover::cli {

/// The live table: phase, reason, next action, per-table bars, rates, lag, ETA. `width`: columns.
std::string render_status(const nlohmann::json& status, int width);

/// One line of the same, for logs and pipes.
std::string render_status_line(const nlohmann::json& status);

/// What `flyover throttle` answers.
std::string render_throttle(const nlohmann::json& state);
/// The outcome of a cutover or rollback with the time of each step.
std::string render_switch(const nlohmann::json& report);

/// The outcome of a comparison.
std::string render_verify(const nlohmann::json& report);

}  // namespace flyover::cli
