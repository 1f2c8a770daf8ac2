#pragma once
// What is remembered of each link's log between runs.

#include <string>

#include "store/state_store.h"
#include "stream/log_history.h"

namespace flyover::migration {

/// Empty when nothing is known. `link` is "forward" or "reverse".
stream::LogHistory recorded_history(store::StateStore& state, const std::string& link);
void record_history(store::StateStore& state, const std::string& link,
                    const stream::LogHistory& history);

}  // namespace flyover::migration
