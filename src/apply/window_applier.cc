#include "apply/window_applier.h"

#include <fmt/format.h>

#include <algorithm>

#include "apply/literal.h"
#include "base/error.h"

namespace flyover::apply {
namespace {

using binlog::ChangeKind;
using binlog::RowsChange;
using binlog::Value;
using binlog::ValueType;

constexpr std::uint32_t kRowIsReferenced = 1451;
// Conditions in one statement.
constexpr std::size_t kConditionsMax = 100;

bool same_value(const Value& a, const Value& b) {
  if (a.type != b.type) return false;
  return a.type == ValueType::null || (a.unsigned_int == b.unsigned_int && a.bytes == b.bytes);
}

bool same_columns(const std::vector<std::size_t>& columns, const Value* before,
                  const Value* after) {
  return std::all_of(columns.begin(), columns.end(),
                     [&](std::size_t column) { return same_value(before[column], after[column]); });
}

bool changes_referenced_key(const TablePlan& plan, const Value* before, const Value* after) {
  return std::any_of(plan.cascading_children.begin(), plan.cascading_children.end(),
                     [&](const CascadingChild& edge) {
                       return !same_columns(edge.parent_columns, before, after);
                     });
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
  std::string sql = "REPLACE INTO " + plan.quoted_name + plan.full_column_list + " VALUES ";
  append_row_values(sql, plan, row);
  const bool relaxed = needs_relaxed_mode(plan, row);
  if (relaxed) target.execute(fmt::format("SET sql_mode='{}'", kRelaxedMode));
  target.execute(sql);
  if (relaxed) target.execute(fmt::format("SET sql_mode='{}'", kStrictMode));
  remember(plan, row);
}

void WindowApplier::remove(db::Connection& target, const TablePlan& plan, const Value* row) {
  std::string sql = "DELETE FROM " + plan.quoted_name;
  append_where(sql, plan, row);
  target.execute(sql);
}

void WindowApplier::apply_update(db::Connection& target, const TablePlan& plan, const Value* before,
                                 const Value* after, bool cascades) {
  if (!cascades || !changes_referenced_key(plan, before, after)) {
    if (!same_columns(plan.key_columns, before, after)) remove(target, plan, before);
    upsert(target, plan, after);
    return;
  }
  // Clear what stands in the way of both images, then make the change with the row before.
  upsert(target, plan, after);
  remove(target, plan, after);
  upsert(target, plan, before);
  std::string sql = "UPDATE " + plan.quoted_name + " SET ";
  append_assignments(sql, plan, after, nullptr);
  append_where(sql, plan, before);
  if (!execute_checked(target, sql)) {
    remove_restricting_rows(target, plan, before);
    target.execute("SET foreign_key_checks=1");
    target.execute(sql);
    target.execute("SET foreign_key_checks=0");
  }
  remember(plan, after);
  remove_orphans(target, plan);
}

void WindowApplier::apply_remove(db::Connection& target, const TablePlan& plan, const Value* before,
                                 bool cascades) {
  if (!cascades) return remove(target, plan, before);
  upsert(target, plan, before);
  std::string sql = "DELETE FROM " + plan.quoted_name;
  append_where(sql, plan, before);
  if (!execute_checked(target, sql)) {
    remove_restricting_rows(target, plan, before);
    target.execute("SET foreign_key_checks=1");
    target.execute(sql);
    target.execute("SET foreign_key_checks=0");
  }
  remove_orphans(target, plan);
}

// When the change was made on the source, no row referred to this one by a key that restricts.
// Those that do now are of a later moment, and a later change of the window brings them back.
void WindowApplier::remove_restricting_rows(db::Connection& target, const TablePlan& plan,
                                            const Value* before) {
  for (const CascadingChild& edge : plan.restricting_children) {
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

void WindowApplier::remember(const TablePlan& plan, const Value* row) {
  if (!plan.changed_by_cascade || plans_->source_logs_cascades()) return;
  std::string where;
  for (const std::size_t column : plan.key_columns) {
    if (!where.empty()) where += " AND ";
    append_key_equal(where, plan.quoted_name + "." + plan.quoted_columns[column],
                     plan.table.columns[column], row[column]);
  }
  touched_[plan.index].insert("(" + where + ")");
}

void WindowApplier::remove_orphans(db::Connection& target, const TablePlan& ancestor) {
  if (touched_.empty()) return;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < plans_->size(); ++i) {
      const TablePlan& parent = plans_->at(i);
      if (!parent.cascade_ancestors[ancestor.index]) continue;
      for (const CascadingChild& edge : parent.cascading_children) {
        changed = remove_orphans_once(target, parent, edge) || changed;
      }
    }
  }
}

bool WindowApplier::remove_orphans_once(db::Connection& target, const TablePlan& parent,
                                        const CascadingChild& edge) {
  const auto touched = touched_.find(edge.table);
  if (touched == touched_.end()) return false;
  const TablePlan& child = plans_->at(edge.table);
  if (edge.on_delete != "CASCADE" && edge.on_delete != "SET NULL") return false;
  // The child without an alias: a DELETE could not name that without a default schema.
  std::string join;
  std::string orphan;
  std::string set_null;
  for (std::size_t i = 0; i < edge.child_columns.size(); ++i) {
    const std::string of_child =
        child.quoted_name + "." + child.quoted_columns[edge.child_columns[i]];
    const std::string of_parent =
        "`flyover_parent`." + parent.quoted_columns[edge.parent_columns[i]];
    join += fmt::format("{}{}={}", i > 0 ? " AND " : "", of_parent, of_child);
    orphan += fmt::format(" AND {} IS NOT NULL AND {} IS NULL", of_child, of_parent);
    set_null += fmt::format("{}{}=NULL", i > 0 ? "," : "", of_child);
  }
  const std::string tables = fmt::format("{} LEFT JOIN {} AS `flyover_parent` ON {}",
                                         child.quoted_name, parent.quoted_name, join);
  const std::string head = edge.on_delete == "CASCADE"
                               ? fmt::format("DELETE {} FROM {} WHERE ", child.quoted_name, tables)
                               : fmt::format("UPDATE {} SET {} WHERE ", tables, set_null);
  std::uint64_t changed = 0;
  std::string rows;
  std::size_t count = 0;
  for (const std::string& row : touched->second) {
    rows += rows.empty() ? "(" : " OR ";
    rows += row;
    if (++count % kConditionsMax != 0 && count < touched->second.size()) continue;
    changed += target.execute(head + rows + ")" + orphan).affected_rows;
    rows.clear();
  }
  return changed > 0;
}

}  // namespace flyover::apply
