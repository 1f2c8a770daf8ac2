#pragma once
// Reads chunks from the source, in its snapshot, and sends their rows down the pipe.

#include <cstdint>
#include <optional>
#include <stop_token>

#include "base/pace.h"
#include "db/connection.h"
#include "load/load_board.h"
#include "load/load_pipe.h"
#include "load/tuning.h"

namespace flyover::load {

/// One lane's reader. Lives in one thread; `source` is a session with an open snapshot.
class ChunkReader {
 public:
  struct Options {
    WriteMethod method = WriteMethod::load_data;
    unsigned lane = 0;
    std::uint64_t batch_bytes = 0;  ///< rows are sent when this much is encoded
    base::Pace& pace;
    Tuning& tuning;
  };

  ChunkReader(LoadBoard& board, db::Connection& source, Pipe& pipe, Options options)
      : board_(board), source_(source), pipe_(pipe), options_(options) {}

  /// Reads until the board has no more work, then closes the pipe. Throws Stopped on a stop
  /// request, and an Error with Action::retry when the snapshot is lost or to be given up.
  void run(std::stop_token stop);

 private:
  std::optional<ChunkWork> next_work(const std::stop_token& stop);
  void read_chunk(const ChunkWork& work, const std::stop_token& stop);
  void send(PipeItem item, std::size_t bytes, const std::stop_token& stop);

  LoadBoard& board_;
  db::Connection& source_;
  Pipe& pipe_;
  const Options options_;
};

}  // namespace flyover::load
