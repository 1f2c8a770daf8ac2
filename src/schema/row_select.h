#pragma once
// How a row is read from one server and written to another, so that every value arrives bit for
// bit: the SELECT list, and the LOAD DATA and INSERT forms that take exactly its text back.
//
// Sessions are neutral (binary character set, UTC, see db::Connection), so text and bytes pass as
// they are stored. What needs more:
//   FLOAT, DOUBLE   `c`*1e0: FLOAT's own text has 6 digits; the text of a DOUBLE is the shortest
//                   that reads back as the same bits. *1e0 and not +0e0, which loses -0.
//   BIT, ENUM, SET  CAST(`c` AS UNSIGNED): as text a BIT is raw bytes and an ENUM's '' is
//   ambiguous;
//                   `c`+0 would make a DOUBLE of a SET and lose its upper members.
//   ZEROFILL        `c`+0, so that the display width does not matter.
//   JSON            text, which the target must be told is utf8mb4; beside it the types that the
//   text
//                   does not tell (json_types.h), behind the last column.
// The text is the same on 5.6 and on 9.7 for equal values, so comparisons use the same list.

#include <cstddef>
#include <string>
#include <vector>

#include "schema/model.h"

namespace flyover::schema {

/// How one column is read and written.
struct ColumnSelect {
  std::size_t column = 0;         ///< position in Table::columns
  std::string expression{};       ///< in the SELECT list
  std::string load_variable{};    ///< "" or the "@v…" LOAD DATA reads the field into
  std::string load_expression{};  ///< with load_variable: what is assigned to the column
  /// INSERT … VALUES: what stands around the field's literal.
  std::string insert_before{};
  std::string insert_after{};
  bool number = false;  ///< INSERT: the literal is written without quotes
  /// Writing a field "0" gives one warning "data truncated" although the value arrives: the error
  /// member of an ENUM whose members look like numbers.
  bool zero_warns = false;
};

/// Whether the types within JSON documents are read beside their text.
enum class JsonTypes { leave, read };

/// The columns of a table that are moved: all but generated ones, invisible ones too.
struct RowSelect {
  std::vector<ColumnSelect> columns{};
  std::vector<std::string> skipped{};       ///< generated columns, by name
  std::vector<std::size_t> json_columns{};  ///< positions in `columns`

  /// "`a`,`f`*1e0,…" for a SELECT from the table without an alias. With JsonTypes::read, behind the
  /// columns, a field for each of json_columns: json_types_sql() of it.
  std::string select_list(JsonTypes types) const;
  /// "(`a`,@v1,…) SET `b`=CAST(@v1 AS UNSIGNED)" for the end of a LOAD DATA statement.
  std::string load_columns() const;
  /// "(`a`,`b`,…)" for an INSERT.
  std::string insert_columns() const;

 private:
  friend RowSelect make_row_select(const Table& table);
  std::vector<std::string> names_{};  ///< quoted, parallel to `columns`
};

/// Pure: depends on the table only, not on a server's version.
RowSelect make_row_select(const Table& table);

}  // namespace flyover::schema
