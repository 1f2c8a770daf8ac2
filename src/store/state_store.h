#pragma once
// What flyover remembers between its runs, in one SQLite file: settings of the migration, the log
// of events and the journal of switches. How far the rows are is not here: that stands in the
// target, in the transaction that wrote them. The only includer of <sqlite3.h>.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace flyover::store {

/// One step of a switch that has begun, with what its undo needs.
struct JournalStep {
  std::string step{};
  std::string detail{};
  bool done = false;
};

struct Event {
  std::int64_t time_ms = 0;  ///< since the epoch
  std::string name{};
  std::string text{};
};

/// Thread-safe; every write is on disk when the call returns.
class StateStore {
 public:
  /// Opens or creates the file. Throws when another process holds it or it can not be read.
  explicit StateStore(const std::filesystem::path& file);
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  std::optional<std::string> get(std::string_view key);
  void set(std::string_view key, std::string_view value);

  void add_event(std::string_view name, std::string_view text);
  /// The newest `count` events, oldest first.
  std::vector<Event> recent_events(std::size_t count);

  /// The journal of the switch that is under way; empty when none is.
  std::vector<JournalStep> journal();
  void journal_begin(std::string_view step, std::string_view detail);
  void journal_done(std::string_view step);
  /// The switch ended, forwards or backwards: the journal is emptied.
  void journal_clear();

 private:
  class Statement;
  void run(std::string_view sql);

  std::mutex mutex_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> db_;
};

}  // namespace flyover::store
