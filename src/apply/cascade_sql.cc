#include "apply/cascade_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "apply/literal.h"
#include "apply/same_value.h"
#include "apply/sql_builder.h"

namespace flyover::apply {
namespace {

using binlog::Value;
using binlog::ValueType;

/// New values of a row's columns, by the columns' indexes.
using NewValues = std::map<std::size_t, const Value*>;

const Value kNull{};

bool column_changes(std::size_t column, const Value* before, const Value* after) {
  return after[column].type != ValueType::absent && !same_value(before[column], after[column]);
}

bool carries_on(const CascadingChild& edge) {
  return edge.on_update == "CASCADE" || edge.on_update == "SET NULL";
}

/// One table on the way from the row that changed.
struct Step {
  const TablePlan* plan = nullptr;
  std::string alias{};
};

class CascadeWriter {
 public:
  explicit CascadeWriter(const PlanSet& plans) : plans_(plans) {}

  void start(const TablePlan& plan, const Value* before, const Value* after);
  std::vector<std::string> take() { return std::move(statements_); }

 private:
  void carry_on(const std::string& tables, const std::string& where, const NewValues& changed);
  void follow(const CascadingChild& edge, const std::string& tables, const std::string& where,
              const NewValues& changed);
  bool on_the_way(const TablePlan& plan) const;
  /// True for rows of `step` of which some column that the key refers to does not have its new
  /// bytes yet; "" when the key refers to none of `changed`.
  static std::string has_other_bytes(const Step& step, const CascadingChild& edge,
                                     const NewValues& changed);

  const PlanSet& plans_;
  std::vector<Step> way_;
  std::vector<std::string> statements_;
};

void CascadeWriter::start(const TablePlan& plan, const Value* before, const Value* after) {
  NewValues changed;
  for (const CascadingChild& edge : plan.cascading_children) {
    if (!carries_on(edge)) continue;
    for (const std::size_t column : edge.parent_columns) {
      if (column_changes(column, before, after)) changed.emplace(column, &after[column]);
    }
  }
  way_ = {{.plan = &plan, .alias = "`f0`"}};
  std::string where;
  const bool by_key = has_key(plan, before);
  for (const std::size_t column : by_key ? plan.key_columns : plan.written_columns) {
    if (before[column].type == ValueType::absent) continue;
    if (!where.empty()) where += " AND ";
    (by_key ? append_key_equal : append_exactly_equal)(where, "`f0`." + plan.quoted_columns[column],
                                                       plan.table.columns[column], before[column]);
  }
  carry_on(plan.quoted_name + " AS `f0`", where, changed);
}

void CascadeWriter::carry_on(const std::string& tables, const std::string& where,
                             const NewValues& changed) {
  // By value: the way grows while its tables are followed.
  const Step step = way_.back();
  for (const CascadingChild& edge : step.plan->cascading_children) {
    if (!carries_on(edge) || on_the_way(plans_.at(edge.table))) continue;
    const std::string condition = has_other_bytes(step, edge, changed);
    if (condition.empty()) continue;
    follow(edge, tables, fmt::format("{} AND {}", where, condition), changed);
  }
}

void CascadeWriter::follow(const CascadingChild& edge, const std::string& tables,
                           const std::string& where, const NewValues& changed) {
  const std::string parent = way_.back().alias;
  const TablePlan& parent_plan = *way_.back().plan;
  const TablePlan& child = plans_.at(edge.table);
  const Step step{.plan = &child, .alias = fmt::format("`f{}`", way_.size())};
  const bool set_null = edge.on_update == "SET NULL";
  std::string join;
  std::string assignments;
  NewValues of_child;
  for (std::size_t i = 0; i < edge.child_columns.size(); ++i) {
    const std::size_t column = edge.child_columns[i];
    const std::string name = step.alias + "." + child.quoted_columns[column];
    join += fmt::format("{}{}={}.{}", i > 0 ? " AND " : "", name, parent,
                        parent_plan.quoted_columns[edge.parent_columns[i]]);
    const auto value = changed.find(edge.parent_columns[i]);
    if (!set_null && value == changed.end()) continue;
    const Value* now = set_null ? &kNull : value->second;
    if (!of_child.emplace(column, now).second) continue;
    assignments += name + "=";
    append_literal(assignments, child.table.columns[column], *now);
    assignments += ',';
  }
  for (std::size_t i = 0; i < child.table.columns.size(); ++i) {
    if (!child.table.columns[i].on_update_current_timestamp || of_child.contains(i)) continue;
    assignments += fmt::format("{0}.{1}={0}.{1},", step.alias, child.quoted_columns[i]);
  }
  assignments.pop_back();
  const std::string joined =
      fmt::format("{} STRAIGHT_JOIN {} AS {} ON {}", tables, child.quoted_name, step.alias, join);
  way_.push_back(step);
  carry_on(joined, where, of_child);
  way_.pop_back();
  statements_.push_back(fmt::format("UPDATE {} SET {} WHERE {}", joined, assignments, where));
}

bool CascadeWriter::on_the_way(const TablePlan& plan) const {
  return std::any_of(way_.begin(), way_.end(),
                     [&](const Step& step) { return step.plan == &plan; });
}

std::string CascadeWriter::has_other_bytes(const Step& step, const CascadingChild& edge,
                                           const NewValues& changed) {
  std::string same;
  for (const std::size_t column : edge.parent_columns) {
    const auto value = changed.find(column);
    if (value == changed.end()) continue;
    if (!same.empty()) same += " AND ";
    append_exactly_equal(same, step.alias + "." + step.plan->quoted_columns[column],
                         step.plan->table.columns[column], *value->second);
  }
  return same.empty() ? "" : "NOT (" + same + ")";
}

}  // namespace

bool update_cascades(const TablePlan& plan, const Value* before, const Value* after) {
  return std::any_of(plan.cascading_children.begin(), plan.cascading_children.end(),
                     [&](const CascadingChild& edge) {
                       return carries_on(edge) &&
                              std::any_of(
                                  edge.parent_columns.begin(), edge.parent_columns.end(),
                                  [&](std::size_t c) { return column_changes(c, before, after); });
                     });
}

std::vector<std::string> update_cascade_sql(const PlanSet& plans, const TablePlan& plan,
                                            const Value* before, const Value* after) {
  CascadeWriter writer(plans);
  writer.start(plan, before, after);
  return writer.take();
}

}  // namespace flyover::apply
