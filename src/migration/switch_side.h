#pragma once
// One server as a switch uses it: a session that is opened when it is needed and again after it was
// lost, because the undo of a switch must reach a server that comes back.

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "migration/switch_objects.h"
#include "schema/model.h"
#include "schema/selection.h"

namespace flyover::migration {

/// One thread.
class SwitchSide {
 public:
  SwitchSide(db::Endpoint endpoint, std::string migration, const schema::Selection& selection);

  /// No statement of this session waits long, for a lock or for an answer: the application waits
  /// for it.
  db::Connection& session();
  /// A session of its own that may take its time.
  db::Connection patient_session() const { return db::Connection::open(endpoint_); }
  ObjectSide objects();
  /// Triggers, routines and events as they were when first asked for, over a session of its own
  /// that may take its time.
  const std::vector<schema::Program>& programs();
  bool read_only();
  void set_read_only(bool on);

  /// Forgets the session, which may be lost or in an unknown state.
  void drop_session() { session_.reset(); }

 private:
  db::Endpoint endpoint_;
  std::string migration_;
  const schema::Selection& selection_;
  std::optional<db::Connection> session_;
  std::optional<schema::Dialect> dialect_;
  std::optional<std::vector<schema::Program>> programs_;
};

}  // namespace flyover::migration
