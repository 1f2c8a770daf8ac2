#include "schema/row_select.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "mysql/identifier.h"
#include "schema/json_types.h"

namespace flyover::schema {
namespace {

// The server reads a string that matches no member of an ENUM as an ordinal, also "0", and then
// without a warning. That is safe when no member can equal a number under any collation: an ASCII
// letter is never ignored by a collation.
bool ordinals_pass_as_text(const Column& column) {
  if (column.charset == "ucs2" || column.charset.starts_with("utf16") ||
      column.charset == "utf32") {
    return false;  // The digits' bytes would not be digits there.
  }
  return std::all_of(column.members.begin(), column.members.end(), [](const std::string& member) {
    return member.empty() || std::any_of(member.begin(), member.end(), [](char c) {
             return std::isalpha(static_cast<unsigned char>(c)) != 0 && (c & 0x80) == 0;
           });
  });
}

void write_as_unsigned(ColumnSelect& out, std::string_view name) {
  out.number = true;
  out.load_variable = fmt::format("@v{}", out.column);
  out.load_expression = fmt::format("{}=CAST({} AS UNSIGNED)", name, out.load_variable);
}

ColumnSelect plan_column(std::size_t position, const Column& column) {
  const std::string name = mysql::quote_name(column.name);
  ColumnSelect out{.column = position, .expression = name};
  switch (column.kind) {
    case ValueKind::float_kind:
    case ValueKind::double_kind:
      out.expression += "*1e0";
      break;
    case ValueKind::integer:
      // YEAR stays text: '0000' and 0 are different years when they are read back.
      if (column.zerofill && column.data_type != "year") out.expression += "+0";
      break;
    case ValueKind::bit:
    case ValueKind::set:
      out.expression = fmt::format("CAST({} AS UNSIGNED)", name);
      write_as_unsigned(out, name);
      break;
    case ValueKind::enumeration:
      out.expression = fmt::format("CAST({} AS UNSIGNED)", name);
      if (!ordinals_pass_as_text(column)) {
        write_as_unsigned(out, name);
        out.zero_warns = true;
      }
      break;
    case ValueKind::json:
      out.load_variable = fmt::format("@v{}", position);
      out.load_expression = fmt::format("{}=CONVERT({} USING utf8mb4)", name, out.load_variable);
      out.insert_before = "CONVERT(";
      out.insert_after = " USING utf8mb4)";
      break;
    case ValueKind::decimal:
    case ValueKind::temporal:
    case ValueKind::text:
    case ValueKind::binary:
    case ValueKind::geometry:
    case ValueKind::vector:
      break;
  }
  return out;
}

std::string join(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ","));
}

}  // namespace

std::string RowSelect::select_list(JsonTypes types) const {
  std::vector<std::string> parts;
  for (const ColumnSelect& column : columns) parts.push_back(column.expression);
  if (types == JsonTypes::read) {
    for (const std::size_t column : json_columns) {
      parts.push_back(json_types_sql(columns[column].expression));
    }
  }
  return join(parts);
}

std::string RowSelect::load_columns() const {
  std::vector<std::string> targets;
  std::vector<std::string> assignments;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    targets.push_back(columns[i].load_variable.empty() ? names_[i] : columns[i].load_variable);
    if (!columns[i].load_variable.empty()) assignments.push_back(columns[i].load_expression);
  }
  std::string out = "(" + join(targets) + ")";
  if (!assignments.empty()) out += " SET " + join(assignments);
  return out;
}

std::string RowSelect::insert_columns() const {
  return "(" + join(names_) + ")";
}

RowSelect make_row_select(const Table& table) {
  RowSelect select;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (column.generated) {
      select.skipped.push_back(column.name);
      continue;
    }
    if (column.kind == ValueKind::json) select.json_columns.push_back(select.columns.size());
    select.columns.push_back(plan_column(i, column));
    select.names_.push_back(mysql::quote_name(column.name));
  }
  return select;
}

}  // namespace flyover::schema
