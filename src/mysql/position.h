#pragma once
// Where something stands in a server's binary log.

#include <compare>
#include <cstdint>
#include <string>

namespace flyover::mysql {

/// A binlog file and an offset in it. The offset is our own 64-bit count: the 32-bit log_pos of
/// event headers wraps in files above 4 GiB. Files compare by their number, because
/// "binlog.1000000" follows "binlog.999999".
struct BinlogPosition {
  std::string file{};
  std::uint64_t offset = 0;

  bool empty() const { return file.empty(); }
  /// The number behind the last dot of the file's name; 0 when there is none.
  std::uint64_t file_number() const;
  /// "binlog.000012:4567".
  std::string to_string() const;

  friend bool operator==(const BinlogPosition& a, const BinlogPosition& b) = default;
  friend std::strong_ordering operator<=>(const BinlogPosition& a, const BinlogPosition& b);
};

}  // namespace flyover::mysql
