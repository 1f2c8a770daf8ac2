#pragma once
// Compares one chunk of a table on both servers: by digest, and row by row where digests differ.

#include <cstdint>
#include <string>
#include <vector>

#include "db/connection.h"
#include "schema/chunk.h"
#include "schema/model.h"
#include "schema/row_select.h"
#include "verify/result.h"
#include "verify/row_hash.h"

namespace flyover::verify {

/// How the rows of one table are compared; constant while it lasts.
struct TablePlan {
  schema::Table table{};
  schema::RowSelect select{};
  /// Positions in `select` of the row key's columns; empty without a usable key.
  std::vector<std::size_t> key{};
};

TablePlan make_plan(schema::Table table);

/// A session on each side, in its snapshot.
struct SessionPair {
  db::Connection source;
  db::Connection target;
};

struct DigestPair {
  Digest source{};
  Digest target{};
};

/// What compare_rows() found in a chunk.
struct ChunkDifferences {
  std::uint64_t missing = 0;
  std::uint64_t extra = 0;
  std::uint64_t changed = 0;
  std::uint64_t doubled = 0;
  std::vector<RowDifference> samples{};
};

/// Reads the chunk on both sides at the same time, in constant memory. An Error names its side.
DigestPair digest_chunk(SessionPair& sessions, const TablePlan& plan, const schema::ChunkSql& sql,
                        const schema::ChunkRange& range);

struct RowCompareLimits {
  std::uint64_t memory_bytes = 64ULL << 20;  ///< for hashes; a larger chunk is read several times
  std::size_t samples = 10;
};

/// Finds the rows that differ: by key, or as a multiset without one. `rows`: the larger side's
/// count.
ChunkDifferences compare_rows(SessionPair& sessions, const TablePlan& plan,
                              const schema::ChunkSql& sql, const schema::ChunkRange& range,
                              std::uint64_t rows, const RowCompareLimits& limits);

}  // namespace flyover::verify
