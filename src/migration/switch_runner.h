#pragma once
// Walks through a switch: asks the plan for the next step, journals it, carries it out, tells the
// plan how it went.

#include <memory>
#include <stop_token>

#include "migration/progress.h"
#include "migration/switch_actions.h"
#include "store/state_store.h"

namespace flyover::migration {

struct SwitchOutcome {
  SwitchReport report{};
  std::shared_ptr<Link> new_link{};  ///< of the other direction; null when it was called off
};

/// A whole switch. The journal keeps it until the caller has recorded the outcome and clears it.
/// Throws only when a stop request leaves it unfinished: the next process recovers it.
SwitchOutcome run_switch(SwitchContext context, store::StateStore& state, std::string direction,
                         std::stop_token stop);

/// Ends a switch that an ended process left behind: undoes one that had not flipped, carries one
/// that had to its end. Answers whether it had flipped. `context.from` is taken from the journal.
bool recover_switch(SwitchContext context, store::StateStore& state, std::stop_token stop);

}  // namespace flyover::migration
