#include "load/row_encoder.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "mysql/identifier.h"
#include "mysql/json_document.h"
#include "schema/json_types.h"

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

db::Row RowEncoder::columns(db::Row row) const {
  const std::size_t count = select_->columns.size();
  FLYOVER_CHECK(row.size() == count || row.size() == count + select_->json_columns.size());
  return row.first(count);
}

db::Field RowEncoder::types_of(db::Row row, std::size_t column) const {
  const std::size_t count = select_->columns.size();
  for (std::size_t i = count; i < row.size(); ++i) {
    if (select_->json_columns[i - count] == column) return row[i];
  }
  return std::nullopt;
}

bool RowEncoder::needs_insert(db::Row row) const {
  const db::Row types = row.subspan(columns(row).size());
  return std::any_of(types.begin(), types.end(), [](const db::Field& f) { return f.has_value(); });
}

void RowEncoder::append_document(std::string& out, std::string_view text,
                                 std::string_view types) const {
  const mysql::JsonNode document = schema::typed_json_document(text, types).value_or_throw();
  if (auto error = mysql::append_json_sql(document, out)) {
    error->side = base::Side::source;
    base::throw_error(std::move(*error));
  }
}

void RowEncoder::append_line(std::string& out, db::Row whole_row) const {
  const db::Row row = columns(whole_row);
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

void RowEncoder::append_values(std::string& out, db::Row whole_row) const {
  const db::Row row = columns(whole_row);
  out += '(';
  for (std::size_t i = 0; i < row.size(); ++i) {
    const schema::ColumnSelect& column = select_->columns[i];
    if (i > 0) out += ',';
    if (!row[i]) {
      out += "NULL";
      continue;
    }
    if (const db::Field types = types_of(whole_row, i)) {
      append_document(out, *row[i], *types);
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

std::uint32_t RowEncoder::expected_warnings(db::Row whole_row) const {
  if (!may_warn_) return 0;
  const db::Row row = columns(whole_row);
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
