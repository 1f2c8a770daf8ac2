#pragma once
// What goes from a lane's reader to its writer.

#include <cstdint>
#include <string>
#include <variant>

#include "base/bounded_queue.h"
#include "load/load_board.h"

namespace flyover::load {

/// The rows that follow belong to this chunk.
struct ChunkBegin {
  ChunkWork work{};
};

/// Whole rows, encoded for the way they are written.
struct RowBatch {
  /// INSERT values, whatever the way: rows that LOAD DATA can not write.
  bool insert = false;
  std::string text{};
  std::uint64_t rows = 0;
  std::uint64_t expected_warnings = 0;
};

/// All rows of the chunk were read.
struct ChunkEnd {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  bool last = false;  ///< nothing of the table comes after this chunk
};

using PipeItem = std::variant<ChunkBegin, RowBatch, ChunkEnd>;
using Pipe = base::BoundedQueue<PipeItem>;

/// How the target takes rows.
enum class WriteMethod { load_data, insert };

/// Thrown where a stop request ends the work of a lane.
struct Stopped {};

}  // namespace flyover::load
