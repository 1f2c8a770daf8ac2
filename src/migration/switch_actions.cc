#include "migration/switch_actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "apply/checkpoint.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "migration/control_rows.h"
#include "migration/recent_rows.h"
#include "migration/still_table.h"
#include "migration/writing_sessions.h"
#include "schema/introspect.h"
#include "schema/prepared_xa.h"
#include "stream/marker.h"

namespace flyover::migration {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPollInterval{2};
constexpr milliseconds kPreparedPollInterval{20};
constexpr std::chrono::seconds kReverseConnectDeadline{5};
// The application waits while counters are read a second time.
constexpr milliseconds kCountersQuick{500};

[[noreturn]] void call_off(std::string code, base::Side side, std::string message,
                           std::string hint) {
  base::throw_error({.code = std::move(code),
                     .side = side,
                     .action = base::Action::pause,
                     .message = std::move(message),
                     .hint = std::move(hint)});
}

/// A proxy that was started again, or that held too long, lets the application work.
void require_hold(const HoldStatus& status) {
  if (status.holding) return;
  call_off("refused.not_held", base::Side::endpoint, "the proxy no longer holds the application",
           "It was started again or held longer than cutover.timeout_ms; look at its log.");
}

bool contains(const std::vector<std::string>& names, const mysql::TableName& name) {
  return std::find(names.begin(), names.end(), name.to_string()) != names.end();
}

std::map<mysql::TableName, std::uint64_t> row_changes(Link& link) {
  std::map<mysql::TableName, std::uint64_t> changes;
  for (const apply::TableCounts& table : link.applier().stats().tables) {
    changes[table.name] = table.inserts + table.updates + table.deletes + table.ddls;
  }
  return changes;
}

}  // namespace

ReleaseResult release_traffic(TrafficSwitch& traffic) {
  const TrafficStatus route = traffic.route();
  try {
    return traffic.release(route.active, route.epoch);
  } catch (const base::ErrorException& e) {
    if (e.error().code != kEndpointUnreachable) throw;
    base::log::warn("switch.no_proxy", "nobody is held without it: {}", e.what());
    return {};
  }
}

nlohmann::json to_json(const SwitchFacts& facts) {
  return {{"from", base::to_string(facts.from)},
          {"epoch", facts.epoch},
          {"from_read_only", facts.from_read_only},
          {"to_read_only", facts.to_read_only},
          {"to_had_triggers", facts.to_had_triggers},
          {"events", facts.events},
          {"triggers", facts.triggers}};
}

SwitchFacts facts_from(const nlohmann::json& json) {
  return {.from = json.at("from") == "target" ? base::Side::target : base::Side::source,
          .epoch = json.at("epoch"),
          .from_read_only = json.at("from_read_only"),
          .to_read_only = json.at("to_read_only"),
          .to_had_triggers = json.at("to_had_triggers"),
          .events = json.at("events"),
          .triggers = json.at("triggers")};
}

SwitchActions::SwitchActions(SwitchContext context, std::stop_token stop)
    : context_(std::move(context)),
      stop_(std::move(stop)),
      from_(context_.endpoints.of(context_.from), context_.config.name, context_.selection),
      to_(context_.endpoints.of(context_.to()), context_.config.name, context_.selection) {}

SwitchActions::~SwitchActions() = default;

const SwitchFacts& SwitchActions::prepare() {
  facts_ = {.from = context_.from,
            .epoch = context_.traffic.route().epoch,
            .from_read_only = from_.read_only(),
            .to_read_only = to_.read_only(),
            .to_had_triggers = !paused_triggers(to_.objects()).empty()};
  for (const schema::Program& program : from_.programs()) {
    if (program.kind == schema::ProgramKind::trigger) {
      facts_.triggers.push_back(program.name.to_string());
    } else if (program.kind == schema::ProgramKind::event && program.enabled) {
      facts_.events.push_back(program.name.to_string());
    }
  }
  to_.programs();
  context_.traffic.prepare(context_.to());
  raise_all_counters();
  reverse_ = context_.make_reverse_link();  // reads the whole catalog
  return facts_;
}

