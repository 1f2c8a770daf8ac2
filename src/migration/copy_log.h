#pragma once
// Whether what the load writes to the target goes into the target's binary log.

#include <string>

#include "db/connection.h"

namespace flyover::migration {

/// What was decided, and why, for people.
struct CopyLog {
  bool logged = true;
  std::string why{};

  /// The statement for every session on the target that copies; "": none.
  std::string session_sql() const { return logged ? "" : "SET SESSION sql_log_bin = 0"; }
};

/// Decides for `load.disable_binlog` ("auto", "on", "off"). Only sessions are ever told to write
/// unlogged, never the server, so nothing has to be restored, whatever ends the process.
/// "auto" leaves the log out only where nobody can be seen who would need it: no replica or other
/// reader of the log is connected, the server is in no group, no account seems to be a replica's,
/// and the rights are there. Throws when "on" can not be done, or would break a replica.
CopyLog decide_copy_log(db::Connection& target, const std::string& disable_binlog);

}  // namespace flyover::migration
