#pragma once
// What the application's sessions find as defaults on the source and would find differently on the
// target: an application that never sets sql_mode must not learn of a stricter one at the switch.

#include <string>
#include <vector>

#include "config/config.h"

namespace flyover::migration {

/// SET statements for a new session of the application on the target, so that it works as on the
/// source: sql_mode (without modes the target does not know), isolation, time zone and limits,
/// where the servers' defaults differ. Remembered in the state folder for when a server is away.
std::vector<std::string> target_session_init(const config::Config& config);

}  // namespace flyover::migration
