#pragma once
// Which chunks are still to be compared, and what was found: shared by the lanes of a Verifier.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "db/connection.h"
#include "schema/chunk.h"
#include "verify/result.h"
#include "verify/row_compare.h"

namespace flyover::verify {

/// A chunk to compare, or a whole table to count.
struct VerifyWork {
  std::size_t table = 0;
  schema::ChunkRange range{};
  bool count_only = false;
};

/// The error concerns this table only: the others can be compared.
bool is_the_tables_own(const base::Error& error);

/// Thread-safe. Between rounds only one thread may use it.
class VerifyBoard {
 public:
  VerifyBoard(std::vector<schema::Table> tables, std::uint64_t chunk_bytes, std::size_t samples);

  std::size_t table_count() const { return tables_.size(); }
  const TablePlan& plan(std::size_t table) const { return tables_[table]->plan; }
  const schema::ChunkSql& sql(std::size_t table) const { return tables_[table]->planner.sql(); }

  /// Before the first round: what is known of the table on the target.
  void set_target_columns(std::size_t table, std::vector<std::string> skipped, bool same_order);
  /// Likewise: its engine has no snapshots there.
  void set_still(std::size_t table);

  /// Hands out everything but tables without snapshots (round 1), or what differed in the table
  /// `suspect` before.
  void begin_round(unsigned round, const std::optional<mysql::TableName>& suspect);
  /// The table's index when it has no snapshots.
  std::optional<std::size_t> still_table(const mysql::TableName& name) const;
  /// In round 1: hands out a table without snapshots. False for any other, and for one that failed.
  bool open_still(std::size_t table);
  /// Whether something of the table is not given out yet.
  bool has_open(std::size_t table) const;
  /// Likewise, of any table.
  bool has_open() const;
  /// After the lanes ended: tables of which nothing is in doubt get their state.
  void end_round();
  /// Tables to be compared again.
  std::vector<mysql::TableName> suspects() const;

  /// The next chunk, of at most `rows_max` rows; asks `source` for its end. Nothing when all are
  /// given out. A table whose end can not be asked for fails; a lost session throws.
  std::optional<VerifyWork> next(db::Connection& source, std::uint64_t rows_max);

  /// The chunk is equal.
  void equal(const VerifyWork& work, const DigestPair& digests);
  /// It differs and is to be compared again.
  void suspect(const VerifyWork& work, const DigestPair& digests);
  /// It differs, for good.
  void differs(const VerifyWork& work, const DigestPair& digests, ChunkDifferences found);
  /// The table can not be compared; what is left of it is not handed out.
  void fail(std::size_t table, const std::string& error);
  void fail(std::size_t table, const base::Error& error);

  /// After one of the three above in round 1: that was the table's last chunk, and its rows are
  /// to be counted, because a range could have missed one.
  bool wants_count(std::size_t table) const;
  /// The servers' own counts of the table's rows. In round 1 they are compared with the rows read;
  /// if they do not fit, the next round counts again, and where both sides still disagree the table
  /// is compared as a whole.
  void counted(const VerifyWork& work, std::uint64_t source_rows, std::uint64_t target_rows);

  Report report() const;

 private:
  struct TableWork {
    TableWork(schema::Table table, std::uint64_t chunk_bytes);

    const TablePlan plan;
    // Guards what follows, also while a bound is asked of the server.
    mutable std::mutex planning;
    schema::ChunkPlanner planner;
    std::deque<schema::ChunkRange> open;
    bool tail_open = false;  ///< beyond `lower` nothing was given out yet
    std::optional<schema::Bound> lower;
    // Guards what follows; never held while waiting.
    mutable std::mutex counting;
    TableResult result;
    bool splittable = true;
    bool still = false;  ///< its engine has no snapshots on one of the sides
    bool all_given_out = true;
    std::uint64_t in_work = 0;
    std::uint64_t source_rows = 0;  ///< read in round 1
    std::uint64_t target_rows = 0;
    std::vector<schema::ChunkRange> suspects;
    bool count_in_doubt = false;
    bool count_first = false;  ///< this round begins with a count; until then, nothing is open
    /// Not empty: what the servers counted, which is not the same.
    std::string counts_disagree;
    bool failed = false;
  };

  std::optional<VerifyWork> next_of(std::size_t index, db::Connection& source,
                                    std::uint64_t rows_max);
  void finish(TableWork& table, const DigestPair& digests);
  static void open_suspects(TableWork& table);

  const std::size_t samples_;
  // By pointer because a mutex can not move.
  std::vector<std::unique_ptr<TableWork>> tables_;
  std::atomic<unsigned> round_{0};
};

}  // namespace flyover::verify
