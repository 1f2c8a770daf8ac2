#include "migration/redo_log.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "migration/copy_log.h"

namespace flyover::migration {
namespace {

/// The UUID of the server whose redo log is to be enabled again; "": none is.
constexpr std::string_view kRedoOutKey = "load.redo_out";
constexpr std::uint32_t kAccessDenied = 1227;
constexpr std::uint64_t kPatchOfDisable = 21;  // ALTER INSTANCE DISABLE INNODB REDO_LOG: 8.0.21

std::string uuid_of(db::Connection& target) {
  return target.query_value("SELECT @@GLOBAL.server_uuid").value_or("");
}

bool redo_enabled(db::Connection& target) {
  const db::Table status = target.query("SHOW GLOBAL STATUS LIKE 'Innodb_redo_log_enabled'");
  return status.empty() || status.text(0, "Value") == "ON";
}

[[noreturn]] void refuse(const std::string& why, const std::string& hint) {
  base::throw_error({.code = "load.disable_redo",
                     .side = base::Side::target,
                     .action = base::Action::pause,
                     .message = "load.disable_redo is \"on\", but " + why,
                     .hint = hint});
}

/// A table that this migration does not bring, and that a crash would destroy; "": none.
std::string foreign_table(db::Connection& target, const schema::Selection& selection) {
  const db::Table tables = target.query(
      "SELECT table_schema AS s, table_name AS t FROM information_schema.tables WHERE table_type = "
      "'BASE TABLE' AND table_schema NOT IN ('mysql', 'sys', 'information_schema', "
      "'performance_schema', 'flyover')");
  for (std::size_t i = 0; i < tables.rows.size(); ++i) {
    const mysql::TableName name{tables.text(i, "s"), tables.text(i, "t")};
    if (!selection.selects(name)) return name.to_string();
  }
  return "";
}

void check_may_disable(db::Connection& target, const schema::Selection& selection) {
  const std::string leave_it = "Set it to \"auto\" or \"off\".";
  if (!target.version().at_least(8, 0, kPatchOfDisable)) {
    refuse("the target is older than MySQL 8.0.21", leave_it);
  }
  if (const std::string table = foreign_table(target, selection); !table.empty()) {
    refuse(fmt::format("the target holds {}, which this migration does not bring: a crash during "
                       "the load would destroy it",
                       table),
           leave_it);
  }
  // Rows on a replica that the crashed target does not have any more: nobody could go on there.
  const CopyLog log = decide_copy_log(target, "auto");
  if (log.logged && target.query_value("SELECT @@GLOBAL.log_bin") == "1") {
    refuse("it can not be told that nobody replicates from the target: " + log.why, leave_it);
  }
}

}  // namespace

bool redo_is_out(store::StateStore& state) {
  return !state.get(kRedoOutKey).value_or("").empty();
}

void restore_redo(store::StateStore& state, const db::Endpoint& endpoint) {
  const std::string uuid = state.get(kRedoOutKey).value_or("");
  if (uuid.empty()) return;
  db::Connection target = [&] {
    try {
      return db::Connection::open(endpoint);
    } catch (const base::ErrorException& e) {
      base::Error error = e.error();
      error.hint =
          "The target's redo log was disabled for the load. A server that died meanwhile does not "
          "start again: initialise its data directory anew and begin with an empty state_dir. " +
          error.hint;
      base::throw_error(std::move(error));
    }
  }();
  if (uuid_of(target) != uuid) {
    base::throw_error(
        {.code = "target.replaced",
         .side = base::Side::target,
         .action = base::Action::fail,
         .message = fmt::format("the target is not the server ({}) whose redo log was disabled for "
                                "the load",
                                uuid),
         .hint = "If that one is lost, begin anew with an empty state_dir. If it lives, ALTER "
                 "INSTANCE ENABLE INNODB REDO_LOG there."});
  }
  if (!redo_enabled(target)) {
    target.execute("ALTER INSTANCE ENABLE INNODB REDO_LOG");
    base::log::info("load.redo_enabled", "the target's redo log is enabled again");
    state.add_event("redo log", "enabled again");
  }
  state.set(kRedoOutKey, "");
}

RedoLogOut::RedoLogOut(store::StateStore& state, const db::Endpoint& endpoint,
                       const std::string& disable_redo, const schema::Selection& selection)
    : state_(state), target_(endpoint) {
  if (disable_redo != "on") {
    why_ = disable_redo == "off" ? "load.disable_redo is \"off\""
                                 : "a crash of the target would lose its data directory";
    return;
  }
  db::Connection target = db::Connection::open(endpoint);
  check_may_disable(target, selection);
  if (!redo_enabled(target)) {
    why_ = "somebody else disabled it already";
    base::log::warn("load.redo_off", "the target's redo log is disabled, and not by flyover");
    return;
  }
  state_.set(kRedoOutKey, uuid_of(target));
  FLYOVER_FAULT("load.redo_intended");
  disabled_ = true;
  try {
    target.execute("ALTER INSTANCE DISABLE INNODB REDO_LOG");
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kAccessDenied) throw;
    state_.set(kRedoOutKey, "");
    refuse("the account lacks INNODB_REDO_LOG_ENABLE",
           "GRANT INNODB_REDO_LOG_ENABLE ON *.* to it, or set it to \"auto\".");
  }
  why_ = "load.disable_redo is \"on\"";
  base::log::warn("load.redo_disabled",
                  "the target's redo log is disabled: a crash of the target before it is enabled "
                  "again makes its data directory unusable");
  state_.add_event("redo log", "disabled for the load");
  FLYOVER_FAULT("load.redo_disabled");
}

RedoLogOut::~RedoLogOut() {
  if (!disabled_) return;
  try {
    restore();
  } catch (const std::exception& e) {
    base::log::error("load.redo_left", "the target's redo log is still disabled: {}", e.what());
  }
}

void RedoLogOut::restore() {
  if (!disabled_) return;
  restore_redo(state_, target_);
  disabled_ = false;
}

}  // namespace flyover::migration
