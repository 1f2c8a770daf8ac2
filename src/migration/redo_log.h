#pragma once
// The target's redo log, left out while rows are loaded when the user wants it so.
//
// A server that dies while its redo log is disabled does not start again: everything in its data
// directory is lost, not only what the load wrote. So "auto" never disables it, and "on" does so
// only where nothing is on the target but what this migration brings.

#include <string>

#include "db/connection.h"
#include "schema/selection.h"
#include "store/state_store.h"

namespace flyover::migration {

/// True when the redo log was disabled by this migration and is not known to be enabled again.
bool redo_is_out(store::StateStore& state);

/// Enables the redo log again if redo_is_out(); does nothing otherwise. To be called before
/// anything else is done with the target. Throws when the target can not be reached or is not the
/// server whose log was disabled.
void restore_redo(store::StateStore& state, const db::Endpoint& target);

/// Disables the target's redo log from its construction on and enables it again at its end. The
/// intent is on disk before the log is disabled, so that restore_redo() finds it after a kill.
class RedoLogOut {
 public:
  /// `disable_redo`: "auto", "on" or "off"; only "on" disables. Throws when that can not be done.
  RedoLogOut(store::StateStore& state, const db::Endpoint& target, const std::string& disable_redo,
             const schema::Selection& selection);
  /// Enables it if restore() was not called; a failure is logged, and the next start enables it.
  ~RedoLogOut();
  RedoLogOut(const RedoLogOut&) = delete;
  RedoLogOut& operator=(const RedoLogOut&) = delete;

  /// Enables it again; the server writes out what only its memory held, which may take a while.
  void restore();
  bool disabled() const { return disabled_; }
  /// What was decided, and why, for people.
  const std::string& why() const { return why_; }

 private:
  store::StateStore& state_;
  const db::Endpoint target_;
  bool disabled_ = false;
  std::string why_;
};

}  // namespace flyover::migration