void SwitchActions::adopt(const SwitchFacts& facts) {
  facts_ = facts;
}

void SwitchActions::drop_sessions() {
  from_.drop_session();
  to_.drop_session();
}

std::vector<schema::Program> SwitchActions::events_of(SwitchSide& side) const {
  std::vector<schema::Program> events;
  for (const schema::Program& program : side.programs()) {
    if (program.kind == schema::ProgramKind::event && contains(facts_.events, program.name)) {
      events.push_back(program);
    }
  }
  return events;
}

void SwitchActions::run(SwitchStep step) {
  if (step >= SwitchStep::fence && step <= SwitchStep::flip) {
    require_hold(context_.traffic.hold_status());
  }
  switch (step) {
    case SwitchStep::prepare:
      break;  // prepare() did it: its facts had to reach the journal first
    case SwitchStep::gate:
      deadline_ = steady_clock::now() + milliseconds(context_.config.cutover_timeout_ms);
      context_.traffic.hold(facts_.epoch,
                            milliseconds(context_.config.cutover_timeout_ms) + milliseconds(15000));
      break;
    case SwitchStep::drain:
      drain();
      break;
    case SwitchStep::events_off:
      set_events(from_.objects(), events_of(from_), false);
      break;
    case SwitchStep::fence:
      fence();
      break;
    case SwitchStep::catch_up:
      catch_up();
      break;
    case SwitchStep::compare:
      compare_recent();
      break;
    case SwitchStep::sequences:
      raise_counters_again();
      break;
    case SwitchStep::triggers:
      move_triggers();
      break;
    case SwitchStep::events_on:
      set_events(to_.objects(), events_of(to_), true);
      break;
    case SwitchStep::reverse:
      start_reverse();
      break;
    case SwitchStep::open:
      to_.set_read_only(false);
      break;
    case SwitchStep::flip:
      flip();
      break;
    case SwitchStep::release:
      release();
      break;
  }
}

void SwitchActions::undo_active(SwitchStep step) {
  switch (step) {
    case SwitchStep::gate:
      release_traffic(context_.traffic);
      break;
    case SwitchStep::events_off:
      set_events(from_.objects(), events_of(from_), true);
      break;
    case SwitchStep::fence:
      from_.set_read_only(facts_.from_read_only);
      break;
    case SwitchStep::triggers:
      // Until the other side's triggers are gone, rows applied there would fire them.
      if (context_.link != nullptr) context_.link->stop();
      resume_triggers(from_.objects());
      break;
    case SwitchStep::reverse:
      reverse_.reset();
      break;
    case SwitchStep::flip:
      undo_flip();
      break;
    default:
      break;  // the other steps change nothing on the active side
  }
}

void SwitchActions::undo_other(SwitchStep step) {
  switch (step) {
    case SwitchStep::triggers:
      undo_triggers();
      break;
    case SwitchStep::open:
      to_.set_read_only(facts_.to_read_only);
      break;
    default:
      break;  // the other steps change nothing there that would have to be put back
  }
}

void SwitchActions::drain() {
  const auto deadline =
      steady_clock::now() + milliseconds(context_.config.cutover_drain_timeout_ms);
  while (true) {
    const HoldStatus status = context_.traffic.hold_status();
    require_hold(status);
    if (status.busy == 0) {
      if (status.pinned == 0) {
        wait_for_prepared(deadline);
        return;
      }
      if (context_.config.cutover_unmovable == "abort") {
        call_off("refused.unmovable", base::Side::endpoint,
                 fmt::format("{} sessions can not be moved", status.pinned),
                 "They hold temporary tables, user locks or open cursors. "
                 "cutover.unmovable = \"close\" closes them instead.");
      }
      closed_unmovable_ += context_.traffic.close_unmovable();
    }
    if (steady_clock::now() > deadline) {
      call_off("refused.drain_timeout", base::Side::endpoint,
               fmt::format("{} sessions were still in a transaction after {} ms", status.busy,
                           context_.config.cutover_drain_timeout_ms),
               "Look for long transactions of the application, or raise "
               "cutover.drain_timeout_ms.");
    }
    if (!base::sleep_for(kPollInterval, stop_)) {
      call_off("stopped", base::Side::us, "stopped while draining", "");
    }
  }
}

