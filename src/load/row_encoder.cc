#include "load/row_encoder.h"

#include <algorithm>

#include "base/error.h"
#include "mysql/identifier.h"

namespace flyover::load {
namespace {

// The character that follows the backslash; 0: the byte stands for itself.
constexpr char escape_of(char c) {
  switch (c) {
    case '\0':
      return '0';
    case '\t':
      return 't';
    case '\n':
      return 'n';
    case '\\':
      return '\\';
    default:
      return 0;
  }
}

void append_escaped(std::string& out, std::string_view field) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const char escape = escape_of(field[i]);
    if (escape == 0) continue;
    out.append(field, plain, i - plain);
    out += '\\';
    out += escape;
    plain = i + 1;
  }
  out.append(field, plain);
}

}  // namespace

RowEncoder::RowEncoder(const schema::RowSelect& select)
    : select_(&select),
      may_warn_(std::any_of(select.columns.begin(), select.columns.end(),
                            [](const auto& column) { return column.zero_warns; })) {}

void RowEncoder::append_line(std::string& out, db::Row row) const {
  FLYOVER_CHECK(row.size() == select_->columns.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) out += '\t';
    if (row[i]) {
      append_escaped(out, *row[i]);
    } else {
      out += "\\N";
    }
  }
  out += '\n';
}

void RowEncoder::append_values(std::string& out, db::Row row) const {
  FLYOVER_CHECK(row.size() == select_->columns.size());
  out += '(';
  for (std::size_t i = 0; i < row.size(); ++i) {
    const schema::ColumnSelect& column = select_->columns[i];
    if (i > 0) out += ',';
    if (!row[i]) {
      out += "NULL";
      continue;
    }
    out += column.insert_before;
    if (column.number) {
      out += *row[i];
    } else {
      mysql::append_quoted_bytes(out, *row[i]);
    }
    out += column.insert_after;
  }
  out += ')';
}

std::uint32_t RowEncoder::expected_warnings(db::Row row) const {
  if (!may_warn_) return 0;
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (select_->columns[i].zero_warns && row[i] && *row[i] == "0") ++count;
  }
  return count;
}

std::uint64_t row_bytes(db::Row row) {
  std::uint64_t bytes = 0;
  for (const db::Field& field : row) bytes += field ? field->size() : 0;
  return bytes;
}

}  // namespace flyover::load
