#pragma once
// Writes the chunks that come down the pipe, each in one transaction with its record; small ones
// share a transaction.

#include <cstdint>
#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "db/connection.h"
#include "load/load_board.h"
#include "load/load_pipe.h"
#include "load/load_records.h"
#include "load/tuning.h"

namespace flyover::load {

/// One lane's writer. Lives in one thread. After an exception the session must be closed: it may be
/// in the middle of a transaction, which is how that chunk is undone.
class ChunkWriter {
 public:
  struct Options {
    WriteMethod method = WriteMethod::load_data;
    /// The chunks come from several moments: a value of a unique key may be in two of them.
    bool several_moments = false;
    /// See LoadOptions.
    std::set<mysql::TableName> outside{};
    /// Called when all rows of a table are committed; may be empty.
    std::function<void(const schema::Table&)> table_loaded{};
    Tuning& tuning;
  };

  /// `outside`: the session for the rows of tables that `Options::outside` names; null: there are
  /// none.
  ChunkWriter(LoadBoard& board, const LoadRecords& records, db::Connection& target,
              db::Connection* outside, Pipe& pipe, Options options)
      : board_(board),
        records_(records),
        target_(target),
        outside_(outside),
        pipe_(pipe),
        options_(std::move(options)) {}

  /// Writes until the pipe is closed and empty. Throws Stopped on a stop request, TableChanged when
  /// rows from several moments meet in a unique key, and an Error when a row could not be written
  /// exactly as it was read.
  void run(std::stop_token stop);

 private:
  void write_chunk(const ChunkWork& work, const std::stop_token& stop);
  /// Ends the transaction, if there is one, and tells the board about its chunks.
  void commit();
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
  db::Connection* outside_;
  /// Where the rows of the chunk under way go.
  db::Connection* rows_ = &target_;
  Pipe& pipe_;
  const Options options_;
  // The chunks of the transaction that is open: the index of the plan, and the record.
  std::vector<std::pair<std::size_t, ChunkRecord>> open_chunks_;
  std::uint64_t open_bytes_ = 0;
};

}  // namespace flyover::load
