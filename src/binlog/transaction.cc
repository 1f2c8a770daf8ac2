#include "binlog/transaction.h"

namespace flyover::binlog {

std::size_t Transaction::memory_bytes() const {
  std::size_t bytes = sizeof(Transaction);
  for (const Change& change : changes) {
    if (const auto* rows = std::get_if<RowsChange>(&change)) {
      bytes += sizeof(RowsChange) + rows->memory_bytes();
    } else {
      bytes += sizeof(StatementChange) + std::get<StatementChange>(change).sql.size();
    }
  }
  return bytes;
}

std::size_t Transaction::row_count() const {
  std::size_t rows = 0;
  for (const Change& change : changes) {
    if (const auto* of_rows = std::get_if<RowsChange>(&change)) rows += of_rows->row_count();
  }
  return rows;
}

}  // namespace flyover::binlog
