#pragma once
// The record of loaded chunks, in the target, written in the transaction that carries the rows.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "db/connection.h"
#include "schema/chunk.h"

namespace flyover::load {

/// One committed chunk of a table, or one part of a table without a usable key.
struct ChunkRecord {
  std::uint64_t chunk = 0;  ///< numbers follow key order, with gaps
  std::string key_columns{};
  schema::ChunkRange range{};
  bool last = false;  ///< nothing of the table comes after it
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

/// A range that is still to be loaded as one chunk.
struct OpenRange {
  std::uint64_t chunk = 0;
  schema::ChunkRange range{};
  friend bool operator==(const OpenRange&, const OpenRange&) = default;
};

/// What is left of a table after the chunks of `records`, which are in order of their numbers: the
/// ranges between them, and after them the open end (`range.upper` empty), which may be cut into
/// further chunks. Throws an Error when the records are not one walk over the table. Pure.
std::vector<OpenRange> open_ranges(const std::vector<ChunkRecord>& records);

/// How many sessions of a migration may write rows at once.
inline constexpr unsigned kWritersMax = 64;

/// Statements on flyover.load_chunk for one migration. Thread-safe: has no state.
class LoadRecords {
 public:
  explicit LoadRecords(std::string migration) : migration_(std::move(migration)) {}

  /// The records of these tables, each table's in order of their numbers; a table without any is
  /// not in the result.
  std::map<mysql::TableName, std::vector<ChunkRecord>> read(
      db::Connection& target, const std::vector<mysql::TableName>& tables) const;
  /// First in a chunk's transaction: two sessions that load the same chunk meet here.
  std::string claim_sql(const mysql::TableName& table, const ChunkRecord& record) const;
  /// Last before the commit.
  std::string complete_sql(const mysql::TableName& table, const ChunkRecord& record) const;
  /// Forgets every chunk of the table.
  std::string forget_sql(const mysql::TableName& table) const;
  /// The user lock that a session which writes to the target's tables holds as long as it lives:
  /// writers of rows take those below kWritersMax; those from there on are for the caller.
  std::string session_lock(unsigned session) const;

 private:
  std::string where(const mysql::TableName& table) const;

  std::string migration_;
};

}  // namespace flyover::load
