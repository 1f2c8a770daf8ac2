#include "migration/switch_plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

namespace flyover::migration {
namespace {

constexpr std::array<std::pair<SwitchStep, std::string_view>, 14> kNames = {{
    {SwitchStep::prepare, "prepare"},
    {SwitchStep::gate, "gate"},
    {SwitchStep::drain, "drain"},
    {SwitchStep::events_off, "events_off"},
    {SwitchStep::fence, "fence"},
    {SwitchStep::catch_up, "catch_up"},
    {SwitchStep::compare, "compare"},
    {SwitchStep::sequences, "sequences"},
    {SwitchStep::triggers, "triggers"},
    {SwitchStep::reverse, "reverse"},
    {SwitchStep::open, "open"},
    {SwitchStep::flip, "flip"},
    {SwitchStep::release, "release"},
    {SwitchStep::events_on, "events_on"},
}};

std::size_t index_of(SwitchStep step) {
  const auto& steps = switch_steps();
  return static_cast<std::size_t>(std::find(steps.begin(), steps.end(), step) - steps.begin());
}

SwitchOutput output(SwitchOutput::Kind kind, const SwitchState& state) {
  return {kind, switch_steps()[std::min(state.at, switch_steps().size() - 1)]};
}

SwitchOutput undo_output(const SwitchState& state) {
  return output(state.other_side ? SwitchOutput::Kind::undo_other : SwitchOutput::Kind::undo_active,
                state);
}

SwitchOutput end(SwitchState& state, SwitchOutput::Kind kind) {
  state.direction = SwitchState::Direction::ended;
  return output(kind, state);
}

}  // namespace

std::string_view to_string(SwitchStep step) {
  return kNames[static_cast<std::size_t>(step)].second;
}

std::string_view describe(SwitchStep step) {
  switch (step) {
    case SwitchStep::prepare:
      return "standby sessions and counters; nothing is held yet";
    case SwitchStep::gate:
      return "the proxy holds new work";
    case SwitchStep::drain:
      return "transactions under way finish";
    case SwitchStep::events_off:
      return "scheduled events stop on the active side";
    case SwitchStep::fence:
      return "the active side becomes read-only, foreign writers end";
    case SwitchStep::catch_up:
      return "everything written before the fence is applied";
    case SwitchStep::compare:
      return "the rows changed last are compared";
    case SwitchStep::sequences:
      return "AUTO_INCREMENT counters follow";
    case SwitchStep::triggers:
      return "triggers move to the other side";
    case SwitchStep::events_on:
      return "scheduled events start on the other side";
    case SwitchStep::reverse:
      return "replication in the other direction is connected";
    case SwitchStep::open:
      return "the other side accepts writes";
    case SwitchStep::flip:
      return "the route on disk changes: the point of no return";
    case SwitchStep::release:
      return "the held work goes on, on the other side";
  }
  return "";
}

std::optional<SwitchStep> parse_switch_step(std::string_view text) {
  for (const auto& [step, name] : kNames) {
    if (name == text) return step;
  }
  return std::nullopt;
}

const std::vector<SwitchStep>& switch_steps() {
  static const std::vector<SwitchStep> kSteps = [] {
    std::vector<SwitchStep> steps;
    for (const auto& [step, name] : kNames) steps.push_back(step);
    return steps;
  }();
  return kSteps;
}

SwitchOutput begin_switch(SwitchState& state) {
  switch (state.direction) {
    case SwitchState::Direction::forward:
      return output(SwitchOutput::Kind::run, state);
    case SwitchState::Direction::undoing:
      return undo_output(state);
    case SwitchState::Direction::ended:
      break;
  }
  return output(SwitchOutput::Kind::called_off, state);
}

SwitchOutput step_switch(SwitchState& state, const SwitchEvent& event) {
  FLYOVER_CHECK(state.direction != SwitchState::Direction::ended);
  const bool done = event.kind == SwitchEventKind::step_done;
  if (state.direction == SwitchState::Direction::undoing) {
    if (!done) return undo_output(state);
    if (state.at > 0) {
      --state.at;
    } else if (!state.other_side) {
      state.other_side = true;
      state.at = state.turned_at;
    } else {
      return end(state, SwitchOutput::Kind::called_off);
    }
    return undo_output(state);
  }
  if (!done && state.flipped) return output(SwitchOutput::Kind::run, state);
  if (!done) {
    // The failed step may have taken effect in part, so its own undo comes first.
    state.direction = SwitchState::Direction::undoing;
    state.turned_at = state.at;
    state.failure = event.reason;
    return undo_output(state);
  }
  if (switch_steps()[state.at] == SwitchStep::flip) state.flipped = true;
  if (++state.at == switch_steps().size()) return end(state, SwitchOutput::Kind::succeeded);
  return output(SwitchOutput::Kind::run, state);
}

SwitchState resume_switch(const std::vector<SwitchStep>& begun, bool flipped) {
  SwitchState state;
  if (flipped) {
    state.flipped = true;
    state.at = index_of(SwitchStep::release);
    return state;
  }
  if (begun.empty()) {
    state.direction = SwitchState::Direction::ended;
    return state;
  }
  state.direction = SwitchState::Direction::undoing;
  state.failure = "flyover ended in the middle of the switch";
  for (const SwitchStep step : begun) state.at = std::max(state.at, index_of(step));
  state.turned_at = state.at;
  return state;
}

}  // namespace flyover::migration
