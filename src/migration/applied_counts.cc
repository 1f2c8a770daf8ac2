#include "migration/applied_counts.h"

#include <nlohmann/json.hpp>

namespace flyover::migration {
namespace {

void add_to(std::map<mysql::TableName, apply::TableCounts>& tables,
            const apply::TableCounts& more) {
  apply::TableCounts& sum = tables[more.name];
  sum.name = more.name;
  sum.inserts += more.inserts;
  sum.updates += more.updates;
  sum.deletes += more.deletes;
}

}  // namespace

AppliedCounts AppliedCounts::parse(std::string_view text) {
  AppliedCounts counts;
  if (text.empty()) return counts;
  for (const nlohmann::json& row : nlohmann::json::parse(text)) {
    add_to(counts.tables_, {.name = {row.at(0), row.at(1)},
                            .inserts = row.at(2),
                            .updates = row.at(3),
                            .deletes = row.at(4)});
  }
  return counts;
}

std::string AppliedCounts::text(const Counted& running) const {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& [name, one] : with(running)) {
    if (one.inserts + one.updates + one.deletes == 0) continue;
    rows.push_back({name.schema, name.table, one.inserts, one.updates, one.deletes});
  }
  return rows.dump();
}

void AppliedCounts::add(const Counted& counted) {
  for (const apply::TableCounts& one : counted) add_to(tables_, one);
}

void AppliedCounts::add_since(const Counted& before, const Counted& counted) {
  add(counted);
  for (const apply::TableCounts& one : before) {
    apply::TableCounts& sum = tables_[one.name];
    sum.inserts -= one.inserts;
    sum.updates -= one.updates;
    sum.deletes -= one.deletes;
  }
}

std::map<mysql::TableName, apply::TableCounts> AppliedCounts::with(const Counted& running) const {
  auto tables = tables_;
  for (const apply::TableCounts& one : running) add_to(tables, one);
  return tables;
}

}  // namespace flyover::migration
