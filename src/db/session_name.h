#pragma once
// Sessions that can be ended from beside.
//
// A server that executes a statement does not look whether anybody still waits for the answer: a
// COUNT(*) of a large table goes on for its hours after the client has left. So whoever leaves
// such statements behind ends the session through another one. The number of a session does not
// say whose it is: a server that was started again counts from one. A user lock does: it goes
// with the session, and its name is random.

#include <string>
#include <vector>

#include "db/connection.h"

namespace flyover::db {

/// Gives the session a name that no other one has, for end_sessions(). It holds a user lock of that
/// name for its life: servers before 5.7 would give that up for another GET_LOCK() of the session.
std::string name_session(Connection& session);

/// Ends those of the sessions that still live on the server, with whatever they execute (KILL). A
/// best effort of a few seconds: what fails is logged, and a server that does not answer is left
/// alone. The endpoint's account is that of the sessions. Safe to call from any thread.
void end_sessions(Endpoint endpoint, const std::vector<std::string>& names);

}  // namespace flyover::db
