#pragma once
// Writes the chunks that come down the pipe, each in one transaction with its record.

#include <stop_token>
#include <string>

#include "db/connection.h"
#include "load/load_board.h"
#include "load/load_pipe.h"
#include "load/load_records.h"

namespace flyover::load {

/// One lane's writer. Lives in one thread. After an exception the session must be closed: it may be
/// in the middle of a transaction, which is how that chunk is undone.
class ChunkWriter {
 public:
  ChunkWriter(LoadBoard& board, const LoadRecords& records, db::Connection& target, Pipe& pipe,
              WriteMethod method)
      : board_(board), records_(records), target_(target), pipe_(pipe), method_(method) {}

  /// Writes until the pipe is closed and empty. Throws Stopped on a stop request, and an Error when
  /// a row could not be written exactly as it was read.
  void run(std::stop_token stop);

 private:
  void write_chunk(const ChunkWork& work, const std::stop_token& stop);
  /// Writes rows until the chunk's end, which it returns.
  ChunkEnd load_rows(const TablePlan& plan, const std::stop_token& stop);
  ChunkEnd insert_rows(const TablePlan& plan, const std::stop_token& stop);
  void insert_batch(const TablePlan& plan, const RowBatch& batch);
  /// Throws when the server wrote other than `rows` rows or warned of an altered value.
  void check_written(const TablePlan& plan, const db::ExecResult& result, std::uint64_t rows,
                     std::uint64_t expected_warnings);
  PipeItem receive(const std::stop_token& stop);

  LoadBoard& board_;
  const LoadRecords& records_;
  db::Connection& target_;
  Pipe& pipe_;
  const WriteMethod method_;
};

}  // namespace flyover::load
