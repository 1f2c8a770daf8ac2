#pragma once
// The status of a migration that no process holds at the moment, from its state folder.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "config/config.h"

namespace flyover::migration {

inline std::filesystem::path state_file(const config::Config& config) {
  return config.state_dir / "state.db";
}

/// The object of to_json(Progress), with what is remembered: the phase and the last switch. Reads
/// only; a state folder that does not exist yet is not created.
nlohmann::json remembered_status(const config::Config& config);

}  // namespace flyover::migration
