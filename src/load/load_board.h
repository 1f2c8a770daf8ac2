#pragma once
// Who loads what: hands chunks to the lanes and keeps the progress.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "load/load_records.h"
#include "load/progress.h"
#include "schema/chunk.h"
#include "schema/model.h"
#include "schema/row_select.h"

namespace flyover::load {

/// One table's part of the load: what is constant while it runs.
struct TablePlan {
  schema::Table table{};
  schema::RowSelect select{};
  bool keyed = false;
};

/// A chunk to load. A table without a usable key is one piece of work, which its writer commits in
/// parts with the numbers from `chunk` on.
struct ChunkWork {
  std::size_t table = 0;  ///< index of the plan
  std::uint64_t chunk = 0;
  schema::ChunkRange range{};
};

/// Thread-safe. Tables are taken in the order they are added; all lanes may work on the same one.
class LoadBoard {
 public:
  /// Adds a table with the chunks of it that are loaded already; one without a usable key has all
  /// of them or none. Before the lanes start.
  void add(schema::Table table, const std::vector<ChunkRecord>& records);

  const TablePlan& plan(std::size_t table) const { return tables_[table]->plan; }
  const schema::ChunkSql& sql(std::size_t table) const { return tables_[table]->planner.sql(); }

  /// The next chunk, of about so many bytes but at most `rows_max` rows, whose end is asked of
  /// `reader`; nothing when all are given out.
  std::optional<ChunkWork> next(db::Connection& reader, std::uint64_t chunk_bytes,
                                std::uint64_t rows_max);
  /// A committed chunk. True, once for each table: it was the last one of its table.
  bool done(std::size_t table, const ChunkRecord& record);

  std::size_t table_count() const { return tables_.size(); }
  bool completed(std::size_t table) const;
  bool all_completed() const;
  /// There is nothing for next() to hand out.
  bool all_given_out() const;
  /// A table without a usable key is under way, which would begin from its start again.
  bool keyless_in_work() const;
  /// What is left of the tables, by the server's estimates.
  std::uint64_t bytes_left() const;
  Progress progress(std::uint64_t chunk_bytes) const;

 private:
  struct TableWork {
    explicit TableWork(schema::Table table);

    TablePlan plan;
    // Guards what follows, also while a bound is asked of the server: a lane that wants the next
    // chunk of the same table needs that bound.
    mutable std::mutex planning;
    schema::ChunkPlanner planner;
    std::deque<OpenRange> open;
    // Guards what follows; never held while waiting.
    mutable std::mutex counting;
    TableProgress progress;
    std::uint64_t in_work = 0;
    bool all_given_out = false;
  };

  std::optional<ChunkWork> next_of(std::size_t index, db::Connection& reader,
                                   std::uint64_t chunk_bytes, std::uint64_t rows_max);

  // Elements are held by pointer because a mutex can not move.
  std::vector<std::unique_ptr<TableWork>> tables_;
  /// Every table before it is given out.
  std::atomic<std::size_t> first_open_{0};
};

}  // namespace flyover::load
