#pragma once
// A table that has no snapshots, kept still while it is read.
//
// MyISAM, MEMORY, ARCHIVE and CSV show every reader the rows of this moment. So such a table is
// locked READ as long as it is read: its writers wait, and readers behind a waiting writer do, but
// for those with HIGH_PRIORITY, as flyover's are (schema/chunk.cc). When the lock is there,
// whatever was written to the table before is in the binary log: the server logs a statement's rows
// of such tables when the statement ends, in a transaction, too, and before it unlocks the table.
// Two cases are different. INSERT DELAYED unlocks first, so the lock is refused while the server
// has threads for it. ARCHIVE lets READ locks in beside a writing statement; there the stronger
// FLUSH TABLES … WITH READ LOCK waits for the statement, and for readers.

#include <optional>
#include <stop_token>

#include "db/connection.h"
#include "migration/told.h"
#include "schema/model.h"

namespace flyover::migration {

/// The lock over the life of the object, in a session of its own. Waits at most a second at a time,
/// so that statements queued behind it never wait longer than that, and tries again.
class StillTable {
 public:
  /// Throws with Action::retry when there is never a gap, with Action::pause when INSERT DELAYED is
  /// in use.
  StillTable(const db::Endpoint& endpoint, const schema::Table& table, std::stop_token stop,
             const Told& told = {});

  /// Throws with Action::retry when the lock's session has ended meanwhile: what was read then is
  /// worth nothing.
  void check();

 private:
  bool try_lock(const schema::Table& table);

  db::Connection connection_;
};

/// Throws with Action::pause while `connection`'s server has threads that hold rows of INSERT
/// DELAYED: acknowledged, but in no table and no log yet. Servers from 5.7 on have none.
void check_no_delayed_inserts(db::Connection& connection);

}  // namespace flyover::migration
