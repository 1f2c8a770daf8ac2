#pragma once
// Rows as 128-bit hashes, and sets of rows as sums of them.
//
// A sum does not depend on the order of the rows and, unlike XOR, does not cancel rows that are
// there twice. A hash covers every field with its length, and NULL is no field's text.

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "db/connection.h"

namespace flyover::verify {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  /// Modulo 2^128.
  Hash128& operator+=(const Hash128& other) {
    low += other.low;
    high += other.high + (low < other.low ? 1 : 0);
    return *this;
  }
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

/// For unordered containers: the bits are random already.
struct HashOfHash {
  std::size_t operator()(const Hash128& hash) const { return hash.low; }
};

/// What a set of rows comes to.
struct Digest {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  Hash128 sum{};

  void add(const Hash128& row, std::uint64_t row_bytes) {
    ++rows;
    bytes += row_bytes;
    sum += row;
  }
  /// Bytes follow from the rows, so they are not compared.
  bool same_rows(const Digest& other) const { return rows == other.rows && sum == other.sum; }
};

/// XXH3-128 over a row's fields. Holds a buffer, so one per thread.
class RowHasher {
 public:
  RowHasher();

  Hash128 hash(db::Row row);
  /// Only the fields at these positions.
  Hash128 hash(db::Row row, std::span<const std::size_t> positions);
  /// Bytes of the fields hashed last.
  std::uint64_t last_bytes() const { return last_bytes_; }

 private:
  void begin();
  void add(const db::Field& field);
  Hash128 end();

  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, FreeState> state_;
  // Short rows are hashed at once from here; `streaming_` once a row is too long for that.
  std::string buffer_{};
  bool streaming_ = false;
  std::uint64_t last_bytes_ = 0;
};

}  // namespace flyover::verify
