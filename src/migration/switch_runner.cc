#include "migration/switch_runner.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/backoff.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/task_group.h"

namespace flyover::migration {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Kind = SwitchOutput::Kind;

constexpr int kAttemptsAfterStop = 5;

std::int64_t since_ms(steady_clock::time_point start) {
  return duration_cast<milliseconds>(steady_clock::now() - start).count();
}

/// One switch on its way through the plan.
class Walk {
 public:
  Walk(SwitchActions& actions, store::StateStore& state, SwitchReport& report,
       milliseconds hold_limit)
      : actions_(actions), state_(state), report_(report), hold_limit_(hold_limit) {}

  /// True: it flipped and was released. False: it was called off and everything is undone.
  bool go(SwitchState plan, std::stop_token stop) {
    base::Backoff undo_backoff(milliseconds(20), std::chrono::seconds(1));
    SwitchOutput out = begin_switch(plan);
    int attempts_after_stop = 0;
    while (out.kind != Kind::succeeded && out.kind != Kind::called_off) {
      const SwitchEvent event = carry_out(out, plan.flipped);
      const bool failed = event.kind == SwitchEventKind::step_failed;
      if (failed) actions_.drop_sessions();
      if (failed && (out.kind != Kind::run || plan.flipped)) {
        // There is only this way on: wait and do it again. A process that is to end tries a few
        // more times; after that the journal tells the next one.
        if (stop.stop_requested() && ++attempts_after_stop > kAttemptsAfterStop) {
          base::throw_error(last_error_);
        }
        std::this_thread::sleep_for(undo_backoff.next());
      }
      out = step_switch(plan, event);
    }
    report_.failure = plan.failure;
    return out.kind == Kind::succeeded;
  }

 private:
  SwitchEvent carry_out(const SwitchOutput& out, bool flipped) {
    const auto start = steady_clock::now();
    const std::string name(to_string(out.step));
    try {
      if (out.kind == Kind::undo_active) {
        base::log::info("switch.undo", "{}", name);
        actions_.undo_active(out.step);
      } else if (out.kind == Kind::undo_other) {
        actions_.undo_other(out.step);
      } else {
        check_hold(flipped);
        if (out.step == SwitchStep::gate) held_since_ = start;
        if (out.step == SwitchStep::prepare) {
          state_.journal_begin(name, to_json(actions_.prepare()).dump());
        } else {
          state_.journal_begin(name, "");
        }
        FLYOVER_FAULT("switch." + name);
        actions_.run(out.step);
        state_.journal_done(name);
      }
    } catch (...) {
      last_error_ = base::to_error(std::current_exception());
      base::log::warn("switch.step_failed", "{}: {}", name, last_error_.text());
      return {SwitchEventKind::step_failed, name + ": " + last_error_.text()};
    }
    if (out.kind == Kind::run) {
      report_.steps.push_back({name, since_ms(start)});
      base::log::info("switch.step", "{} took {} ms", name, since_ms(start));
    }
    if (out.step == SwitchStep::release ||
        (out.kind == Kind::undo_active && out.step == SwitchStep::gate)) {
      if (held_since_) report_.pause_ms = since_ms(*held_since_);
    }
    return {};
  }

  void check_hold(bool flipped) const {
    if (flipped || !held_since_ || steady_clock::now() - *held_since_ < hold_limit_) return;
    base::throw_error({.code = "refused.timeout",
                       .side = base::Side::us,
                       .action = base::Action::pause,
                       .message = "the application was held longer than cutover.timeout_ms",
                       .hint = "Look at the times of the steps; raise cutover.timeout_ms if they "
                               "are as they should be."});
  }

  SwitchActions& actions_;
  store::StateStore& state_;
  SwitchReport& report_;
  const milliseconds hold_limit_;
  std::optional<steady_clock::time_point> held_since_;
  base::Error last_error_;
};

}  // namespace

SwitchOutcome run_switch(SwitchContext context, store::StateStore& state, std::string direction,
                         std::stop_token stop) {
  SwitchOutcome outcome;
  outcome.report.direction = std::move(direction);
  const milliseconds hold_limit(context.config.cutover_timeout_ms);
  state.journal_clear();
  SwitchActions actions(std::move(context), stop);
  Walk walk(actions, state, outcome.report, hold_limit);
  outcome.report.succeeded = walk.go({}, stop);
  outcome.report.moved_sessions = actions.released().moved_sessions;
  outcome.report.closed_sessions = actions.released().closed_sessions;
  if (outcome.report.succeeded) outcome.new_link = actions.take_reverse_link();
  return outcome;
}

bool recover_switch(SwitchContext context, store::StateStore& state, std::stop_token stop) {
  std::vector<SwitchStep> begun;
  SwitchFacts facts;
  for (const store::JournalStep& entry : state.journal()) {
    const auto step = parse_switch_step(entry.step);
    FLYOVER_CHECK(step.has_value());
    begun.push_back(*step);
    if (*step == SwitchStep::prepare) facts = facts_from(nlohmann::json::parse(entry.detail));
  }
  context.from = facts.from;
  // The epoch may be higher by more than one: a proxy that held too long raises it, on the side
  // that the route names.
  const TrafficStatus route = context.traffic.route();
  const bool flipped = route.epoch > facts.epoch && route.active == context.to() &&
                       std::find(begun.begin(), begun.end(), SwitchStep::flip) != begun.end();
  base::log::warn("switch.recover", "an interrupted switch is {}",
                  flipped ? "carried to its end" : "undone");
  SwitchReport report;
  SwitchActions actions(std::move(context), stop);
  actions.adopt(facts);
  Walk walk(actions, state, report, milliseconds::max());
  walk.go(resume_switch(begun, flipped), stop);
  return flipped;
}

}  // namespace flyover::migration
