#pragma once
// Rows of the text protocol as LOAD DATA lines and as INSERT values. Pure.

#include <cstdint>
#include <string>

#include "db/connection.h"
#include "schema/row_select.h"

namespace flyover::load {

/// How LOAD DATA must be told to read what append_line() writes.
inline constexpr std::string_view kLineFormat =
    "CHARACTER SET binary FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\' "
    "LINES TERMINATED BY '\\n' STARTING BY ''";

/// Encodes the rows of one table: the columns of `select`, and behind them the types of JSON
/// documents when those were read too. `select` must outlive it. Thread-safe: has no state.
class RowEncoder {
 public:
  explicit RowEncoder(const schema::RowSelect& select);

  /// True when a JSON document of the row is more than its text: LOAD DATA can not write the row.
  bool needs_insert(db::Row row) const;
  /// Appends one LOAD DATA line with its end.
  void append_line(std::string& out, db::Row row) const;
  /// Appends "(…)" for INSERT … VALUES. Throws where no expression makes a JSON document.
  void append_values(std::string& out, db::Row row) const;
  /// How many warnings the server gives for this row although every value arrives.
  std::uint32_t expected_warnings(db::Row row) const;

 private:
  /// The row without the types of its documents.
  db::Row columns(db::Row row) const;
  /// The types of the JSON document in a column, if its text does not tell them.
  db::Field types_of(db::Row row, std::size_t column) const;
  void append_document(std::string& out, std::string_view text, std::string_view types) const;

  const schema::RowSelect* select_;
  bool may_warn_;
};

/// Bytes of the row's values; NULL counts nothing.
std::uint64_t row_bytes(db::Row row);

}  // namespace flyover::load
