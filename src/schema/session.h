#pragma once
// The sessions in which text of a schema is read and created: never the neutral binary one, because
// there a literal's bytes are not characters.

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "db/connection.h"
#include "schema/model.h"

namespace flyover::schema {

/// What the target understands; read once per server, then used by pure functions.
struct Dialect {
  mysql::Version version{};
  std::set<std::string> sql_modes{};     ///< single modes it accepts, upper case
  bool disable_on_replica = false;       ///< events: DISABLE ON REPLICA, else ON SLAVE
  bool restricts_standard_keys = false;  ///< has restrict_fk_on_non_standard_key
  bool generates_primary_keys = false;   ///< new sessions have sql_generate_invisible_primary_key
  bool requires_primary_keys = false;    ///< new sessions have sql_require_primary_key
};

/// Every mode that a server from 5.6 on can have; the index is the bit in a Query event.
std::span<const std::string_view> sql_mode_names();

/// Probes the server. The session is neutral again afterwards.
Dialect read_dialect(db::Connection& connection);

/// SET statement for reading or creating tables and views: utf8mb4 text in and out.
std::string utf8_session_sql();
/// The same for creating tables and foreign keys on the target: foreign keys may name parents that
/// come later and, as on the source, keys that are not unique; tables without a primary key stay
/// so. Does not check existing rows.
std::string ddl_session_sql(const Dialect& dialect);
/// SET statement that makes a session what Connection::open() made it.
std::string neutral_session_sql();

/// Runs `set_sql` now and makes the session neutral again at the end. A session that could not be
/// restored is interrupted, so that nothing runs in it by accident.
class SessionScope {
 public:
  SessionScope(db::Connection& connection, const std::string& set_sql);
  ~SessionScope();
  SessionScope(const SessionScope&) = delete;
  SessionScope& operator=(const SessionScope&) = delete;

 private:
  db::Connection& connection_;
};

/// Makes a schema the session's default one, and at the end again the one before, or
/// information_schema when there was none. Restored like SessionScope.
class DefaultSchema {
 public:
  DefaultSchema(db::Connection& connection, const std::string& schema);
  ~DefaultSchema();
  DefaultSchema(const DefaultSchema&) = delete;
  DefaultSchema& operator=(const DefaultSchema&) = delete;

 private:
  db::Connection& connection_;
  std::string before_;
};

}  // namespace flyover::schema
