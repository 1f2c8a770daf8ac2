#pragma once
// The way from a command to the `flyover run` that holds the migration.

#include <chrono>
#include <nlohmann/json.hpp>

#include "config/config.h"

namespace flyover::control {

/// Codes of call()'s errors when no `run` listens.
inline constexpr const char* kNotRunningCode = "control.not_running";
inline constexpr const char* kFinishedCode = "refused.finished";

/// Sends a request over the control socket of the migration and answers its result. Throws the
/// error that `run` answered, or one that says how to start `run` when nobody listens.
nlohmann::json call(const config::Config& config, const nlohmann::json& request,
                    std::chrono::milliseconds timeout);

/// The status: of the running `run`, or, when there is none, what the state folder remembers.
nlohmann::json status(const config::Config& config);

}  // namespace flyover::control