void SwitchActions::fence() {
  kill_foreign_writers();
  from_.set_read_only(true);
  // Whoever began to write between the two can no longer commit; ended, nobody waits for them.
  kill_foreign_writers();
  // Acknowledged, but in no table and no log yet: they would stay behind.
  check_no_delayed_inserts(from_.session());
  // From now on nobody but flyover could commit them, and the other side does not have their rows.
  const std::set<std::string> prepared = schema::prepared_xa(from_.session());
  if (!prepared.empty()) call_off_prepared(prepared);
}

void SwitchActions::wait_for_prepared(steady_clock::time_point deadline) {
  while (true) {
    const std::set<std::string> prepared = schema::prepared_xa(from_.session());
    if (prepared.empty()) return;
    require_hold(context_.traffic.hold_status());
    if (steady_clock::now() > deadline) call_off_prepared(prepared);
    if (!base::sleep_for(kPreparedPollInterval, stop_)) {
      call_off("stopped", base::Side::us, "stopped while waiting for XA transactions", "");
    }
  }
}

void SwitchActions::call_off_prepared(const std::set<std::string>& prepared) const {
  call_off("refused.xa_prepared", context_.from,
           fmt::format("{} XA transactions are prepared and neither committed nor rolled back: {}",
                       prepared.size(), schema::describe_xa(prepared)),
           "XA RECOVER on the active server; XA COMMIT or XA ROLLBACK for each, by whoever owns "
           "them, then switch again.");
}

void SwitchActions::kill_foreign_writers() {
  const TrafficStatus status = context_.traffic.status();
  const auto& ours =
      context_.from == base::Side::source ? status.source_connections : status.target_connections;
  const std::set<std::uint64_t> application(ours.begin(), ours.end());
  for (const WritingSession& one : writing_sessions(from_.session(), deadline_, stop_)) {
    if (application.contains(one.id)) continue;
    base::log::warn("switch.kill",
                    "{} {}: ends session {} of {}@{}, which writes past the endpoint",
                    base::to_string(context_.from), from_.session().endpoint().address(), one.id,
                    one.user, one.host);
    try {
      from_.session().execute(fmt::format("KILL {}", one.id));
    } catch (const base::ErrorException& e) {
      constexpr std::uint32_t kNoSuchThread = 1094;
      if (e.error().mysql_errno != kNoSuchThread) throw;
    }
  }
}

void SwitchActions::catch_up() {
  const std::string token = base::random_token();
  apply::Applier& applier = context_.link->applier();
  write_marker(from_.session(), context_.config.name, "switch", token);
  applier.wait_marker_applied(token, deadline_, stop_);
}

void SwitchActions::compare_recent() {
  // Both sides are at rest: whatever differs now is a difference.
  const std::vector<std::string> differing =
      differing_rows(from_.session(), to_.session(), context_.link->options().tables,
                     context_.link->applier().recent_rows());
  if (differing.empty()) return;
  call_off("refused.rows_differ", base::Side::target,
           fmt::format("{} of the rows changed last differ, first: {}", differing.size(),
                       differing.front()),
           "Run `flyover verify` and look at what writes to the target.");
}

void SwitchActions::raise_all_counters() {
  const auto begin = steady_clock::now();
  if (context_.link != nullptr) changes_before_ = row_changes(*context_.link);
  db::Connection from = from_.patient_session();
  db::Connection to = to_.patient_session();
  raise_counters(from, to, context_.selection);
  FLYOVER_FAULT("switch.counters");
  counters_took_ = steady_clock::now() - begin;
}

