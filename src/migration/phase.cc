#include "migration/phase.h"

#include <array>
#include <utility>

namespace flyover::migration {
namespace {

constexpr std::array<std::pair<Phase, std::string_view>, 11> kNames = {{
    {Phase::assessing, "assessing"},
    {Phase::schema, "schema"},
    {Phase::load, "load"},
    {Phase::catch_up, "catch_up"},
    {Phase::replicating, "replicating"},
    {Phase::cutting_over, "cutting_over"},
    {Phase::switched, "switched"},
    {Phase::rolling_back, "rolling_back"},
    {Phase::rolled_back, "rolled_back"},
    {Phase::finished, "finished"},
    {Phase::failed, "failed"},
}};

struct Transition {
  Phase from;
  PhaseEvent event;
  Phase to;
};

// A cutover that is called off goes back to "replicating" also after an earlier rollback: both mean
// that the source is active and the target follows.
constexpr Transition kTransitions[] = {
    {Phase::assessing, PhaseEvent::no_blockers, Phase::schema},
    {Phase::schema, PhaseEvent::schema_created, Phase::load},
    {Phase::load, PhaseEvent::rows_loaded, Phase::catch_up},
    {Phase::catch_up, PhaseEvent::caught_up, Phase::replicating},
    {Phase::replicating, PhaseEvent::cutover_begun, Phase::cutting_over},
    {Phase::rolled_back, PhaseEvent::cutover_begun, Phase::cutting_over},
    {Phase::cutting_over, PhaseEvent::flipped, Phase::switched},
    {Phase::cutting_over, PhaseEvent::called_off, Phase::replicating},
    {Phase::switched, PhaseEvent::rollback_begun, Phase::rolling_back},
    {Phase::rolling_back, PhaseEvent::flipped, Phase::rolled_back},
    {Phase::rolling_back, PhaseEvent::called_off, Phase::switched},
    {Phase::switched, PhaseEvent::finish_requested, Phase::finished},
};

}  // namespace

std::string_view to_string(Phase phase) {
  for (const auto& [value, name] : kNames) {
    if (value == phase) return name;
  }
  return "?";
}

std::optional<Phase> parse_phase(std::string_view text) {
  for (const auto& [value, name] : kNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::optional<Phase> next_phase(Phase phase, PhaseEvent event) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == phase && transition.event == event) return transition.to;
  }
  return std::nullopt;
}

bool target_is_active(Phase phase) {
  return phase == Phase::switched || phase == Phase::rolling_back || phase == Phase::finished;
}

}  // namespace flyover::migration
