#include "apply/net_changes.h"

#include <xxhash.h>

#include <algorithm>

#include "apply/literal.h"
#include "apply/same_value.h"

namespace flyover::apply {
namespace {

using binlog::ChangeKind;
using binlog::RowsChange;
using binlog::Value;
using binlog::ValueType;

constexpr std::size_t kSlotsFirst = 16;

bool same_columns(const std::vector<std::size_t>& columns, const Value* a, const Value* b) {
  return std::all_of(columns.begin(), columns.end(),
                     [&](std::size_t column) { return same_value(a[column], b[column]); });
}

std::uint64_t hash_key(const TablePlan& plan, const Value* row) {
  std::uint64_t hash = 0;
  for (const std::size_t column : plan.key_columns) {
    const Value& value = row[column];
    hash = value.bytes.empty()
               ? XXH3_64bits_withSeed(&value.unsigned_int, sizeof value.unsigned_int, hash)
               : XXH3_64bits_withSeed(value.bytes.data(), value.bytes.size(), hash);
  }
  return hash;
}

// Whole, and made of values that any session of ours can write.
bool is_plain_image(const TablePlan& plan, const Value* row) {
  const auto usable = [&](std::size_t column) {
    const Value& value = row[column];
    return value.type != ValueType::absent && value.type != ValueType::json_change &&
           value.type != ValueType::json_impossible &&
           !needs_relaxed_mode(plan.table.columns[column], value);
  };
  return std::all_of(plan.written_columns.begin(), plan.written_columns.end(), usable) &&
         std::all_of(plan.key_columns.begin(), plan.key_columns.end(), usable);
}

// Whether the target's own foreign keys must act on the change, as those of the source did.
bool starts_cascade(const TablePlan& plan, const RowsChange& change) {
  if (plan.cascading_children.empty() || change.kind == ChangeKind::insert) return false;
  if (change.kind == ChangeKind::remove) return true;
  for (std::size_t row = 0; row < change.row_count(); ++row) {
    for (const CascadingChild& child : plan.cascading_children) {
      if (!same_columns(child.parent_columns, change.before(row), change.after(row))) return true;
    }
  }
  return false;
}

bool nets(const RowsChange& change, const TablePlan& plan, const PlanSet& plans) {
  if (plan.keyless() || plan.plain() || !plan.fits(change)) return false;
  const std::size_t images = change.row_count() * change.images_per_row();
  for (std::size_t image = 0; image < images; ++image) {
    if (!is_plain_image(plan, change.values.data() + image * change.column_count)) return false;
  }
  return plans.source_logs_cascades() || !starts_cascade(plan, change);
}

// A delete over several tables logs child rows that the parents' cascade took before.
bool cascade_may_have_come_first(const std::vector<const TablePlan*>& inserted_or_not,
                                 const std::vector<const TablePlan*>& changed) {
  for (const TablePlan* plan : inserted_or_not) {
    if (!plan->changed_by_cascade) continue;
    for (const TablePlan* other : changed) {
      if (plan->cascade_ancestors[other->index]) return true;
    }
  }
  return false;
}

}  // namespace

bool nets(const binlog::Transaction& transaction, const PlanSet& plans) {
  std::vector<const TablePlan*> touched;
  std::vector<const TablePlan*> changed;
  for (const binlog::Change& change : transaction.changes) {
    const auto* rows = std::get_if<RowsChange>(&change);
    if (rows == nullptr) return false;
    const TablePlan* plan = plans.find(rows->table);
    if (plan == nullptr || !plan->cut.counts(transaction.end)) continue;
    if (transaction.end <= plan->cut.idempotent_until || !nets(*rows, *plan, plans)) return false;
    touched.push_back(plan);
    if (rows->kind != ChangeKind::insert) changed.push_back(plan);
  }
  return !cascade_may_have_come_first(touched, changed);
}

bool same_row(const TablePlan& plan, const Value* a, const Value* b) {
  return same_columns(plan.written_columns, a, b);
}

NetTable& NetChanges::table_of(const TablePlan& plan) {
  const auto [place, is_new] = by_plan_.try_emplace(&plan, tables_.size());
  if (is_new) tables_.push_back({.plan = &plan});
  return tables_[place->second];
}

bool NetChanges::add(const TablePlan& plan, const RowsChange& changes, std::size_t row,
                     const mysql::BinlogPosition& position) {
  NetTable& table = table_of(plan);
  const Value* before = changes.kind == ChangeKind::insert ? nullptr : changes.before(row);
  const Value* after = changes.kind == ChangeKind::remove ? nullptr : changes.after(row);
  const NetRow place{.change = &changes, .row = row, .position = &position};
  ++changes_;
  const bool moves =
      before != nullptr && after != nullptr && !same_columns(plan.key_columns, before, after);
  return moves ? add_row(table, before, nullptr, place) && add_row(table, nullptr, after, place)
               : add_row(table, before, after, place);
}

bool NetChanges::add_row(NetTable& table, const Value* before, const Value* after,
                         const NetRow& place) {
  bool found = false;
  NetRow& row = find(table, before != nullptr ? before : after, found);
  if (found) {
    if ((row.after != nullptr) != (before != nullptr)) return false;
  } else {
    row.before = before;
  }
  row.after = after;
  row.change = place.change;
  row.row = place.row;
  row.position = place.position;
  return true;
}

NetRow& NetChanges::find(NetTable& table, const Value* key, bool& found) {
  const TablePlan& plan = *table.plan;
  const auto slot_of = [&](const Value* row) {
    return hash_key(plan, row) & (table.slots.size() - 1);
  };
  if (2 * (table.rows.size() + 1) > table.slots.size()) {
    table.slots.assign(std::max(kSlotsFirst, 2 * table.slots.size()), 0);
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      std::size_t slot = slot_of(table.rows[i].key);
      while (table.slots[slot] != 0) slot = (slot + 1) & (table.slots.size() - 1);
      table.slots[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }
  std::size_t slot = slot_of(key);
  while (table.slots[slot] != 0) {
    NetRow& row = table.rows[table.slots[slot] - 1];
    if (same_columns(plan.key_columns, row.key, key)) {
      found = true;
      return row;
    }
    slot = (slot + 1) & (table.slots.size() - 1);
  }
  table.slots[slot] = static_cast<std::uint32_t>(table.rows.size() + 1);
  table.rows.push_back({.key = key});
  found = false;
  return table.rows.back();
}

}  // namespace flyover::apply
