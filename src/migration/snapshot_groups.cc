#include "migration/snapshot_groups.h"

#include <set>

#include "apply/table_plan.h"

namespace flyover::migration {

std::vector<mysql::TableName> tables_to_lock(const std::vector<schema::Table>& tables,
                                             bool source_logs_cascades) {
  const apply::PlanSet plans(tables, {}, source_logs_cascades);
  std::vector<mysql::TableName> names;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const apply::TablePlan& plan = plans.at(i);
    if (!plan.table.transactional()) continue;
    const bool spreads =
        !source_logs_cascades && (plan.delete_reaches_far || plan.update_reaches_far);
    if (plan.keyless() || spreads) names.push_back(plan.table.name);
  }
  return names;
}

std::vector<mysql::TableName> tables_to_load_anew(
    const std::vector<schema::Table>& tables, const TableCuts& cuts,
    const std::vector<mysql::TableName>& unfinished_keyless) {
  std::set<mysql::TableName> tied;
  for (const mysql::TableName& name : unfinished_keyless) {
    if (cuts.contains(name)) tied.insert(name);
  }
  const std::set<mysql::TableName> keyless = tied;
  for (std::size_t before = 0; before != tied.size();) {
    before = tied.size();
    for (const schema::Table& table : tables) {
      for (const schema::ForeignKey& key : table.foreign_keys) {
        if (tied.contains(table.name)) tied.insert(key.parent);
        if (tied.contains(key.parent)) tied.insert(table.name);
      }
    }
  }
  // Alone, a table without a key is emptied by the loader, and locked again.
  if (tied.size() == keyless.size()) return {};
  std::vector<mysql::TableName> names;
  for (const mysql::TableName& name : tied) {
    const auto cut = cuts.find(name);
    if (cut != cuts.end() && !cut->second.suspended) names.push_back(name);
  }
  return names;
}

}  // namespace flyover::migration
