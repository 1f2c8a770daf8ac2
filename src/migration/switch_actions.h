#pragma once
// What each step of a switch does, and its undo. Knows nothing of the order: switch_plan.h does.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"
#include "migration/endpoints.h"
#include "migration/link.h"
#include "migration/switch_objects.h"
#include "migration/switch_plan.h"
#include "migration/switch_side.h"
#include "migration/traffic_switch.h"
#include "schema/selection.h"

namespace flyover::migration {

/// What a switch works on. `from` is the side that is active when it begins.
struct SwitchContext {
  const config::Config& config;
  const Endpoints& endpoints;
  const schema::Selection& selection;
  TrafficSwitch& traffic;
  base::Side from = base::Side::source;
  /// The running link from `from` to the other side; null when an interrupted switch is undone.
  Link* link = nullptr;
  /// Makes the link of the other direction, not started.
  std::function<std::shared_ptr<Link>()> make_reverse_link{};

  base::Side to() const { return other(from); }
};

/// What was true before the switch began; kept in the journal, so that a later process can undo.
struct SwitchFacts {
  base::Side from = base::Side::source;
  std::uint64_t epoch = 0;
  bool from_read_only = false;
  bool to_read_only = false;
  bool to_had_triggers = false;         ///< in its flyover.paused_object, from when it was active
  std::vector<std::string> events{};    ///< "schema.name" of the events enabled on `from`
  std::vector<std::string> triggers{};  ///< "schema.name" of the triggers of `from`
};

nlohmann::json to_json(const SwitchFacts& facts);
SwitchFacts facts_from(const nlohmann::json& json);

/// Lets the held work go on where the route on disk says. A proxy that does not run holds nobody,
/// and obeys the route when it starts again.
ReleaseResult release_traffic(TrafficSwitch& traffic);

/// Carries out single steps. One thread.
class SwitchActions {
 public:
  SwitchActions(SwitchContext context, std::stop_token stop);
  ~SwitchActions();

  /// Reads what the switch needs while nothing is held yet. First of all steps.
  const SwitchFacts& prepare();
  /// Takes the facts of an interrupted switch from its journal instead.
  void adopt(const SwitchFacts& facts);

  void run(SwitchStep step);
  /// Undoes the step's effect on the active side and the proxy; needs nothing of the other side.
  void undo_active(SwitchStep step);
  /// Undoes its effect on the other side.
  void undo_other(SwitchStep step);
  /// After a failure: the next step opens its sessions anew.
  void drop_sessions();

  /// The link that runs after the switch; null before the reverse step.
  std::shared_ptr<Link> take_reverse_link();
  const ReleaseResult& released() const { return released_; }
  std::uint64_t closed_unmovable() const { return closed_unmovable_; }

 private:
  void drain();
  void fence();
  void kill_foreign_writers();
  /// A prepared XA transaction can not move to the other server.
  void wait_for_prepared(std::chrono::steady_clock::time_point deadline);
  [[noreturn]] void call_off_prepared(const std::set<std::string>& prepared) const;
  void catch_up();
  void compare_recent();
  /// The first time all of them, while nothing waits: they only ever grow.
  void raise_all_counters();
  void raise_counters_again();
  void move_triggers();
  void start_reverse();
  void flip();
  void release();
  void undo_flip();
  void undo_triggers();
  std::vector<schema::Program> events_of(SwitchSide& side) const;

  SwitchContext context_;
  std::stop_token stop_;
  SwitchFacts facts_;
  SwitchSide from_;
  SwitchSide to_;
  std::chrono::steady_clock::time_point deadline_{};  ///< until when the application may wait
  std::shared_ptr<Link> reverse_;
  std::chrono::steady_clock::duration counters_took_{};       ///< to read and raise, all of them
  std::map<mysql::TableName, std::uint64_t> changes_before_;  ///< of rows, by table, before that
  ReleaseResult released_;
  std::uint64_t closed_unmovable_ = 0;
};

}  // namespace flyover::migration