// An old server opens every table for its counter. Where there are too many for that the changes
// tell whose counters grew; what transactions took that were rolled back since is left out, as a
// restart of that server would.
void SwitchActions::raise_counters_again() {
  if (context_.link == nullptr || counters_took_ < kCountersQuick) {
    raise_counters(from_.session(), to_.session(), context_.selection);
    return;
  }
  std::vector<mysql::TableName> changed;
  for (const auto& [name, changes] : row_changes(*context_.link)) {
    const auto before = changes_before_.find(name);
    if (before == changes_before_.end() || before->second != changes) changed.push_back(name);
  }
  base::log::info("switch.counters",
                  "reading all of them takes {} ms: {} tables that changed since",
                  duration_cast<milliseconds>(counters_took_).count(), changed.size());
  raise_counters(from_.session(), to_.session(), context_.selection, &changed);
}

void SwitchActions::move_triggers() {
  std::vector<schema::Program> triggers;
  for (const schema::Program& program : from_.programs()) {
    if (program.kind == schema::ProgramKind::trigger) triggers.push_back(program);
  }
  // A side that was active before keeps its own text, which a newer server may print differently.
  if (facts_.to_had_triggers) {
    keep_paused_triggers(to_.objects(), triggers);
    resume_triggers(to_.objects());
  }
  // Those that came since, or all.
  create_triggers(to_.objects(), triggers);
  FLYOVER_FAULT("switch.between_triggers");
  pause_triggers(from_.objects(), triggers);
}

void SwitchActions::undo_triggers() {
  // Those of the other side go back to where they were before: remembered there, or not there.
  std::vector<schema::Program> there;
  for (schema::Program& program : schema::read_programs(to_.session(), context_.selection)) {
    if (program.kind == schema::ProgramKind::trigger && contains(facts_.triggers, program.name)) {
      there.push_back(std::move(program));
    }
  }
  if (facts_.to_had_triggers) {
    pause_triggers(to_.objects(), there);
  } else {
    drop_triggers(to_.objects(), there);
  }
}

void SwitchActions::start_reverse() {
  const mysql::BinlogPosition position = stream::current_position(to_.session());
  apply::Checkpoint(context_.config.name, reverse_->options().name)
      .initialise(from_.session(), position);
  reverse_->start();
  const auto deadline = steady_clock::now() + kReverseConnectDeadline;
  while (!reverse_->connected()) {
    if (const auto failure = reverse_->failure()) base::throw_error(*failure);
    if (steady_clock::now() > deadline) {
      call_off("refused.reverse_not_connected", context_.to(),
               "the reverse stream did not connect in time", "Look at the new server's load.");
    }
    base::sleep_for(kPollInterval, stop_);
  }
}

void SwitchActions::flip() {
  FLYOVER_FAULT("switch.before_flip");
  if (!context_.traffic.flip(facts_.epoch, context_.to())) {
    call_off("refused.route_changed", base::Side::endpoint,
             "the route was changed by somebody else, most likely by the proxy after it had held "
             "the application too long",
             "Look at the proxy's log, then cut over again.");
  }
  // Before anything is written on the new side: what the reverse link then writes to the old one
  // must never come back over the old link.
  context_.link->stop();
}

void SwitchActions::undo_flip() {
  // Nobody was released yet, so a flip whose outcome was unclear can still be taken back.
  const TrafficStatus route = context_.traffic.route();
  if (route.active == context_.from) return;
  if (route.epoch == facts_.epoch + 1 && context_.traffic.flip(route.epoch, context_.from)) return;
  call_off("refused.flipped", base::Side::endpoint,
           "the route names the other side already, so this switch can not be undone",
           "Start `flyover run` again: it carries the switch to its end.");
}

void SwitchActions::release() {
  released_ = release_traffic(context_.traffic);
}

std::shared_ptr<Link> SwitchActions::take_reverse_link() {
  return std::move(reverse_);
}

}  // namespace flyover::migration
