#include "store/state_store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>

#include "base/error.h"
#include "base/task_group.h"

namespace flyover::store {
namespace {

[[noreturn]] void fail(sqlite3* db, std::string_view what) {
  base::throw_error({.code = "state.sqlite",
                     .side = base::Side::us,
                     .action = base::Action::pause,
                     .message = fmt::format("state database: {}: {}", what, sqlite3_errmsg(db)),
                     .hint = "Check that state_dir is writable, has space, and that no other "
                             "flyover run uses it."});
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

constexpr std::chrono::milliseconds kBusyTimeout{2000};
constexpr std::chrono::milliseconds kBusyPause{5};

// Whoever opens a new file makes this change. Where two meet in it, SQLite refuses one at once,
// without regard to the busy timeout: it holds what the other one waits for.
void use_write_ahead_log(sqlite3* db) {
  constexpr const char* kSql = "PRAGMA journal_mode = WAL";
  const auto deadline = std::chrono::steady_clock::now() + kBusyTimeout;
  int code = SQLITE_BUSY;
  while ((code = sqlite3_exec(db, kSql, nullptr, nullptr, nullptr)) == SQLITE_BUSY &&
         std::chrono::steady_clock::now() < deadline) {
    base::sleep_for(kBusyPause, {});
  }
  if (code != SQLITE_OK) fail(db, kSql);
}

constexpr std::string_view kSchema = R"(
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL,
                                  name TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY, step TEXT NOT NULL,
                                    detail BLOB NOT NULL, done INTEGER NOT NULL);
)";

}  // namespace

/// A prepared statement: bind in order, then step.
class StateStore::Statement {
 public:
  Statement(sqlite3* db, std::string_view sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr) !=
        SQLITE_OK) {
      fail(db, sql);
    }
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::string_view text) {
    sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  bool step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail(db_, sqlite3_sql(statement_));
    return code == SQLITE_ROW;
  }
  std::string text(int column) {
    const auto* const bytes =
        reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return std::string(bytes == nullptr ? "" : bytes,
                       static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }
  std::int64_t number(int column) { return sqlite3_column_int64(statement_, column); }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

StateStore::StateStore(const std::filesystem::path& file) : db_(nullptr, sqlite3_close) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open(file.c_str(), &db);
  db_.reset(db);
  if (code != SQLITE_OK) fail(db, file.string());
  sqlite3_busy_timeout(db, static_cast<int>(kBusyTimeout.count()));
  use_write_ahead_log(db);
  run("PRAGMA synchronous = FULL");
  run(kSchema);
}

StateStore::~StateStore() = default;

void StateStore::run(std::string_view sql) {
  if (sqlite3_exec(db_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail(db_.get(), sql);
  }
}

std::optional<std::string> StateStore::get(std::string_view key) {
  const std::unique_lock lock(mutex_);
  Statement statement(db_.get(), "SELECT value FROM setting WHERE key = ?");
  if (!statement.bind(key).step()) return std::nullopt;
  return statement.text(0);
}

void StateStore::set(std::string_view key, std::string_view value) {
  const std::unique_lock lock(mutex_);
  Statement(db_.get(), "REPLACE INTO setting (key, value) VALUES (?, ?)")
      .bind(key)
      .bind(value)
      .step();
}

void StateStore::add_event(std::string_view name, std::string_view text) {
  const std::unique_lock lock(mutex_);
  Statement(db_.get(), "INSERT INTO event (time_ms, name, text) VALUES (?, ?, ?)")
      .bind(now_ms())
      .bind(name)
      .bind(text)
      .step();
}

std::vector<Event> StateStore::recent_events(std::size_t count) {
  const std::unique_lock lock(mutex_);
  Statement statement(db_.get(),
                      "SELECT * FROM (SELECT id, time_ms, name, text FROM event "
                      "ORDER BY id DESC LIMIT ?) ORDER BY id");
  statement.bind(static_cast<std::int64_t>(count));
  std::vector<Event> events;
  while (statement.step()) {
    events.push_back({statement.number(1), statement.text(2), statement.text(3)});
  }
  return events;
}

std::vector<JournalStep> StateStore::journal() {
  const std::unique_lock lock(mutex_);
  Statement statement(db_.get(), "SELECT step, detail, done FROM journal ORDER BY id");
  std::vector<JournalStep> steps;
  while (statement.step()) {
    steps.push_back({statement.text(0), statement.text(1), statement.number(2) != 0});
  }
  return steps;
}

void StateStore::journal_begin(std::string_view step, std::string_view detail) {
  const std::unique_lock lock(mutex_);
  Statement(db_.get(), "INSERT INTO journal (step, detail, done) VALUES (?, ?, 0)")
      .bind(step)
      .bind(detail)
      .step();
}

void StateStore::journal_done(std::string_view step) {
  const std::unique_lock lock(mutex_);
  Statement(db_.get(), "UPDATE journal SET done = 1 WHERE step = ?").bind(step).step();
}

void StateStore::journal_clear() {
  const std::unique_lock lock(mutex_);
  run("DELETE FROM journal");
}

}  // namespace flyover::store
