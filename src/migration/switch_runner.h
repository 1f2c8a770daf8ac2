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

/// A whole switch. Throws only when a step fails after the flip in a way that a retry can not mend.
SwitchOutcome run_switch(SwitchContext context, store::StateStore& state, std::string direction,
                         std::stop_token stop);

/// Ends a switch that an ended process left behind. Answers whether it had flipped: then the other
/// side is active, and its link must be started before finish_release(); else all is undone.
bool recover_switch(SwitchContext context, store::StateStore& state, std::stop_token stop);

/// Lets the proxy go on after a recovered flip and closes the journal.
void finish_release(TrafficSwitch& traffic, store::StateStore& state, std::stop_token stop);

}  // namespace flyover::migration
