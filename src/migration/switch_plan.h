#pragma once
// A switch of the endpoint (cutover, or rollback: the same walk backwards) as a pure state machine.
//
// The plan walks through the steps below. Until `flip` has succeeded, any failure turns it round:
// the steps that were begun are undone in reverse order, first all of it on the active side, so
// that the application goes on where it was whatever became of the other server, then on the other
// side. After `flip` there is no way back but a switch in the other direction: what follows is
// retried. docs/life-of-a-cutover.md tells the reason for the order.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flyover::migration {

enum class SwitchStep {
  prepare,     ///< standby sessions, counters and definitions read: nothing is held yet
  gate,        ///< the proxy holds new work
  drain,       ///< transactions under way finish
  events_off,  ///< the active side's scheduled events stop
  fence,       ///< the active side becomes read-only, foreign writers are killed
  catch_up,    ///< a marker written after the fence is applied on the other side
  compare,     ///< the rows changed last are equal on both sides
  sequences,   ///< AUTO_INCREMENT counters reach those of the active side
  triggers,    ///< triggers move to the other side
  reverse,     ///< the reverse link is connected at the other side's position
  open,        ///< the other side accepts writes
  flip,        ///< one compare-and-set on disk that every proxy obeys
  release,     ///< the proxy lets the held work go on, on the other side
  events_on    ///< scheduled events start there: behind the flip, so that nothing undoes their work
};

std::string_view to_string(SwitchStep step);
/// What the step does, in a few words for people.
std::string_view describe(SwitchStep step);
std::optional<SwitchStep> parse_switch_step(std::string_view text);

/// Every step in the order in which it is carried out.
const std::vector<SwitchStep>& switch_steps();

struct SwitchState {
  enum class Direction { forward, undoing, ended };
  Direction direction = Direction::forward;
  std::size_t at = 0;         ///< index into switch_steps()
  std::size_t turned_at = 0;  ///< the last step that was begun, when undoing
  bool other_side = false;    ///< undoing: the active side is done, the other one is under way
  bool flipped = false;
  std::string failure{};  ///< why it was turned round
};

enum class SwitchEventKind { step_done, step_failed };

struct SwitchEvent {
  SwitchEventKind kind = SwitchEventKind::step_done;
  std::string reason{};
};

/// What the runner has to do next.
struct SwitchOutput {
  enum class Kind { run, undo_active, undo_other, succeeded, called_off };
  Kind kind = Kind::run;
  SwitchStep step = SwitchStep::prepare;
};

/// The first thing to do.
SwitchOutput begin_switch(SwitchState& state);

/// Takes the outcome of what the last output asked for; `state` moves on. An undo that fails is
/// told as step_failed and asked for again: a half-undone switch is never left alone.
SwitchOutput step_switch(SwitchState& state, const SwitchEvent& event);

/// The state of a switch that an ended process left behind, from its journal: undo all of
/// `begun`, or, when the route on disk says that it flipped, go on with the release.
SwitchState resume_switch(const std::vector<SwitchStep>& begun, bool flipped);

}  // namespace flyover::migration
