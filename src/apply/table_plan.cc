#include "apply/table_plan.h"

#include <xxhash.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "base/error.h"

namespace flyover::apply {
namespace {

using schema::ValueKind;

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return text.ends_with(ending); });
}

// Character sets in which a byte below 0x80 that stands alone is that ASCII character.
bool extends_ascii(std::string_view charset) {
  static const std::set<std::string_view> kCharsets = {
      "ascii",  "utf8",   "utf8mb3", "utf8mb4", "latin1", "latin2", "latin5", "latin7",
      "cp1250", "cp1251", "cp1256",  "cp1257",  "cp850",  "cp852",  "cp866",  "koi8r",
      "koi8u",  "greek",  "hebrew",  "gbk",     "gb2312", "gb18030"};
  return kCharsets.contains(charset);
}

// Collations in which two strings of printable ASCII are equal exactly when they are so after
// folding case (or by byte). Tailored ones are not: i = y in Lithuanian, u = v in Roman.
bool ascii_differs_by_case_only(std::string_view collation) {
  return ends_with_any(
      collation, {"_general_ci", "_general_cs", "_unicode_ci", "_unicode_520_ci", "mb4_0900_ai_ci",
                  "mb4_0900_as_ci", "mb4_0900_as_cs", "latin1_swedish_ci", "latin1_german1_ci",
                  "latin1_german2_ci", "latin1_danish_ci", "latin5_turkish_ci", "gbk_chinese_ci",
                  "gb2312_chinese_ci"});
}

std::uint64_t seed_of(std::string_view domain, const mysql::TableName& table,
                      const std::vector<std::string>& columns) {
  std::string text(domain);
  for (const std::string_view name :
       {std::string_view(table.schema), std::string_view(table.table)})
    text.append(1, '\0').append(name);
  for (const std::string& column : columns) text.append(1, '\0').append(column);
  return XXH3_64bits(text.data(), text.size());
}

KeyDefinition key_definition(const schema::Table& table, std::uint64_t seed,
                             const std::vector<schema::IndexPart>& parts) {
  KeyDefinition key{.seed = seed};
  for (const schema::IndexPart& part : parts) {
    const auto column = table.column_index(part.column);
    if (!column || table.columns[*column].generated) {
      key.opaque = key.unseen = true;  // An expression, or a value the row image may lack.
      continue;
    }
    const KeyPart kind = key_part_of(table.columns[*column]);
    key.opaque = key.opaque || kind == KeyPart::opaque;
    key.columns.push_back({.column = *column, .part = kind, .prefix = part.prefix});
  }
  return key;
}

std::vector<schema::IndexPart> as_parts(const std::vector<std::string>& columns) {
  std::vector<schema::IndexPart> parts;
  for (const std::string& column : columns) parts.push_back({.column = column});
  return parts;
}

std::vector<std::size_t> positions(const schema::Table& table,
                                   const std::vector<std::string>& columns) {
  std::vector<std::size_t> found;
  for (const std::string& column : columns) {
    if (const auto position = table.column_index(column)) found.push_back(*position);
  }
  return found;
}

bool acts(std::string_view rule) {
  return rule == "CASCADE" || rule == "SET NULL" || rule == "SET DEFAULT";
}

// One value for every row: what has this key keeps its order.
KeyDefinition whole_table(const schema::Table& table) {
  return {.seed = seed_of("table", table.name, {}), .opaque = true};
}

