#pragma once
// What moves with the endpoint besides the rows: triggers, scheduled events and the AUTO_INCREMENT
// counters. Every function may be run again after it was interrupted.
//
// Statements begin with a comment that tells the other link's applier that they are flyover's own.

#include <string>
#include <vector>

#include "db/connection.h"
#include "mysql/identifier.h"
#include "schema/model.h"
#include "schema/selection.h"
#include "schema/session.h"

namespace flyover::migration {

/// A side of the switch with what its objects need.
struct ObjectSide {
  db::Connection& connection;
  schema::Dialect dialect;
  std::string migration;
};

/// Puts the triggers' definitions, as `side` has them, into its flyover.paused_object and drops
/// them: rows that arrive there by replication carry their effects already.
void pause_triggers(const ObjectSide& side, const std::vector<schema::Program>& triggers);

/// Creates what flyover.paused_object of `side` holds and empties it.
void resume_triggers(const ObjectSide& side);

/// The triggers that resume_triggers() would create.
std::vector<schema::Program> paused_triggers(const ObjectSide& side);

/// Forgets a trigger that pause_triggers() remembered: it was dropped or made anew elsewhere.
void forget_paused_trigger(db::Connection& connection, const std::string& migration,
                           const mysql::TableName& name);

/// Forgets what is remembered of triggers that are not among these, by name and table: they are
/// gone, or their table is called otherwise now.
void keep_paused_triggers(const ObjectSide& side, const std::vector<schema::Program>& triggers);

/// Creates triggers that `side` does not have yet.
void create_triggers(const ObjectSide& side, const std::vector<schema::Program>& triggers);

/// Drops those of the triggers that `side` has.
void drop_triggers(const ObjectSide& side, const std::vector<schema::Program>& triggers);

/// Enables or disables scheduled events, keeping their definers.
void set_events(const ObjectSide& side, const std::vector<schema::Program>& events, bool enabled);

/// Raises the counters on `to` that are below those on `from`, of all selected tables or of `only`
/// these; the number of tables touched.
std::size_t raise_counters(db::Connection& from, db::Connection& to,
                           const schema::Selection& selection,
                           const std::vector<mysql::TableName>* only = nullptr);

}  // namespace flyover::migration
