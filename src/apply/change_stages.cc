#include "apply/change_stages.h"

#include <algorithm>
#include <utility>

#include "apply/conflict_keys.h"

namespace flyover::apply {

using binlog::ChangeKind;
using binlog::RowsChange;

bool ChangeStages::add(const binlog::Transaction& transaction) {
  for (const binlog::Change& change : transaction.changes) {
    const auto& rows = std::get<RowsChange>(change);
    const TablePlan* plan = plans_->find(rows.table);
    if (plan == nullptr || !plan->cut.counts(transaction.end)) continue;
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      const std::size_t stage = keeps_ == Keeps::all ? stage_of(*plan, rows, row) : 0;
      if (stage >= stages_.size()) stages_.resize(stage + 1);
      ++changes_;
      if (!stages_[stage].add(*plan, rows, row, transaction.end)) return false;
    }
  }
  return true;
}

std::size_t ChangeStages::stage_of(const TablePlan& plan, const RowsChange& changes,
                                   std::size_t row) {
  const binlog::Value* const images[] = {
      changes.kind == ChangeKind::insert ? nullptr : changes.before(row),
      changes.kind == ChangeKind::remove ? nullptr : changes.after(row)};
  std::vector<std::pair<KeySpace*, KeyValue>> met;
  for (const KeyDefinition& key : plan.unique_keys) {
    for (const binlog::Value* image : images) {
      if (image == nullptr) continue;
      const KeyValue value = key_value(key, image);
      if (value.hash) met.emplace_back(&keys_[key.seed], value);
    }
  }
  std::uint32_t stage = 0;
  for (const auto& [space, value] : met) {
    stage = std::max(stage,
                     value.certain ? std::max(values_[*value.hash], space->unknown) : space->last);
  }
  for (const auto& [space, value] : met) {
    (value.certain ? values_[*value.hash] : space->unknown) = stage + 1;
    space->last = std::max(space->last, stage + 1);
  }
  return stage;
}

void ChangeStages::clear() {
  stages_.clear();
  values_.clear();
  keys_.clear();
  changes_ = 0;
}

}  // namespace flyover::apply
