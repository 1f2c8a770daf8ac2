#include "migration/suspension.h"

#include <algorithm>

namespace flyover::migration {
namespace {

bool suspend_one(TableCuts& cuts, const mysql::TableName& name, const std::string& why) {
  apply::TableCut& cut = cuts[name];
  if (cut.suspended) return false;
  cut.suspended = true;
  cut.suspended_why = why;
  return true;
}

bool is_suspended(const TableCuts& cuts, const mysql::TableName& name) {
  const auto found = cuts.find(name);
  return found != cuts.end() && found->second.suspended;
}

}  // namespace

bool suspend(TableCuts& cuts, const std::vector<schema::Table>& tables,
             const std::vector<mysql::TableName>& names, const std::string& why) {
  bool changed = false;
  for (const mysql::TableName& name : names) changed |= suspend_one(cuts, name, why);
  changed |= close_over_foreign_keys(cuts, tables);
  return changed;
}

bool close_over_foreign_keys(TableCuts& cuts, const std::vector<schema::Table>& tables) {
  bool changed = false;
  for (bool grown = true; grown;) {
    grown = false;
    for (const schema::Table& table : tables) {
      for (const schema::ForeignKey& key : table.foreign_keys) {
        const bool child = is_suspended(cuts, table.name);
        const bool parent = is_suspended(cuts, key.parent);
        if (child == parent) continue;
        const mysql::TableName& reached = child ? key.parent : table.name;
        const mysql::TableName& from = child ? table.name : key.parent;
        // A parent that is not migrated has no cut.
        if (child && std::none_of(tables.begin(), tables.end(), [&](const schema::Table& other) {
              return other.name == reached;
            })) {
          continue;
        }
        grown |= suspend_one(cuts, reached, "a foreign key ties it to " + from.to_string());
      }
    }
    changed |= grown;
  }
  return changed;
}

bool settle(TableCuts& cuts, const mysql::BinlogPosition& applied) {
  bool changed = false;
  for (auto& [name, cut] : cuts) {
    if (cut.suspended || cut.idempotent_until <= cut.skip_until) continue;
    if (applied < cut.idempotent_until) continue;
    cut.skip_until = cut.idempotent_until;
    changed = true;
  }
  return changed;
}

bool suspend_inexact(TableCuts& cuts, const std::vector<schema::Table>& tables) {
  std::vector<mysql::TableName> names;
  for (const schema::Table& table : tables) {
    const auto found = cuts.find(table.name);
    if (found == cuts.end() || table.row_key() != nullptr) continue;
    const apply::TableCut& cut = found->second;
    if (!cut.suspended && cut.skip_until < cut.idempotent_until) names.push_back(table.name);
  }
  return !names.empty() && suspend(cuts, tables, names,
                                   "it lost its key before it was certain which changes the copied "
                                   "rows have");
}

std::vector<mysql::TableName> suspended_tables(const TableCuts& cuts) {
  std::vector<mysql::TableName> names;
  for (const auto& [name, cut] : cuts) {
    if (cut.suspended) names.push_back(name);
  }
  return names;
}

}  // namespace flyover::migration
