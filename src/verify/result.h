#pragma once
// What a comparison found.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/identifier.h"
#include "schema/chunk.h"

namespace flyover::verify {

/// The states of AWS DMS's data validation that occur here.
enum class ValidationState {
  pending_validation,    ///< not begun
  pending_records,       ///< rows are being compared
  pending_revalidation,  ///< rows differed and are to be compared again
  validated,
  mismatched_records,
  table_error  ///< could not be compared
};

/// "Pending validation", "Pending records", "Pending revalidation", "Validated", "Mismatched
/// records", "Table error".
std::string_view to_string(ValidationState state);

enum class DifferenceKind {
  missing,    ///< on the source only
  extra,      ///< on the target only
  different,  ///< the same key, other values
  doubled     ///< more often on the target than on the source
};

std::string_view to_string(DifferenceKind kind);

/// A column in which a row differs. Values are for people: text in quotes or hex, cut around the
/// first byte that differs; "NULL" for NULL.
struct ColumnDifference {
  std::string column{};
  std::string source_value{};
  std::string target_value{};
};

struct RowDifference {
  DifferenceKind kind = DifferenceKind::different;
  /// "id=17, name='x'": the key, or the first columns of a row without one.
  std::string key{};
  std::vector<ColumnDifference> columns{};  ///< for `different`
  std::uint64_t source_copies = 0;
  std::uint64_t target_copies = 0;
};

/// One table's result so far.
struct TableResult {
  mysql::TableName name{};
  ValidationState state = ValidationState::pending_validation;
  std::uint64_t rows_estimated = 0;
  /// Rows read on the source and compared with all of theirs on the target.
  std::uint64_t rows_compared = 0;
  std::uint64_t bytes_compared = 0;
  std::uint64_t rows_missing = 0;
  std::uint64_t rows_extra = 0;
  std::uint64_t rows_changed = 0;
  std::uint64_t rows_doubled = 0;
  /// Columns that were not compared and why: "total (generated)".
  std::vector<std::string> skipped_columns{};
  std::vector<RowDifference> samples{};
  /// Where rows differ: what a repair has to look at.
  std::vector<schema::ChunkRange> differing_ranges{};
  std::string error{};  ///< of table_error
  /// Of table_error: its definition is not the one that was compared, or the snapshot's, any more.
  bool definition_moved = false;

  std::uint64_t rows_different() const {
    return rows_missing + rows_extra + rows_changed + rows_doubled;
  }
};

/// The whole comparison, also while it runs.
struct Report {
  std::vector<TableResult> tables{};
  unsigned round = 0;    ///< 1: everything, from 2 on: what differed
  bool stopped = false;  ///< a stop request ended it early

  /// Every table was compared whole and is equal. False for a report without tables.
  bool equal() const;
  std::uint64_t rows_compared() const;
  std::uint64_t rows_different() const;
};

}  // namespace flyover::verify
