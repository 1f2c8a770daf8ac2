#pragma once
// Where in the server's files each event of a dump stands: a pure count of the bytes received.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "binlog/event.h"
#include "mysql/position.h"

namespace flyover::stream {

/// Counts in 64 bits, because the positions in event headers wrap at 4 GiB; they only serve to
/// notice that events are missing. Not thread-safe.
class LogCursor {
 public:
  struct Place {
    std::uint64_t start = 0;
    /// Equal to `start` for an event the server made up and that is not in the file.
    std::uint64_t end = 0;
    /// False: the event lies before the position that was asked for.
    bool wanted = true;
  };

  /// A dump from `from` begins. Returns the offset to ask the server for: beyond 4 GiB, which the
  /// command can not name, the file's beginning, and the events before `from` are not wanted.
  std::uint32_t begin(const mysql::BinlogPosition& from);

  /// The next event. "source.binlog_order": the server says it stands elsewhere.
  base::Result<Place> place(const binlog::EventView& event);

  /// Of the event placed last; afterwards where the next one is expected.
  const std::string& file() const { return file_; }
  std::uint64_t offset() const { return offset_; }
  /// Of the events behind the last format description.
  binlog::ChecksumAlgorithm checksum() const { return checksum_; }
  void set_checksum(binlog::ChecksumAlgorithm checksum) { checksum_ = checksum; }

 private:
  std::optional<base::Error> rotate(const binlog::EventView& event);

  binlog::ChecksumAlgorithm checksum_ = binlog::ChecksumAlgorithm::off;
  std::string file_;
  std::uint64_t offset_ = 0;
  /// A rotate event in the file moves the position behind itself when it has been used.
  std::optional<mysql::BinlogPosition> after_rotate_;
  /// Events of this file before this offset are not wanted; no file: all are.
  mysql::BinlogPosition drop_before_;
};

}  // namespace flyover::stream
