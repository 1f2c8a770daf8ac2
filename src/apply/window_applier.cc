#include "apply/window_applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "apply/cascade_sql.h"
#include "apply/literal.h"
#include "apply/needs_copy.h"
#include "apply/same_value.h"
#include "base/error.h"

namespace flyover::apply {
namespace {

using binlog::ChangeKind;
using binlog::RowsChange;
using binlog::Value;
using binlog::ValueType;

constexpr std::uint32_t kDuplicateKey = 1062;
constexpr std::uint32_t kRowIsReferenced = 1451;

// What an image after the change lacks did not change.
bool same_columns(const std::vector<std::size_t>& columns, const Value* before,
                  const Value* after) {
  return std::all_of(columns.begin(), columns.end(), [&](std::size_t column) {
    return after[column].type == ValueType::absent || same_value(before[column], after[column]);
  });
}

bool is_whole(const TablePlan& plan, const Value* row) {
  return std::all_of(
      plan.written_columns.begin(), plan.written_columns.end(), [&](std::size_t column) {
        return row[column].type != ValueType::absent && row[column].type != ValueType::json_change;
      });
}

bool changes_referenced_key(const TablePlan& plan, const Value* before, const Value* after) {
  return std::any_of(plan.cascading_children.begin(), plan.cascading_children.end(),
                     [&](const CascadingChild& edge) {
                       return !same_columns(edge.parent_columns, before, after);
                     });
}

bool restricts(std::string_view rule) {
  return rule == "RESTRICT" || rule == "NO ACTION";
}

// Runs `sql` with foreign keys checked; false when a row that refers to it forbids it.
bool execute_checked(db::Connection& target, const std::string& sql) {
  target.execute("SET foreign_key_checks=1");
  bool done = true;
  try {
    target.execute(sql);
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kRowIsReferenced) throw;
    done = false;
  }
  target.execute("SET foreign_key_checks=0");
  return done;
}

}  // namespace

void WindowApplier::require_near_cascades(const TablePlan& plan, const RowsChange& change,
                                          const mysql::BinlogPosition& position) const {
  if (plan.cascading_children.empty() || change.kind == ChangeKind::insert ||
      change.foreign_key_checks_off || plans_->source_logs_cascades()) {
    return;
  }
  const bool removes = change.kind == ChangeKind::remove;
  bool starts = removes;
  for (std::size_t row = 0; !starts && row < change.row_count(); ++row) {
    starts = update_cascades(plan, change.before(row), change.after(row));
  }
  if (!starts) return;
  bool inside = position <= plan.cut.idempotent_until;
  bool too_late = false;
  for (std::size_t i = 0; i < plans_->size(); ++i) {
    const TablePlan& reached = plans_->at(i);
    if (!reached.cascade_ancestors[plan.index]) continue;
    inside = inside || position <= reached.cut.idempotent_until;
    too_late = too_late || !reached.cut.counts(position);
  }
  if (too_late) {
    throw NeedsCopy(plan.table.name,
                    "a foreign key's action would reach rows that were copied at a later moment");
  }
  if (inside && (removes ? plan.delete_reaches_far : plan.update_reaches_far)) {
    throw NeedsCopy(plan.table.name,
                    "while its rows were copied, a row changed that foreign keys carry on over "
                    "more than one level, and the binary log does not have what they did");
  }
}

void WindowApplier::apply(db::Connection& target, const TablePlan& plan, const RowsChange& change,
                          const mysql::BinlogPosition& position) {
  require_fit(plan, change, position);
  FLYOVER_CHECK(!plan.keyless());
  // No cascade ran on the source where its session did not check foreign keys.
  const bool cascades = !plan.cascading_children.empty() && !change.foreign_key_checks_off &&
                        !plans_->source_logs_cascades();
  target.execute("SET foreign_key_checks=0");
  for (row_ = 0; row_ < change.row_count(); ++row_) {
    switch (change.kind) {
      case ChangeKind::insert:
        upsert(target, plan, change.after(row_));
        break;
      case ChangeKind::update:
        apply_update(target, plan, change.before(row_), change.after(row_), cascades);
        break;
      case ChangeKind::remove:
        apply_remove(target, plan, change.before(row_), cascades);
        break;
    }
  }
  target.execute("SET foreign_key_checks=1");
}

