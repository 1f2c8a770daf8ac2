#pragma once
// What the workers of an applier are given.

#include <cstddef>
#include <cstdint>

#include "binlog/transaction.h"

namespace flyover::apply {

/// A transaction on its way to the target.
struct Task {
  std::uint64_t sequence = 0;
  binlog::Transaction transaction{};
  std::uint64_t bytes = 0;
  std::size_t rows = 0;  ///< row changes
  bool window = false;   ///< in some table's idempotent window
  bool plain = false;    ///< changes a table of the target without transactions

  /// A part of a large transaction; the parts share one target transaction.
  bool part() const { return !transaction.first || !transaction.last; }
};

}  // namespace flyover::apply
