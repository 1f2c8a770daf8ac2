#pragma once
// What the load has done so far, table by table.

#include <cstdint>
#include <string_view>
#include <vector>

#include "mysql/identifier.h"

namespace flyover::load {

/// The states of AWS DMS's table statistics.
enum class TableState { before_load, full_load, table_completed };

/// "Before load", "Full load", "Table completed".
std::string_view to_string(TableState state);

struct TableProgress {
  mysql::TableName name{};
  TableState state = TableState::before_load;
  std::uint64_t rows_estimated = 0;
  std::uint64_t rows_loaded = 0;   ///< committed on the target
  std::uint64_t bytes_loaded = 0;  ///< of the rows' values as text
  std::uint64_t chunks_done = 0;
  std::uint64_t chunks_total = 0;  ///< an estimate until the table is completed
};

using Progress = std::vector<TableProgress>;

/// What the load uses now; what is not fixed it measures and may change at any moment.
struct Decisions {
  unsigned lanes = 0;  ///< that work
  bool lanes_fixed = true;
  std::uint64_t chunk_bytes = 0;  ///< the aim for the next chunks
  bool chunk_bytes_fixed = true;
};

}  // namespace flyover::load