std::unique_ptr<TablePlan> plan_table(std::size_t index, schema::Table table, const TableCut& cut) {
  auto plan = std::make_unique<TablePlan>();
  plan->index = index;
  plan->cut = cut;
  plan->quoted_name = table.name.quoted();
  plan->key_columns = table.row_key_columns();
  plan->full_column_list = "(";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    plan->quoted_columns.push_back(mysql::quote_name(table.columns[i].name));
    if (table.columns[i].generated) continue;
    if (!plan->written_columns.empty()) plan->full_column_list += ',';
    plan->full_column_list += plan->quoted_columns.back();
    plan->written_columns.push_back(i);
  }
  plan->full_column_list += ')';
  for (const schema::Index& unique : table.indexes) {
    if (!unique.unique()) continue;
    std::vector<std::string> names;
    for (const schema::IndexPart& part : unique.parts) {
      names.push_back(part.column + (part.prefix ? "#" + std::to_string(*part.prefix) : ""));
    }
    plan->unique_keys.push_back(
        key_definition(table, seed_of("key", table.name, names), unique.parts));
  }
  // No value tells two rows apart, so all changes of the table keep their order.
  if (plan->keyless()) plan->unique_keys.push_back(whole_table(table));
  plan->table = std::move(table);
  return plan;
}

}  // namespace

KeyPart key_part_of(const schema::Column& column) {
  switch (column.kind) {
    case ValueKind::integer:
    case ValueKind::bit:
    case ValueKind::enumeration:
    case ValueKind::set:
      return KeyPart::number;
    case ValueKind::decimal:
      return KeyPart::decimal;
    case ValueKind::temporal:
      return KeyPart::temporal;
    case ValueKind::binary:
      return KeyPart::bytes;
    case ValueKind::text:
      if (ends_with_any(column.collation, {"_bin", "binary"})) return KeyPart::bytes;
      return extends_ascii(column.charset) && ascii_differs_by_case_only(column.collation)
                 ? KeyPart::ascii_text
                 : KeyPart::opaque;
    default:
      return KeyPart::opaque;
  }
}

PlanSet::PlanSet(std::vector<schema::Table> tables,
                 const std::map<mysql::TableName, TableCut>& cuts, bool source_logs_cascades)
    : source_logs_cascades_(source_logs_cascades) {
  for (schema::Table& table : tables) {
    const auto cut = cuts.find(table.name);
    by_name_.emplace(table.name, plans_.size());
    plans_.push_back(
        plan_table(plans_.size(), std::move(table), cut == cuts.end() ? TableCut{} : cut->second));
    const TablePlan& plan = *plans_.back();
    if (plan.keyless() && !plan.cut.suspended && plan.cut.skip_until < plan.cut.idempotent_until) {
      base::throw_error({.code = "apply.inexact_cut",
                         .action = base::Action::bug,
                         .message = "table " + plan.table.name.to_string() +
                                    " has no usable key, but its loaded rows have no exact "
                                    "position in the binary log"});
    }
    if (plan.cut.suspended) continue;
    if (window_end_ < plan.cut.idempotent_until) window_end_ = plan.cut.idempotent_until;
  }
  for (const auto& plan : plans_) plan->cascade_ancestors.assign(plans_.size(), false);
  plan_foreign_keys();
  plan_cascades();
}

void PlanSet::set_target_engines(const std::map<mysql::TableName, std::string>& engines) {
  for (const auto& [name, engine] : engines) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) continue;
    TablePlan& plan = *plans_[found->second];
    plan.target_engine = engine;
    any_plain_ = true;
    // ARCHIVE takes rising keys only.
    if (engine == "ARCHIVE" && !plan.keyless()) plan.unique_keys.push_back(whole_table(plan.table));
  }
}

bool PlanSet::touches_plain(const binlog::Transaction& transaction) const {
  if (!any_plain_) return false;
  for (const binlog::Change& change : transaction.changes) {
    const auto* rows = std::get_if<binlog::RowsChange>(&change);
    const TablePlan* plan = rows == nullptr ? nullptr : find(rows->table);
    if (plan != nullptr && plan->plain()) return true;
  }
  return false;
}

const TablePlan* PlanSet::find(const mysql::TableName& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : plans_[found->second].get();
}

void PlanSet::plan_foreign_keys() {
  for (const auto& child : plans_) {
    for (const schema::ForeignKey& key : child->table.foreign_keys) plan_foreign_key(*child, key);
  }
}

