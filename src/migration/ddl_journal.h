#pragma once
// DDL can not be part of the transaction that moves the checkpoint. So before a statement is run it
// is put on record in the target, with a fingerprint of what stands there; behind it the record
// goes in the transaction that moves the checkpoint. A resume that finds a record waits until the
// session that may still be running the statement has ended, and looks at the fingerprint:
// unchanged, the statement was not carried out.

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "db/connection.h"
#include "mysql/position.h"

namespace flyover::migration {

/// What stands in the schemas: definitions and the identities of the tables' storage, so that also
/// a swap of two tables of one shape changes it. Rows do not count.
std::string fingerprint(db::Connection& connection, const std::vector<std::string>& schemas);

/// The record of one link in schema flyover of its target. Used by one thread.
class DdlJournal {
 public:
  /// `session` will run the statement; it gets a user lock for as long as it lives. Waits for the
  /// lock while a session of a process that is gone has it; throws with Action::retry. `control`
  /// is a neutral session of the same server and must outlive the journal.
  DdlJournal(db::Connection& session, db::Connection& control, std::string migration,
             std::string link);

  /// True: the statement of the transaction that starts at `start` is to be run. False: it was
  /// carried out by a session that could not tell. Puts it on record.
  bool begin(const mysql::BinlogPosition& start, const std::vector<std::string>& schemas,
             const std::string& sql);

  /// The statement of the transaction that ends at `end` is carried out: the record goes and the
  /// checkpoint moves there. `needs_from`: Transaction::needs_from.
  void finish(const mysql::BinlogPosition& end, const mysql::BinlogPosition& needs_from);
  /// The same for a statement whose transaction goes on with rows: the checkpoint stays.
  void finish_but_rows();

  /// The start of a transaction whose CREATE TABLE was carried out and whose rows were not; empty
  /// when there is none. They may be applied by now: it only says that the statement is not to be
  /// repeated.
  /// Of a link that begins in another log, where its positions mean nothing.
  static void forget(db::Connection& connection, const std::string& migration,
                     const std::string& link);

  static mysql::BinlogPosition created_at(db::Connection& connection, const std::string& migration,
                                          const std::string& link);

 private:
  std::string where() const;

  db::Connection& control_;
  std::string migration_;
  std::string link_;
};

}  // namespace flyover::migration
