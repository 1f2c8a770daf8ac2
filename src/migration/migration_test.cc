// The pure parts: phases and the switch.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "migration/phase.h"
#include "migration/switch_plan.h"

namespace flyover::migration {
namespace {

using Kind = SwitchOutput::Kind;

TEST(Phase, WalksThereAndBackAndThereAgain) {
  Phase phase = Phase::assessing;
  const std::pair<PhaseEvent, Phase> walk[] = {
      {PhaseEvent::no_blockers, Phase::schema},
      {PhaseEvent::schema_created, Phase::load},
      {PhaseEvent::rows_loaded, Phase::catch_up},
      {PhaseEvent::caught_up, Phase::replicating},
      {PhaseEvent::cutover_begun, Phase::cutting_over},
      {PhaseEvent::called_off, Phase::replicating},
      {PhaseEvent::cutover_begun, Phase::cutting_over},
      {PhaseEvent::flipped, Phase::switched},
      {PhaseEvent::rollback_begun, Phase::rolling_back},
      {PhaseEvent::flipped, Phase::rolled_back},
      {PhaseEvent::cutover_begun, Phase::cutting_over},
      {PhaseEvent::flipped, Phase::switched},
      {PhaseEvent::finish_requested, Phase::finished},
  };
  for (const auto& [event, expected] : walk) {
    const auto next = next_phase(phase, event);
    ASSERT_TRUE(next.has_value());
    phase = *next;
    EXPECT_EQ(phase, expected);
    EXPECT_EQ(parse_phase(to_string(phase)), phase);
  }
}

TEST(Phase, RefusesWhatIsOutOfOrder) {
  EXPECT_EQ(next_phase(Phase::load, PhaseEvent::cutover_begun), std::nullopt);
  EXPECT_EQ(next_phase(Phase::replicating, PhaseEvent::rollback_begun), std::nullopt);
  EXPECT_EQ(next_phase(Phase::replicating, PhaseEvent::finish_requested), std::nullopt);
  EXPECT_EQ(next_phase(Phase::finished, PhaseEvent::cutover_begun), std::nullopt);
}

TEST(SwitchPlan, RunsEveryStepInOrder) {
  SwitchState state;
  std::vector<SwitchStep> ran;
  SwitchOutput out = begin_switch(state);
  while (out.kind == Kind::run) {
    ran.push_back(out.step);
    out = step_switch(state, {});
  }
  EXPECT_EQ(out.kind, Kind::succeeded);
  EXPECT_EQ(ran, switch_steps());
}

RC_GTEST_PROP(SwitchPlan, AFailureBeforeTheFlipUndoesExactlyWhatWasBegunInReverse, ()) {
  const auto flip = std::find(switch_steps().begin(), switch_steps().end(), SwitchStep::flip);
  const auto last = static_cast<std::size_t>(flip - switch_steps().begin());
  const auto fail_at = *rc::gen::inRange<std::size_t>(0, last + 1);
  SwitchState state;
  SwitchOutput out = begin_switch(state);
  std::vector<SwitchStep> begun;
  while (out.kind == Kind::run) {
    begun.push_back(out.step);
    const bool fails = begun.size() == fail_at + 1;
    out = step_switch(state,
                      {fails ? SwitchEventKind::step_failed : SwitchEventKind::step_done, "x"});
  }
  for (const Kind sweep : {Kind::undo_active, Kind::undo_other}) {
    std::vector<SwitchStep> undone;
    while (out.kind == sweep) {
      // An undo that fails is asked for again.
      if (*rc::gen::arbitrary<bool>()) {
        const SwitchOutput again = step_switch(state, {SwitchEventKind::step_failed, "y"});
        RC_ASSERT(again.kind == sweep);
        RC_ASSERT(again.step == out.step);
      }
      undone.push_back(out.step);
      out = step_switch(state, {});
    }
    std::reverse(undone.begin(), undone.end());
    RC_ASSERT(begun == undone);
  }
  RC_ASSERT(out.kind == Kind::called_off);
}

TEST(SwitchPlan, AfterTheFlipItOnlyGoesForward) {
  SwitchState state = resume_switch(switch_steps(), true);
  SwitchOutput out = begin_switch(state);
  EXPECT_EQ(out.kind, Kind::run);
  EXPECT_EQ(out.step, SwitchStep::release);
  out = step_switch(state, {SwitchEventKind::step_failed, "proxy away"});
  EXPECT_EQ(out.kind, Kind::run);
  EXPECT_EQ(out.step, SwitchStep::release);
  EXPECT_EQ(step_switch(state, {}).step, SwitchStep::events_on);
  EXPECT_EQ(step_switch(state, {}).kind, Kind::succeeded);
}

TEST(SwitchPlan, AnInterruptedSwitchIsUndoneFromItsLastBegunStep) {
  SwitchState state =
      resume_switch({SwitchStep::prepare, SwitchStep::gate, SwitchStep::drain}, false);
  const std::vector reversed{SwitchStep::drain, SwitchStep::gate, SwitchStep::prepare};
  SwitchOutput out = begin_switch(state);
  for (const Kind sweep : {Kind::undo_active, Kind::undo_other}) {
    std::vector<SwitchStep> undone;
    while (out.kind == sweep) {
      undone.push_back(out.step);
      out = step_switch(state, {});
    }
    EXPECT_EQ(undone, reversed);
  }
  EXPECT_EQ(out.kind, Kind::called_off);
}

}  // namespace
}  // namespace flyover::migration
