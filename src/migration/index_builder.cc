#include "migration/index_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "load/load_records.h"
#include "schema/create.h"
#include "schema/ddl.h"
#include "schema/introspect.h"
#include "schema/session.h"

namespace flyover::migration {
namespace {

constexpr std::uint32_t kDuplicateKey = 1062;
constexpr std::uint64_t kSmallBytes = 1 << 20;
constexpr std::uint64_t kPatchOfDdlBuffer = 27;  // innodb_ddl_buffer_size: 8.0.27
// The server sorts an index in this much memory; its default of 1 MiB makes it merge many files.
constexpr std::uint64_t kDdlBufferBytes = 16 << 20;
// A session that was closed a moment ago may still have the lock.
constexpr std::chrono::seconds kLockWait{10};

}  // namespace

schema::Table missing_part(const schema::Table& source, const schema::Table& target) {
  schema::Table missing = source;
  std::erase_if(missing.indexes, [&](const schema::Index& index) {
    return !schema::needed_from_the_start(source, index) &&
           std::any_of(target.indexes.begin(), target.indexes.end(),
                       [&](const schema::Index& other) { return other.name == index.name; });
  });
  std::erase_if(missing.foreign_keys, [&](const schema::ForeignKey& key) {
    return std::any_of(target.foreign_keys.begin(), target.foreign_keys.end(),
                       [&](const schema::ForeignKey& other) { return other.name == key.name; });
  });
  return missing;
}

bool is_made_whole(const schema::Table& table) {
  return table.data_bytes <= kSmallBytes &&
         std::none_of(table.indexes.begin(), table.indexes.end(), [](const schema::Index& index) {
           return index.kind == schema::IndexKind::fulltext ||
                  index.kind == schema::IndexKind::spatial;
         });
}

bool add_indexes(db::Connection& session, const schema::Dialect& dialect,
                 const schema::Table& missing) {
  for (const std::string& sql : schema::add_indexes_sql(missing)) {
    FLYOVER_FAULT("schema.before_index");
    try {
      schema::run_ddl(session, dialect, sql);
    } catch (const base::ErrorException& e) {
      if (e.error().mysql_errno != kDuplicateKey) throw;
      base::log::warn("load.not_unique", "{}: {}", missing.name.to_string(), e.error().message);
      return false;
    }
  }
  return true;
}

db::Connection open_ddl_session(const DdlSessions& sessions, unsigned number) {
  db::Connection session = db::Connection::open(sessions.target);
  if (!sessions.session_sql.empty()) session.execute(sessions.session_sql);
  if (session.version().at_least(8, 0, kPatchOfDdlBuffer)) {
    session.execute(fmt::format("SET SESSION innodb_ddl_buffer_size = {}", kDdlBufferBytes));
  }
  const load::LoadRecords records(sessions.migration);
  const std::string lock = records.session_lock(load::kWritersMax + number);
  if (session.query_value(fmt::format("SELECT GET_LOCK({},{})", lock, kLockWait.count())) != "1") {
    base::throw_error({.code = "load.other_session",
                       .side = base::Side::target,
                       .action = base::Action::retry,
                       .message = "another flyover changes definitions for the same migration",
                       .hint = "Stop the other one."});
  }
  return session;
}

bool wait_for_old_ddl_sessions(db::Connection& target, const std::string& migration,
                               std::stop_token stop) {
  const load::LoadRecords records(migration);
  std::string sql = "SELECT 1";
  for (unsigned number = 0; number <= kDdlSessionsMax; ++number) {
    sql += fmt::format(" AND IS_FREE_LOCK({})", records.session_lock(load::kWritersMax + number));
  }
  bool told = false;
  while (target.query_value(sql) != "1") {
    if (!std::exchange(told, true)) {
      base::log::info("load.old_sessions",
                      "waiting for a statement of an earlier run that still "
                      "changes definitions on the target");
    }
    if (!base::sleep_for(std::chrono::milliseconds(100), stop)) return false;
  }
  return true;
}

IndexBuilder::IndexBuilder(DdlSessions sessions, std::function<void(const std::string&)> progress,
                           std::stop_token stop)
    : sessions_(std::move(sessions)),
      progress_(std::move(progress)),
      tables_(std::numeric_limits<std::size_t>::max()),
      threads_(std::move(stop)) {
  for (unsigned i = 0; i < sessions_.count; ++i) {
    threads_.start(fmt::format("index-{}", i), [this, i](const std::stop_token& s) { work(i, s); });
  }
}

IndexBuilder::~IndexBuilder() = default;

void IndexBuilder::add(const schema::Table& table) {
  if (is_made_whole(table)) return;
  // False only when the threads have ended with an error, which finish() tells.
  tables_.push(table, 0, threads_.stop_token());
}

void IndexBuilder::finish() {
  tables_.close();
  threads_.join();
}

void IndexBuilder::work(unsigned number, const std::stop_token& stop) {
  std::optional<db::Connection> session;
  std::optional<db::InterruptOnStop> interrupt;
  schema::Dialect dialect;
  while (const auto table = tables_.pop(stop)) {
    // Only now: most migrations of small tables need none.
    if (!session) {
      session = open_ddl_session(sessions_, number);
      interrupt.emplace(*session, stop);
      dialect = schema::read_dialect(*session);
    }
    build(*session, dialect, *table);
  }
}

void IndexBuilder::build(db::Connection& session, const schema::Dialect& dialect,
                         const schema::Table& table) {
  progress_("building the indexes of " + table.name.to_string());
  const auto there = schema::read_table(session, table.name);
  if (!there) return;  // Suspended meanwhile and gone.
  const bool unique = add_indexes(session, dialect, missing_part(table, *there));
  if (unique) session.execute("ANALYZE LOCAL TABLE " + table.name.quoted());
  const std::unique_lock lock(mutex_);
  if (unique) {
    done_.insert(table.name);
  } else {
    collisions_.insert(table.name);
  }
}

}  // namespace flyover::migration
