#pragma once
// Chunks: a table cut into half-open ranges (lower, upper] of its row key.
//
// The server finds every bound and makes every comparison, in the column's own collation, so a row
// belongs to exactly one range whatever its strings look like: the ranges of one walk share their
// bounds, the first has no lower and the last no upper end. Bounds are found one ahead of the work
// (`ChunkPlanner::next_bound`), which also warms the pages the chunk then reads, and the number of
// rows follows the size of the rows seen so far.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "mysql/version.h"
#include "schema/model.h"

namespace flyover::schema {

/// Values of a table's chunk columns, as the text protocol carries them; never NULL.
using Bound = std::vector<std::string>;

/// Rows with lower < key <= upper; nothing: open at that end.
struct ChunkRange {
  std::optional<Bound> lower{};
  std::optional<Bound> upper{};
  friend bool operator==(const ChunkRange&, const ChunkRange&) = default;
};

/// "31,6162": the fields in hex, for the record of loaded chunks and for logs.
std::string encode_bound(const Bound& bound);
/// Throws an Error (bug) when the text is not what encode_bound() makes.
Bound decode_bound(std::string_view text);

/// Makes the SQL of one table's chunks. Pure; the server's version decides only how character sets
/// are spelled.
class ChunkSql {
 public:
  explicit ChunkSql(const Table& table);

  /// The leading columns of the row key that bounds are made of: up to the first ENUM, SET or other
  /// type whose order is not that of its literals. Empty: the table is one chunk.
  const std::vector<std::size_t>& columns() const { return columns_; }
  bool splittable() const { return !columns_.empty(); }
  /// Names of columns(), for records that must notice a changed key.
  std::string column_names() const;

  /// "" or " WHERE …" for exactly the rows of the range.
  std::string where(const ChunkRange& range, const mysql::Version& version) const;
  /// "SELECT <list> FROM t FORCE INDEX (key) WHERE …"; rows come in key order only by chance.
  std::string select_rows(const std::string& list, const ChunkRange& range,
                          const mysql::Version& version) const;
  /// Whether nothing but a damaged index could make ranges miss a row: there is one range only, or
  /// the columns are whole numbers (not years), whose order no collation and no
  /// conversion decides.
  bool ranges_are_certain() const;
  /// Counts the rows in the row key's order. Left to itself the server takes its smallest index,
  /// and looks up each entry of a page that changed behind the snapshot.
  std::string count_rows() const;
  /// Finds the key of the `rows`-th row after `lower`, in key order.
  std::string select_bound(const std::optional<Bound>& lower, std::uint64_t rows,
                           const mysql::Version& version) const;

 private:
  std::string beyond(const Bound& bound, bool after, const mysql::Version& version) const;
  std::string from() const;

  const Table* table_;
  std::vector<std::size_t> columns_;
  std::string index_;  ///< quoted; "" for a table in one chunk
};

/// Decides where the next chunk ends. Not thread-safe.
class ChunkPlanner {
 public:
  /// `table` must outlive the planner. `chunk_bytes`: what a chunk should hold.
  ChunkPlanner(const Table& table, std::uint64_t chunk_bytes);

  /// Where a chunk that starts after `lower` ends, after at most `rows_max` (1 or more) rows;
  /// nothing when it is the last one. Asks the server, so `reader` must not be streaming.
  std::optional<Bound> next_bound(db::Connection& reader, const std::optional<Bound>& lower,
                                  std::uint64_t rows_max) const;
  /// What the next chunks should hold.
  void aim(std::uint64_t chunk_bytes);
  /// Tells the true size of rows that were read. From any thread, and without waiting for another
  /// one's next_bound(): that may wait for a lock on the table's definition, which is given to
  /// nobody while the caller keeps its own.
  void observe(std::uint64_t rows, std::uint64_t bytes);
  std::uint64_t rows_per_chunk() const;
  const ChunkSql& sql() const { return sql_; }

 private:
  const Table* table_;
  ChunkSql sql_;
  std::uint64_t chunk_bytes_;
  mutable std::mutex seen_;  ///< guards what follows
  std::uint64_t rows_seen_ = 0;
  std::uint64_t bytes_seen_ = 0;
};

}  // namespace flyover::schema