void PlanSet::plan_foreign_key(TablePlan& child, const schema::ForeignKey& key) {
  const auto found = by_name_.find(key.parent);
  if (found == by_name_.end()) return;  // Nobody changes that table through this link.
  TablePlan& parent = *plans_[found->second];
  if (&parent == &child) child.self_referencing = true;

  const std::uint64_t seed = seed_of("reference", key.parent, key.parent_columns);
  KeyDefinition of_child = key_definition(child.table, seed, as_parts(key.columns));
  KeyDefinition of_parent = key_definition(parent.table, seed, as_parts(key.parent_columns));
  // Both sides must hash alike; where they may not, use a space with one value only.
  bool alike =
      !of_child.opaque && !of_parent.opaque && of_child.columns.size() == of_parent.columns.size();
  for (std::size_t i = 0; alike && i < of_child.columns.size(); ++i) {
    alike = of_child.columns[i].part == of_parent.columns[i].part;
  }
  if (!alike) {
    of_child.opaque = of_parent.opaque = true;
    of_child.seed = of_parent.seed = seed_of("opaque reference", key.parent, key.parent_columns);
  }
  child.parent_references.push_back(std::move(of_child));
  const bool known =
      std::any_of(parent.referenced_keys.begin(), parent.referenced_keys.end(),
                  [&](const KeyDefinition& other) { return other.seed == of_parent.seed; });
  if (!known) parent.referenced_keys.push_back(std::move(of_parent));

  CascadingChild edge{.table = child.index,
                      .child_columns = positions(child.table, key.columns),
                      .parent_columns = positions(parent.table, key.parent_columns),
                      .on_delete = key.on_delete,
                      .on_update = key.on_update};
  (acts(key.on_delete) || acts(key.on_update) ? parent.cascading_children
                                              : parent.restricting_children)
      .push_back(std::move(edge));
}

void PlanSet::plan_cascades() {
  std::vector<std::size_t> group(plans_.size());
  std::iota(group.begin(), group.end(), 0);
  const auto root = [&](std::size_t table) {
    while (group[table] != table) table = group[table];
    return table;
  };
  for (const auto& parent : plans_) {
    for (const CascadingChild& edge : parent->cascading_children) {
      group[root(edge.table)] = root(parent->index);
      plans_[edge.table]->cascade_ancestors[parent->index] = true;
    }
  }
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& parent : plans_) {
      for (const CascadingChild& edge : parent->cascading_children) {
        std::vector<bool>& of_child = plans_[edge.table]->cascade_ancestors;
        for (std::size_t i = 0; i < plans_.size(); ++i) {
          if (!parent->cascade_ancestors[i] || of_child[i]) continue;
          of_child[i] = grown = true;
        }
      }
    }
  }
  for (const auto& parent : plans_) {
    const std::uint64_t token = seed_of("cascade", plans_[root(parent->index)]->table.name, {});
    if (!parent->cascading_children.empty()) parent->starts_cascade = token;
    for (const CascadingChild& edge : parent->cascading_children) {
      plans_[edge.table]->changed_by_cascade = token;
      parent->delete_reaches_far |=
          acts(edge.on_delete) && reaches_far(edge, edge.on_delete == "CASCADE");
      parent->update_reaches_far |= acts(edge.on_update) && reaches_far(edge, false);
    }
  }
}

bool PlanSet::reaches_far(const CascadingChild& edge, bool child_goes) const {
  const auto gets_another_value = [&](std::size_t column) {
    return std::find(edge.child_columns.begin(), edge.child_columns.end(), column) !=
           edge.child_columns.end();
  };
  const std::vector<CascadingChild>& further = plans_[edge.table]->cascading_children;
  return std::any_of(further.begin(), further.end(), [&](const CascadingChild& next) {
    if (child_goes) return acts(next.on_delete);
    return acts(next.on_update) &&
           std::any_of(next.parent_columns.begin(), next.parent_columns.end(), gets_another_value);
  });
}

}  // namespace flyover::apply
