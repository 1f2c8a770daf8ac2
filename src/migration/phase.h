#pragma once
// The phases of a migration as a pure state machine: what may follow what.

#include <optional>
#include <string_view>

namespace flyover::migration {

/// The words of `status --json`. `failed` is never kept: it is how a run that ended with an error
/// is shown; the next one goes on in the phase that was reached.
enum class Phase {
  assessing,
  schema,
  load,
  catch_up,
  replicating,
  cutting_over,
  switched,
  rolling_back,
  rolled_back,
  finished,
  failed
};

std::string_view to_string(Phase phase);
std::optional<Phase> parse_phase(std::string_view text);

enum class PhaseEvent {
  no_blockers,  ///< the assessment found nothing that forbids the migration
  schema_created,
  rows_loaded,
  caught_up,
  cutover_begun,
  rollback_begun,
  flipped,     ///< the route on disk names the other side
  called_off,  ///< the switch was undone before its flip
  finish_requested
};

/// The phase after `event`; nothing when the event is not allowed in `phase`.
std::optional<Phase> next_phase(Phase phase, PhaseEvent event);

/// Whether the application's writes go to the target in this phase, so that the reverse link runs.
bool target_is_active(Phase phase);

}  // namespace flyover::migration
