#pragma once
// Builds the secondary indexes of tables whose rows are there, while other tables are loaded.

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bounded_queue.h"
#include "base/task_group.h"
#include "db/connection.h"
#include "schema/model.h"
#include "schema/session.h"

namespace flyover::migration {

/// Sessions on the target that change definitions.
struct DdlSessions {
  db::Endpoint target{};
  std::string migration{};
  std::size_t count = 1;
  /// A statement for each session at its start; "": none.
  std::string session_sql{};
};

/// Tables whose rows could not be made unique: they come from several moments, or changed.
using Collisions = std::set<mysql::TableName>;

/// Takes tables from any thread and gives each all the indexes that it lacks in one ALTER TABLE,
/// then fresh statistics. Threads begin with the object and end with finish() or its destruction.
class IndexBuilder {
 public:
  /// `progress` gets a line for each table; called from the builder's threads.
  IndexBuilder(DdlSessions sessions, std::function<void(const std::string&)> progress,
               std::stop_token stop);
  ~IndexBuilder();
  IndexBuilder(const IndexBuilder&) = delete;
  IndexBuilder& operator=(const IndexBuilder&) = delete;

  /// A table whose rows are committed.
  void add(const schema::Table& table);
  /// Waits until every table that was added is done. Throws the first error.
  void finish();

  /// After finish(): those that are done, and those that can not be.
  const std::set<mysql::TableName>& done() const { return done_; }
  const Collisions& collisions() const { return collisions_; }

 private:
  void work(unsigned number, const std::stop_token& stop);
  void build(db::Connection& session, const schema::Dialect& dialect, const schema::Table& table);

  const DdlSessions sessions_;
  const std::function<void(const std::string&)> progress_;
  base::BoundedQueue<schema::Table> tables_;
  std::mutex mutex_;  ///< guards what follows
  std::set<mysql::TableName> done_;
  Collisions collisions_;
  base::TaskGroup threads_;  ///< ends before what it uses
};

/// A neutral session with a large sort buffer for indexes. As long as it lives it holds a lock of
/// the migration. `number`: different for each session of a process, at most kDdlSessionsMax.
db::Connection open_ddl_session(const DdlSessions& sessions, unsigned number);
inline constexpr unsigned kDdlSessionsMax = 65;

/// Waits for the sessions that a process left behind when it was killed: the server ends a
/// statement before it notices. To be called once at the start. False: stopped.
bool wait_for_old_ddl_sessions(db::Connection& target, const std::string& migration,
                               std::stop_token stop);

/// The source's table with only those indexes and foreign keys that the target's table lacks, and
/// the ones that it has had from the start. Pure.
schema::Table missing_part(const schema::Table& source, const schema::Table& target);

/// Whether the table is created with its secondary indexes: so few rows cost less in an index that
/// is there than an ALTER TABLE does. Pure.
bool is_made_whole(const schema::Table& table);

/// Adds the indexes of `missing`. False: values that must be unique are there twice.
bool add_indexes(db::Connection& session, const schema::Dialect& dialect,
                 const schema::Table& missing);

}  // namespace flyover::migration
