#pragma once
// Memory for the texts a decoder makes: chunks owned by a RowsChange, never reallocated.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "binlog/transaction.h"

namespace flyover::binlog {

/// Hands out room in `rows.rendered`. A chunk is larger than the small-string buffer and its bytes
/// stay in place, so that views into it survive moves of the RowsChange.
class TextArena {
 public:
  explicit TextArena(RowsChange& rows) : rows_(rows) {}

  /// Room for `size` characters, valid until the next call.
  char* room(std::size_t size) {
    if (size > left_) grow(size);
    return at_;
  }

  /// The first `size` characters of the last room, as a text to keep.
  std::string_view keep(std::size_t size) {
    const std::string_view text(at_, size);
    at_ += size;
    left_ -= size;
    return text;
  }

 private:
  static constexpr std::size_t kFirstChunkBytes = 256;
  static constexpr std::size_t kChunkBytesMax = std::size_t{64} << 10;

  void grow(std::size_t size) {
    next_chunk_ = std::min(next_chunk_ * 2, kChunkBytesMax);
    std::string& chunk = rows_.rendered.emplace_back(std::max(size, next_chunk_), '\0');
    rows_.rendered_bytes += chunk.capacity();
    at_ = chunk.data();
    left_ = chunk.size();
  }

  RowsChange& rows_;
  char* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t next_chunk_ = kFirstChunkBytes;
};

}  // namespace flyover::binlog
