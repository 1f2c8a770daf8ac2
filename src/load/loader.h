#pragma once
// The full load: rows of a source's snapshot into a target's empty tables.
//
//   Loader loader(options);
//   loader.prepare();                        // connects, reads what is loaded already
//   ... lock loader.unfinished_keyless_tables() on the source, write marker P ...
//   loader.open_readers();                   // the snapshots
//   ... write marker Q, release the locks ...
//   loader.run(stop);                        // again until it answers `completed`
//
// Each lane is a reader and a writer with a bounded pipe between them. A chunk is one transaction
// on the target that also carries the chunk's record (flyover.load_chunk), so after a stop or a
// crash nothing is half there, and the next run goes on with the chunks that have no record. Then
// tables with a key are a mixture of snapshots, which the changes applied from the first marker on
// make whole; a table without a usable key is loaded again from its start.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/pace.h"
#include "db/connection.h"
#include "load/progress.h"
#include "schema/model.h"

namespace flyover::load {

struct LoadOptions {
  db::Endpoint source{};
  db::Endpoint target{};
  /// In load order: largest first. The tables must exist on the target.
  std::vector<schema::Table> tables{};
  std::string migration{};
  /// Pairs of a reading and a writing session; 0: as many as bring something (Tuning).
  unsigned lanes = 0;
  /// What a chunk, and so a transaction on the target, should hold; 0: found by measuring.
  std::uint64_t chunk_bytes = 0;
  /// Rows on their way between a reader and a writer, all lanes together. A larger row passes.
  std::uint64_t memory_bytes = 16ULL << 20;
  /// Nothing that an earlier run loaded counts: what it recorded as loaded is emptied.
  bool anew = false;
  /// A statement for every session on the target, behind those that make it a loader's; "": none.
  std::string target_session{};
  /// Tables whose engine on the target has no transactions. Their rows are written by a session of
  /// their own: a server that enforces GTID consistency refuses them in a transaction that writes
  /// records, too. What was interrupted has to be emptied before it is loaded again.
  std::set<mysql::TableName> outside{};
  /// The rows are a mixture of snapshots that changes make whole later: a value of a unique key
  /// that is in two of them makes the load throw TableChanged.
  bool several_moments = false;
  /// Called from a lane's thread when all rows of a table are committed; may be empty.
  std::function<void(const schema::Table&)> table_loaded{};
  /// Outlives the load. Where it wants snapshots given up, the load ends with Action::retry, but
  /// for a table without a usable key only when that is done.
  base::Pace* pace = &base::Pace::unhindered();
};

/// The code of the error that ends a load whose snapshots were to be given up.
inline constexpr std::string_view kSnapshotsGivenUpCode = "load.snapshots_given_up";

enum class LoadResult { completed, stopped };

/// A table can not be read any more as it was when the load began: its definition was changed, or
/// it is gone. The others can.
class TableChanged : public base::ErrorException {
 public:
  TableChanged(mysql::TableName table, base::Error error)
      : base::ErrorException(std::move(error)), table_(std::move(table)) {}
  const mysql::TableName& table() const { return table_; }

 private:
  mysql::TableName table_;
};

/// Throws TableChanged when `error`, met while `table` was read, says so.
void throw_if_changed(const mysql::TableName& table, const base::Error& error);

/// One load. Not thread-safe except for progress(). The constructor does nothing.
class Loader {
 public:
  explicit Loader(LoadOptions options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Connects, waits for sessions of an earlier run to end, reads the records of loaded chunks and
  /// empties tables without a usable key that were not finished. Throws when the target holds rows
  /// that are not ours, or when a table's key changed since its first chunk.
  void prepare();

  /// After prepare(): tables without a usable key that this run will load from their start. Locked
  /// READ on the source from before marker P until after marker Q, they are exact at P.
  std::vector<mysql::TableName> unfinished_keyless_tables() const;
  /// After prepare(): nothing is left to load; open_readers() and run() are not needed.
  bool completed() const;

  /// Opens the consistent snapshots; takes milliseconds. A reader that waits for a table's
  /// definition for longer than `definition_wait` ends the load with Action::retry; unset, it
  /// waits.
  void open_readers(std::optional<std::chrono::seconds> definition_wait = {});

  /// Loads what is left. Throws TableChanged, or an Error; with Action::retry the snapshots are
  /// gone and the load goes on with a new Loader. A stop request ends it within a moment; open
  /// chunks are undone.
  LoadResult run(std::stop_token stop);

  /// Per table, in load order; from any thread, also while run() works. Empty before prepare().
  Progress progress() const;
  /// From any thread. Nothing before prepare().
  std::optional<Decisions> decisions() const;

  /// Empties the table on the target and forgets its chunks, so that the next load takes it whole.
  static void forget_table(db::Connection& target, const std::string& migration,
                           const mysql::TableName& table);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flyover::load
