// The runner compares definitions and rows by itself, and mends what a followed statement left
// different.

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "migration/control_rows.h"
#include "migration/runner.h"
#include "migration/state_keys.h"
#include "migration/stopped.h"
#include "migration/structure.h"
#include "migration/table_probe.h"
#include "schema/introspect.h"

namespace flyover::migration {
namespace {

constexpr std::chrono::seconds kComparisonPause{15};
constexpr std::chrono::milliseconds kStructurePause{700};
/// For what differs longer than a moment.
constexpr std::chrono::seconds kLongStructurePause{5};
/// How often the same differences are seen before they count as more than a moment's.
constexpr int kStructureChecks = 3;
constexpr std::chrono::seconds kMarkerDeadline{10};
constexpr std::uint32_t kViewInvalid = 1356;

}  // namespace

/// Whether the definitions are the same on both sides, once all that changes them was carried out.
/// What differs longer than a moment is mended: a table is made anew and copied again, a program
/// that is missing made. What differs after that is an obstacle.
void Runner::compare_structure() {
  const auto link = current_link();
  {
    const std::unique_lock lock(mutex_);
    if (structure_ == Structure::equal) return;
  }
  if (link == nullptr || std::chrono::steady_clock::now() < next_structure_check_) return;
  const auto lag = link->applier().lag_ms();
  if (!lag || *lag > config_.cutover_lag_ms_max) return;
  const std::unique_lock command(command_, std::try_to_lock);
  if (!command) return;
  next_structure_check_ = std::chrono::steady_clock::now() + kStructurePause;
  try {
    std::vector<schema::Difference> found = structure_differences(*link);
    const std::unique_lock lock(mutex_);
    std::vector<std::string> told;
    for (const schema::Difference& difference : found) {
      told.push_back(difference.to_string());
      const auto refused = structure_refused_.find(difference.object);
      if (refused != structure_refused_.end()) told.back() += ": " + refused->second;
    }
    const bool same_as_before = told == structure_differences_;
    structure_checks_ = same_as_before ? structure_checks_ + 1 : 0;
    structure_differences_ = std::move(told);
    structure_way_out_ = link->options().from.side == base::Side::target ? way_to_equal(found) : "";
    if (structure_checks_ > kStructureChecks) next_structure_check_ += kLongStructurePause;
    structure_ = found.empty() ? Structure::equal : Structure::different;
    if (found.empty() || structure_checks_ < kStructureChecks) return;
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno == kViewInvalid) {
      const std::unique_lock lock(mutex_);
      structure_ = Structure::different;
      structure_differences_ = {e.error().message};
      return;
    }
    if (e.error().action != base::Action::retry) throw;
    base::log::info("structure.again", "{}", e.error().message);
    return;
  }
  mend_structure(*link);
}

/// The target's definitions at a moment behind that of the source's.
std::vector<schema::Difference> Runner::structure_differences(Link& link) {
  const base::Side from = link.options().from.side;
  db::Connection source = db::Connection::open(endpoints_.source);
  db::Connection target = db::Connection::open(endpoints_.target);
  // With very many tables, reading the definitions takes longer than a stop may.
  const db::InterruptOnStop interrupt_source(source, stop_);
  const db::InterruptOnStop interrupt_target(target, stop_);
  const std::string token = base::random_token();
  write_marker(from == base::Side::source ? source : target, config_.name, "structure", token);
  link.applier().wait_marker_applied(token, std::chrono::steady_clock::now() + kMarkerDeadline,
                                     stop_);
  return differences(source, target, config_.name, selection_, from, program_probe_);
}

/// Whether a table that is made anew would be what it is on the active server.
bool Runner::can_be_alike(Link& link, const mysql::TableName& name) {
  const base::Side to_side = link.options().to.side;
  db::Connection from = db::Connection::open(link.options().from);
  db::Connection to = db::Connection::open(link.options().to);
  const auto wanted = schema::read_table(from, name);
  if (!wanted) return true;
  try {
    return probe_table(to, schema::read_dialect(to), *wanted, to_side).empty();
  } catch (const base::ErrorException& e) {
    if (e.error().action == base::Action::retry) throw;
    base::log::warn("structure.unlike", "{}", e.error().message);
    return false;
  }
}

void Runner::mend_structure(Link& link) {
  std::vector<mysql::TableName> again;
  for (const schema::Table& table : link.options().tables) {
    const std::string begin = "table " + table.name.to_string() + ": ";
    const std::unique_lock lock(mutex_);
    const bool differs =
        std::any_of(structure_differences_.begin(), structure_differences_.end(),
                    [&](const std::string& told) { return told.starts_with(begin); });
    if (differs && structure_mended_.insert(table.name).second) again.push_back(table.name);
  }
  std::erase_if(again, [&](const mysql::TableName& name) { return !can_be_alike(link, name); });
  if (again.empty()) {
    {
      const std::unique_lock lock(mutex_);
      if (std::exchange(programs_created_, true)) return;
    }
    db::Connection from = db::Connection::open(link.options().from);
    db::Connection to = db::Connection::open(link.options().to);
    auto refused = create_missing_programs(from, to, selection_);
    const std::unique_lock lock(mutex_);
    structure_refused_ = std::move(refused);
    return;
  }
  suspend_tables(link.options().tables, again, "its definition differs between the servers");
  drop_link();
  start_link(link.options().from.side);
}

void Runner::first_comparison() {
  std::vector<schema::Table> missing;
  {
    const std::unique_lock lock(mutex_);
    missing = comparison_.missing(catalog_.tables);
  }
  if (config_.verify_before_ready != "yes" || anything_suspended()) return;
  if (missing.empty()) {
    if (unproved_.exchange(false)) state_.set(kUnprovedKey, "");
    return;
  }
  if (!compare_now_.exchange(false) && std::chrono::steady_clock::now() < next_comparison_) return;
  next_comparison_ = std::chrono::steady_clock::now() + kComparisonPause;
  const std::unique_lock command(command_, std::try_to_lock);
  const std::shared_ptr<Link> link = current_link();
  if (!command || link == nullptr) return;
  const std::string doing = "comparing every row before a switch is allowed";
  const auto told = [&](const std::string& what) { set_reason(what.empty() ? doing : what); };
  set_reason(doing);
  try {
    const verify::Report report =
        comparison_.run(*link, missing, Comparison::Asked::by_itself, told, stop_);
    set_reason("");
    mend_rows(*link, report);
  } catch (const base::ErrorException& e) {
    const bool gave_way = e.error().code == kStoppedCode && !stop_.stop_requested();
    if (e.error().action != base::Action::retry && !gave_way) throw;
    set_reason("");
    base::log::info("verify.again", "{}", e.error().message);
  }
}

/// A statement that was carried out on both sides may have meant other values on each of them. Its
/// table is copied again, once for each statement; what differs otherwise is only told.
void Runner::mend_rows(Link& link, const verify::Report& report) {
  std::vector<mysql::TableName> again;
  for (const verify::TableResult& one : report.tables) {
    if (one.rows_different() == 0) continue;
    const std::unique_lock lock(mutex_);
    const auto ddls = ddls_.find(one.name);
    if (ddls == ddls_.end() || rows_mended_[one.name] == ddls->second) continue;
    rows_mended_[one.name] = ddls->second;
    again.push_back(one.name);
  }
  if (again.empty()) return;
  suspend_tables(link.options().tables, again,
                 "its rows differ behind a statement that changed its definition");
  drop_link();
  start_link(link.options().from.side);
}

}  // namespace flyover::migration
