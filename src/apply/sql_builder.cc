#include "apply/sql_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "apply/cascade_sql.h"
#include "apply/literal.h"
#include "base/error.h"

namespace flyover::apply {
namespace {

using binlog::ChangeKind;
using binlog::RowsChange;
using binlog::Value;
using binlog::ValueType;

// Enough rows to save round trips and parsing; small enough for the optimizer's range memory.
constexpr std::uint64_t kInsertRowsMax = 500;
constexpr std::uint64_t kRemoveRowsMax = 100;
constexpr std::size_t kStatementBytesMax = 256 * 1024;
// A value this long is not sent again when it did not change.
constexpr std::size_t kLongValueBytes = 256;

bool lacks_written_column(const TablePlan& plan, const Value* row) {
  return std::any_of(plan.written_columns.begin(), plan.written_columns.end(),
                     [&](std::size_t c) { return row[c].type == ValueType::absent; });
}

[[noreturn]] void throw_incomplete(const TablePlan& plan) {
  base::throw_error(
      {.code = "apply.incomplete_row_image",
       .side = base::Side::source,
       .action = base::Action::fail,
       .message = fmt::format("the binary log has only some columns of a changed row of {}",
                              plan.table.name.to_string()),
       .hint = "Set binlog_row_image = FULL on that server, let its sessions reconnect, and load "
               "the table again."});
}

// True when some unique key is in the image, with values that nothing but the row can have.
bool has_some_key(const TablePlan& plan, const Value* row) {
  return std::any_of(
      plan.table.indexes.begin(), plan.table.indexes.end(), [&](const schema::Index& index) {
        return index.unique() &&
               std::all_of(index.parts.begin(), index.parts.end(),
                           [&](const schema::IndexPart& part) {
                             const auto column = plan.table.column_index(part.column);
                             return column && !plan.table.columns[*column].generated &&
                                    row[*column].type != ValueType::absent &&
                                    row[*column].type != ValueType::null;
                           });
      });
}

// What a server without strictness stores in a column that has no default and gets no value.
std::string_view implicit_default(const TablePlan& plan, const schema::Column& column) {
  switch (column.kind) {
    case schema::ValueKind::text:
    case schema::ValueKind::binary:
      return "''";
    case schema::ValueKind::enumeration:
      return "1";
    case schema::ValueKind::json:
    case schema::ValueKind::geometry:
    case schema::ValueKind::vector:
      throw_incomplete(plan);
    default:
      return "0";
  }
}

void append_value(std::string& out, const TablePlan& plan, std::size_t column, const Value& value) {
  if (value.type == ValueType::json_impossible) {
    base::throw_error({.code = "apply.json_value",
                       .side = base::Side::source,
                       .action = base::Action::fail,
                       .message = fmt::format("{}, column {}: {}", plan.table.name.to_string(),
                                              plan.table.columns[column].name, value.bytes)});
  }
  append_literal(out, plan.table.columns[column], value);
}

// True when a cascade of the same transaction may have changed the table's rows already: a delete
// over several tables logs the child rows that the parents' cascade took before. (A source that
// logs cascades logs such a row twice.)
bool cascade_may_have_come_first(const binlog::Transaction& transaction, const TablePlan& plan,
                                 const PlanSet& plans) {
  if (!plan.changed_by_cascade) return false;
  for (const binlog::Change& change : transaction.changes) {
    const auto* rows = std::get_if<RowsChange>(&change);
    if (rows == nullptr || rows->kind == ChangeKind::insert) continue;
    const TablePlan* other = plans.find(rows->table);
    if (other != nullptr && plan.cascade_ancestors[other->index]) return true;
  }
  return false;
}

}  // namespace

void require_fit(const TablePlan& plan, const RowsChange& change,
                 const mysql::BinlogPosition& position) {
  if (plan.fits(change)) return;
  base::throw_error(
      {.code = "apply.column_count",
       .side = base::Side::source,
       .action = base::Action::fail,
       .message = fmt::format("a row of {} has {} columns in the binary log, but the table has {} "
                              "(transaction that ends at {})",
                              plan.table.name.to_string(), change.column_count,
                              plan.table.columns.size(), position.to_string()),
       .hint = "The table was changed, or the server keeps a hidden key. Load the table again."});
}

void append_row_values(std::string& out, const TablePlan& plan, const Value* row) {
  out += '(';
  for (const std::size_t column : plan.written_columns) {
    const ValueType type = row[column].type;
    if (type == ValueType::absent || type == ValueType::json_change) throw_incomplete(plan);
    append_value(out, plan, column, row[column]);
    out += ',';
  }
  out.back() = ')';
}

void append_assignments(std::string& out, const TablePlan& plan, const Value* after,
                        const Value* before) {
  const std::size_t begin = out.size();
  for (const std::size_t column : plan.written_columns) {
    const Value& value = after[column];
    if (value.type == ValueType::absent) continue;
    if (before != nullptr && value.bytes.size() >= kLongValueBytes &&
        before[column].type == value.type && before[column].bytes == value.bytes) {
      continue;
    }
    out += plan.quoted_columns[column];
    out += '=';
    append_value(out, plan, column, value);
    out += ',';
  }
  // Only long values, none of them changed: assign the row to itself, so that it is still looked
  // for.
  if (out.size() == begin) {
    const std::string& any = plan.quoted_columns[plan.written_columns.front()];
    out += any + "=" + any + ",";
  }
  out.pop_back();
}

void append_where(std::string& out, const TablePlan& plan, const Value* row) {
  out += " WHERE ";
  const bool by_key = has_key(plan, row);
  // Whatever the image has of the row, as long as it has a key of it: the server logs that of the
  // primary key or of a unique one, which need not be the one that the row is known by here.
  if (!by_key && lacks_written_column(plan, row) && !has_some_key(plan, row)) {
    throw_incomplete(plan);
  }
  const std::vector<std::size_t>& columns = by_key ? plan.key_columns : plan.written_columns;
  bool first = true;
  for (const std::size_t column : columns) {
    if (row[column].type == ValueType::absent) continue;
    if (!first) out += " AND ";
    first = false;
    (by_key ? append_key_equal : append_exactly_equal)(out, plan.quoted_columns[column],
                                                       plan.table.columns[column], row[column]);
  }
  if (!by_key) out += " LIMIT 1";
}

bool has_key(const TablePlan& plan, const Value* row) {
  return !plan.keyless() &&
         std::all_of(plan.key_columns.begin(), plan.key_columns.end(),
                     [&](std::size_t column) { return row[column].type != ValueType::absent; });
}

void append_inserted_row(std::string& out, const TablePlan& plan, const Value* row) {
  if (!lacks_written_column(plan, row)) {
    out += plan.full_column_list + " VALUES ";
    append_row_values(out, plan, row);
    return;
  }
  std::string names = "(";
  std::string values = "(";
  for (const std::size_t column : plan.written_columns) {
    const schema::Column& described = plan.table.columns[column];
    const bool absent = row[column].type == ValueType::absent;
    // An AUTO_INCREMENT column without a value would count; the log always has it.
    if (absent && described.auto_increment) throw_incomplete(plan);
    if (absent && (described.nullable || described.default_value)) continue;
    names += plan.quoted_columns[column] + ',';
    if (absent) {
      values += implicit_default(plan, described);
    } else {
      append_value(values, plan, column, row[column]);
    }
    values += ',';
  }
  if (names.size() > 1) names.pop_back();
  if (values.size() > 1) values.pop_back();
  out += names + ") VALUES " + values + ")";
}

bool needs_relaxed_mode(const TablePlan& plan, const Value* row) {
  return std::any_of(plan.written_columns.begin(), plan.written_columns.end(), [&](std::size_t c) {
    return needs_relaxed_mode(plan.table.columns[c], row[c]);
  });
}

std::string describe_row(const TablePlan& plan, const RowsChange& change, std::size_t row) {
  const Value* values = change.kind == ChangeKind::insert ? change.after(row) : change.before(row);
  std::string out = plan.table.name.to_string() + " (";
  const std::vector<std::size_t>& columns =
      plan.keyless() ? plan.written_columns : plan.key_columns;
  for (const std::size_t column : columns) {
    if (out.back() != '(') out += ", ";
    out += plan.table.columns[column].name + " = " + describe_value(values[column]);
  }
  return out + ")";
}

void ScriptBuilder::add(const binlog::Transaction& transaction) {
  for (const binlog::Change& change : transaction.changes) {
    const auto* rows = std::get_if<RowsChange>(&change);
    if (rows == nullptr) continue;
    const TablePlan* plan = plans_->find(rows->table);
    if (plan == nullptr || !plan->cut.counts(transaction.end)) continue;
    FLYOVER_CHECK(plan->cut.idempotent_until < transaction.end);
    add_rows(transaction, *plan, *rows);
  }
}

void ScriptBuilder::add_rows(const binlog::Transaction& transaction, const TablePlan& plan,
                             const RowsChange& change) {
  require_fit(plan, change, transaction.end);
  position_ = &transaction.end;
  const RowCheck check =
      cascade_may_have_come_first(transaction, plan, *plans_) ? RowCheck::at_most : RowCheck::exact;
  if (check != check_) open_ = false;
  check_ = check;
  const bool checks = !change.foreign_key_checks_off && !plans_->source_logs_cascades();
  for (std::size_t row = 0; row < change.row_count(); ++row) {
    const bool relaxed =
        change.kind != ChangeKind::remove && needs_relaxed_mode(plan, change.after(row));
    const bool cascades = checks && change.kind == ChangeKind::update &&
                          update_cascades(plan, change.before(row), change.after(row));
    set_session(plan, checks && !cascades, !relaxed);
    if (cascades) add_cascade(plan, change, row);
    switch (change.kind) {
      case ChangeKind::insert:
        add_insert(plan, change, row);
        break;
      case ChangeKind::update:
        add_update(plan, change, row);
        break;
      case ChangeKind::remove:
        add_remove(plan, change, row);
        break;
    }
  }
}

std::vector<Statement> ScriptBuilder::take() {
  if (!session_.foreign_key_checks || !session_.strict) {
    statements_.push_back(
        {.sql = fmt::format("SET foreign_key_checks=1,sql_mode='{}'", kStrictMode)});
    session_ = Session();
  }
  open_ = false;
  return std::exchange(statements_, {});
}

void ScriptBuilder::set_session(const TablePlan& plan, bool foreign_key_checks, bool strict) {
  // Checks do not matter to a table that no foreign key touches.
  const bool indifferent = plan.table.foreign_keys.empty() && plan.cascading_children.empty() &&
                           plan.restricting_children.empty();
  if (indifferent) foreign_key_checks = session_.foreign_key_checks;
  if (session_.foreign_key_checks == foreign_key_checks && session_.strict == strict) return;
  session_ = {.foreign_key_checks = foreign_key_checks, .strict = strict};
  statements_.push_back(
      {.sql = fmt::format("SET foreign_key_checks={},sql_mode='{}'", foreign_key_checks ? 1 : 0,
                          strict ? kStrictMode : kRelaxedMode)});
  open_ = false;
}

Statement& ScriptBuilder::start_statement(const TablePlan& plan, const RowsChange& change,
                                          std::size_t row) {
  statements_.push_back({.plan = &plan,
                         .change = &change,
                         .row = row,
                         .position = position_,
                         .check = RowCheck::exact});
  return statements_.back();
}

bool ScriptBuilder::extends_last(const TablePlan& plan, ChangeKind kind) const {
  if (!open_) return false;
  const Statement& last = statements_.back();
  const std::uint64_t rows_max = kind == ChangeKind::insert ? kInsertRowsMax : kRemoveRowsMax;
  return last.plan == &plan && last.change->kind == kind && last.rows < rows_max &&
         last.sql.size() < kStatementBytesMax;
}

void ScriptBuilder::add_insert(const TablePlan& plan, const RowsChange& change, std::size_t row) {
  const Value* values = change.after(row);
  if (lacks_written_column(plan, values)) {
    Statement& statement = start_statement(plan, change, row);
    statement.sql = "INSERT INTO " + plan.quoted_name;
    append_inserted_row(statement.sql, plan, values);
    statement.rows = 1;
    open_ = false;
    return;
  }
  if (extends_last(plan, ChangeKind::insert)) {
    statements_.back().sql += ',';
  } else {
    start_statement(plan, change, row).sql =
        "INSERT INTO " + plan.quoted_name + plan.full_column_list + " VALUES ";
    open_ = true;
  }
  append_row_values(statements_.back().sql, plan, values);
  ++statements_.back().rows;
}

void ScriptBuilder::add_cascade(const TablePlan& plan, const RowsChange& change, std::size_t row) {
  for (std::string& sql :
       update_cascade_sql(*plans_, plan, change.before(row), change.after(row))) {
    Statement& statement = start_statement(plan, change, row);
    statement.sql = std::move(sql);
    statement.check = RowCheck::none;
  }
  open_ = false;
}

void ScriptBuilder::add_update(const TablePlan& plan, const RowsChange& change, std::size_t row) {
  Statement& statement = start_statement(plan, change, row);
  statement.sql = "UPDATE " + plan.quoted_name + " SET ";
  append_assignments(statement.sql, plan, change.after(row), change.before(row));
  append_where(statement.sql, plan, change.before(row));
  statement.rows = 1;
  statement.check = check_;
  open_ = false;
}

void ScriptBuilder::add_remove(const TablePlan& plan, const RowsChange& change, std::size_t row) {
  // A row that refers to another of the same table must go first, so the order matters there.
  const bool mergeable = has_key(plan, change.before(row)) && !plan.self_referencing;
  if (mergeable && extends_last(plan, ChangeKind::remove)) {
    statements_.back().sql += " OR ";
  } else {
    // Several keys at once are a scan to an optimizer that takes the table for a small one, as
    // statistics say after a load. Servers before 8.0.20 read the hint as a comment.
    const std::string hint =
        mergeable ? fmt::format("/*+ INDEX({} {}) */ ", mysql::quote_name(plan.table.name.table),
                                mysql::quote_name(plan.table.row_key()->name))
                  : "";
    start_statement(plan, change, row).sql =
        fmt::format("DELETE {}FROM {} WHERE ", hint, plan.quoted_name);
    open_ = mergeable;
  }
  Statement& statement = statements_.back();
  std::string where;
  append_where(where, plan, change.before(row));
  where.erase(0, std::string_view(" WHERE ").size());
  statement.sql += mergeable && plan.key_columns.size() > 1 ? "(" + where + ")" : where;
  ++statement.rows;
  statement.check = check_;
}

}  // namespace flyover::apply