void WindowApplier::upsert(db::Connection& target, const TablePlan& plan, const Value* row) {
  // Whatever REPLACE removes besides the row itself stood in its way.
  if (plan.unique_keys.size() > 1) remove(target, plan, row);
  std::string sql = "REPLACE INTO " + plan.quoted_name;
  append_inserted_row(sql, plan, row);
  const bool relaxed = needs_relaxed_mode(plan, row);
  if (relaxed) target.execute(fmt::format("SET sql_mode='{}'", kRelaxedMode));
  const std::uint64_t affected = target.execute(sql).affected_rows;
  if (plan.unique_keys.size() > 1 && affected > 1) displaced_.insert(plan.index);
  if (relaxed) target.execute(fmt::format("SET sql_mode='{}'", kStrictMode));
}

void WindowApplier::remove(db::Connection& target, const TablePlan& plan, const Value* row) {
  std::string sql = "DELETE FROM " + plan.quoted_name;
  append_where(sql, plan, row);
  target.execute(sql);
}

void WindowApplier::apply_update(db::Connection& target, const TablePlan& plan, const Value* before,
                                 const Value* after, bool cascades) {
  if (!is_whole(plan, before) || !is_whole(plan, after)) {
    update_in_place(target, plan, before, after, cascades);
    return;
  }
  if (!cascades || !changes_referenced_key(plan, before, after)) {
    if (!same_columns(plan.key_columns, before, after)) remove(target, plan, before);
    upsert(target, plan, after);
    return;
  }
  // Clear what stands in the way of both images, then make the change with the row before.
  upsert(target, plan, after);
  remove(target, plan, after);
  upsert(target, plan, before);
  if (!keys_stay_equal(target, plan, before, after)) {
    require_fresh_keys(plan, after);
    vacate(plan, before);
  }
  std::vector<std::string> statements = update_cascade_sql(*plans_, plan, before, after);
  std::string& sql = statements.emplace_back("UPDATE " + plan.quoted_name + " SET ");
  append_assignments(sql, plan, after, nullptr);
  append_where(sql, plan, before);
  for (const std::string& statement : statements) {
    try {
      target.execute(statement);
    } catch (const base::ErrorException& e) {
      if (e.error().mysql_errno != kDuplicateKey) throw;
      throw NeedsCopy(plan.table.name,
                      "while its rows were copied, ON UPDATE CASCADE changed a unique key of rows "
                      "that were copied with the new one already");
    }
  }
}

bool WindowApplier::keys_stay_equal(db::Connection& target, const TablePlan& plan,
                                    const Value* before, const Value* after) {
  std::set<std::size_t> columns;
  for (const CascadingChild& edge : plan.cascading_children) {
    columns.insert(edge.parent_columns.begin(), edge.parent_columns.end());
  }
  std::string sql = "SELECT 1 FROM " + plan.quoted_name;
  append_where(sql, plan, before);
  for (const std::size_t column : columns) {
    sql += " AND ";
    append_key_equal(sql, plan.quoted_columns[column], plan.table.columns[column], after[column]);
  }
  return target.query_value(sql).has_value();
}

void WindowApplier::update_in_place(db::Connection& target, const TablePlan& plan,
                                    const Value* before, const Value* after, bool cascades) {
  const mysql::TableName& name = plan.table.name;
  // The row under the new key may be this one, of a later moment, or another.
  if (!same_columns(plan.key_columns, before, after) ||
      (cascades && changes_referenced_key(plan, before, after))) {
    throw NeedsCopy(name,
                    "a key changed while its rows were copied, and the binary log has only some "
                    "columns of the row (binlog_row_image is not FULL)");
  }
  // A document's change can be made once only.
  if (std::any_of(plan.written_columns.begin(), plan.written_columns.end(),
                  [&](std::size_t c) { return after[c].type == ValueType::json_change; })) {
    throw NeedsCopy(name,
                    "a JSON document was changed in part while its rows were copied, and "
                    "the binary log does not have the whole of it");
  }
  std::string sql = "UPDATE " + plan.quoted_name + " SET ";
  append_assignments(sql, plan, after, nullptr);
  append_where(sql, plan, before);
  const bool relaxed = needs_relaxed_mode(plan, after);
  if (relaxed) target.execute(fmt::format("SET sql_mode='{}'", kRelaxedMode));
  std::uint64_t found = 0;
  try {
    found = target.execute(sql).affected_rows;
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kDuplicateKey) throw;
    throw NeedsCopy(name,
                    "a unique value went from one row to another while its rows were copied, and "
                    "the binary log has only some columns of them (binlog_row_image is not FULL)");
  }
  if (relaxed) target.execute(fmt::format("SET sql_mode='{}'", kStrictMode));
  // Not there: a later change of the window removed it before it was copied.
  const bool displaced =
      displaced_.contains(plan.index) || (resumed_inside_ && plan.unique_keys.size() > 1);
  if (found == 0 && displaced) {
    throw NeedsCopy(name,
                    "a unique value went from one row to another while its rows were copied, and "
                    "the binary log has only some columns of them (binlog_row_image is not FULL)");
  }
}

void WindowApplier::apply_remove(db::Connection& target, const TablePlan& plan, const Value* before,
                                 bool cascades) {
  if (!cascades) return remove(target, plan, before);
  vacate(plan, before);
  upsert(target, plan, before);
  std::string sql = "DELETE FROM " + plan.quoted_name;
  append_where(sql, plan, before);
  if (execute_checked(target, sql)) return;
  remove_restricting_rows(target, plan, before);
  if (execute_checked(target, sql)) return;
  throw NeedsCopy(plan.table.name,
                  "while its rows were copied, a row was deleted that rows of a later moment refer "
                  "to by way of other tables");
}

// When the row was deleted on the source, no row referred to this one by a key that restricts.
// Those that do now are of a later moment, and a later change of the window brings them back.
void WindowApplier::remove_restricting_rows(db::Connection& target, const TablePlan& plan,
                                            const Value* before) {
  std::vector<CascadingChild> edges = plan.restricting_children;
  // A key may act on one kind of change and restrict the other.
  std::copy_if(plan.cascading_children.begin(), plan.cascading_children.end(),
               std::back_inserter(edges),
               [&](const CascadingChild& edge) { return restricts(edge.on_delete); });
  for (const CascadingChild& edge : edges) {
    const TablePlan& child = plans_->at(edge.table);
    std::string sql = "DELETE FROM " + child.quoted_name + " WHERE ";
    for (std::size_t i = 0; i < edge.child_columns.size(); ++i) {
      if (i > 0) sql += " AND ";
      append_key_equal(sql, child.quoted_columns[edge.child_columns[i]],
                       plan.table.columns[edge.parent_columns[i]], before[edge.parent_columns[i]]);
    }
    target.execute(sql);
  }
}

void WindowApplier::resume_at(const mysql::BinlogPosition& start) {
  for (std::size_t i = 0; i < plans_->size(); ++i) {
    const TableCut& cut = plans_->at(i).cut;
    if (cut.counts(start) && start < cut.idempotent_until) resumed_inside_ = true;
  }
}

void WindowApplier::vacate(const TablePlan& plan, const Value* row) {
  std::set<std::string>& keys = vacated_[plan.starts_cascade.value_or(0)];
  const std::vector<std::string> exact = exact_referenced_keys(plan, row);
  keys.insert(exact.begin(), exact.end());
  if (exact.empty()) keys.emplace();
}

void WindowApplier::require_fresh_keys(const TablePlan& plan, const Value* row) {
  const std::set<std::string>& vacated = vacated_[plan.starts_cascade.value_or(0)];
  const std::vector<std::string> keys = exact_referenced_keys(plan, row);
  const bool taken =
      keys.empty() ? !vacated.empty() : std::any_of(keys.begin(), keys.end(), [&](const auto& key) {
        return vacated.contains(key) || vacated.contains("");
      });
  if (!taken && !resumed_inside_) return;
  throw NeedsCopy(
      plan.table.name,
      "while its rows were copied, a key that ON UPDATE CASCADE carries to other tables "
      "changed to one that another row had before");
}

// Exact where numbers are the keys, and the cascade ends at the children of one parent table.
std::vector<std::string> WindowApplier::exact_referenced_keys(const TablePlan& plan,
                                                              const Value* row) const {
  for (std::size_t i = 0; i < plans_->size(); ++i) {
    const TablePlan& other = plans_->at(i);
    if (other.index != plan.index && other.starts_cascade == plan.starts_cascade) return {};
  }
  std::vector<std::string> keys;
  for (const CascadingChild& edge : plan.cascading_children) {
    std::string key;
    for (const std::size_t column : edge.parent_columns) {
      const Value& value = row[column];
      const bool number =
          value.type == ValueType::signed_int || value.type == ValueType::unsigned_int;
      if (!number || edge.table == plan.index) return {};
      key += fmt::format("{}={};", column, value.unsigned_int);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace flyover::apply
