#include "apply/net_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "apply/conflict_keys.h"
#include "apply/literal.h"

namespace flyover::apply {
namespace {

using binlog::Value;
using binlog::ValueType;

constexpr std::size_t kStatementBytesMax = 512 * 1024;
constexpr std::size_t kStatementRowsMax = 2000;
// With too many ranges an optimizer runs out of the memory it may use for them.
constexpr std::size_t kNumbersMax = 2000;
constexpr std::size_t kKeysMax = 200;

bool value_less(const Value& a, const Value& b) {
  if (a.type == ValueType::signed_int && b.type == ValueType::signed_int) {
    return a.signed_int < b.signed_int;
  }
  if (a.bytes.empty() && b.bytes.empty()) return a.unsigned_int < b.unsigned_int;
  return a.bytes < b.bytes;
}

using Rows = std::vector<const NetRow*>;

bool key_less(const TablePlan& plan, const NetRow& a, const NetRow& b) {
  for (const std::size_t column : plan.key_columns) {
    if (value_less(a.key[column], b.key[column])) return true;
    if (value_less(b.key[column], a.key[column])) return false;
  }
  return false;
}

// Both are in the order of the key, and so is what comes out.
void merge(const TablePlan& plan, Rows& into, const Rows& more) {
  const auto middle = static_cast<std::ptrdiff_t>(into.size());
  into.insert(into.end(), more.begin(), more.end());
  std::inplace_merge(into.begin(), into.begin() + middle, into.end(),
                     [&](const NetRow* a, const NetRow* b) { return key_less(plan, *a, *b); });
}

// A row takes a value when another gives it up; where values can not be told apart, every row that
// changes its value may.
void find_takers(const KeyDefinition& key, const Rows& updates,
                 std::unordered_set<const NetRow*>& takers) {
  std::unordered_set<std::uint64_t> given;
  Rows changed;
  bool certain = true;
  for (const NetRow* row : updates) {
    if (!changes_key(key, row->before, row->after)) continue;
    changed.push_back(row);
    const KeyValue gives = key_value(key, row->before);
    certain = certain && gives.certain && key_value(key, row->after).certain;
    if (gives.hash) given.insert(*gives.hash);
  }
  for (const NetRow* row : changed) {
    const std::optional<std::uint64_t> taken = key_value(key, row->after).hash;
    if (!certain || (taken && given.contains(*taken))) takers.insert(row);
  }
}

// Takes the rows out of `updates` that can not stand beside the others.
Rows take_wanderers(const TablePlan& plan, Rows& updates) {
  if (plan.unique_keys.size() < 2 || updates.empty()) return {};
  std::unordered_set<const NetRow*> takers;
  for (const KeyDefinition& key : plan.unique_keys) find_takers(key, updates, takers);
  const auto middle = std::stable_partition(
      updates.begin(), updates.end(), [&](const NetRow* row) { return !takers.contains(row); });
  Rows out(middle, updates.end());
  updates.erase(middle, updates.end());
  return out;
}

/// Appends the statements of one table.
class Script {
 public:
  Script(std::vector<Statement>& out, const TablePlan& plan, const mysql::Version& target)
      : out_(out), plan_(plan), target_(target) {}

  void add(NetTable& table);

 private:
  Statement& start(const NetRow& row, std::string sql);
  void add_deletes(const Rows& rows);
  void add_updates(const Rows& rows);
  /// Statements that find the rows, count and lock them, and change nothing.
  void add_counts(const Rows& rows);
  void add_inserts(const Rows& rows);
  void append_keys(const std::string& head, const Rows& rows);
  void append_rows(const std::string& head, const std::string& tail, const Rows& rows,
                   std::uint64_t counted);

  std::vector<Statement>& out_;
  const TablePlan& plan_;
  const mysql::Version& target_;
};

void Script::add(NetTable& table) {
  const NetPhases phases = net_phases(table);
  add_deletes(phases.deletes);
  add_counts(phases.unchanged);
  add_updates(phases.updates);
  add_inserts(phases.inserts);
}

Statement& Script::start(const NetRow& row, std::string sql) {
  out_.push_back({.sql = std::move(sql),
                  .plan = &plan_,
                  .change = row.change,
                  .row = row.row,
                  .position = row.position,
                  .check = RowCheck::exact});
  return out_.back();
}

// The rows are found by the key that they had before, which is the one that they have.
void Script::append_keys(const std::string& head, const Rows& rows) {
  const std::size_t first = plan_.key_columns.front();
  const schema::Column& column = plan_.table.columns[first];
  const bool one_number = plan_.key_columns.size() == 1 &&
                          column.kind == schema::ValueKind::integer && column.data_type != "year";
  const std::size_t keys_max = one_number ? kNumbersMax : kKeysMax;
  Statement* open = nullptr;
  std::string where;
  for (const NetRow* row : rows) {
    if (open == nullptr) {
      open = &start(*row, head);
      if (one_number) open->sql += plan_.quoted_columns[first] + " IN (";
    } else {
      open->sql += one_number ? "," : " OR ";
    }
    if (one_number) {
      append_literal(open->sql, column, row->key[first]);
    } else {
      where.clear();
      append_where(where, plan_, row->key);
      open->sql.append("(").append(where, std::string_view(" WHERE ").size()).append(")");
    }
    if (++open->rows < keys_max && open->sql.size() < kStatementBytesMax) continue;
    if (one_number) open->sql += ')';
    open = nullptr;
  }
  if (one_number && open != nullptr) open->sql += ')';
}

// Several keys at once are a scan to an optimizer that takes the table for a small one, as
// statistics say after a load. Servers before 8.0.20 read the hint as a comment.
std::string key_hint(const TablePlan& plan) {
  return fmt::format("/*+ INDEX({} {}) */ ", mysql::quote_name(plan.table.name.table),
                     mysql::quote_name(plan.table.row_key()->name));
}

void Script::add_deletes(const Rows& rows) {
  append_keys(fmt::format("DELETE {}FROM {} WHERE ", key_hint(plan_), plan_.quoted_name), rows);
}

// Sets a column to itself.
void Script::add_counts(const Rows& rows) {
  const std::string& column = plan_.quoted_columns[plan_.written_columns.front()];
  append_keys(fmt::format("UPDATE {}{} SET {}={} WHERE ", key_hint(plan_), plan_.quoted_name,
                          column, column),
              rows);
}

void Script::append_rows(const std::string& head, const std::string& tail, const Rows& rows,
                         std::uint64_t counted) {
  Statement* statement = nullptr;
  std::size_t row_count = 0;
  for (const NetRow* row : rows) {
    if (statement == nullptr) {
      statement = &start(*row, head);
      row_count = 0;
    } else {
      statement->sql += ',';
    }
    append_row_values(statement->sql, plan_, row->after);
    statement->rows += counted;
    if (++row_count < kStatementRowsMax && statement->sql.size() < kStatementBytesMax) continue;
    statement->sql += tail;
    statement = nullptr;
  }
  if (statement != nullptr) statement->sql += tail;
}

void Script::add_updates(const Rows& rows) {
  if (plan_.unique_keys.size() > 1) add_counts(rows);
  // REPLACE of a row that others refer to is a delete and an insert to the server.
  if (!plan_.referred_to()) {
    return append_rows("REPLACE INTO " + plan_.quoted_name + plan_.full_column_list + " VALUES ",
                       "", rows, 2);
  }
  const bool named = target_.at_least(8, 0, 19);
  std::string tail =
      named ? " AS `flyover_new` ON DUPLICATE KEY UPDATE " : " ON DUPLICATE KEY UPDATE ";
  for (const std::size_t column : plan_.written_columns) {
    const std::string& name = plan_.quoted_columns[column];
    tail += name + (named ? "=`flyover_new`." + name : "=VALUES(" + name + ")") + ',';
  }
  tail.pop_back();
  append_rows("INSERT INTO " + plan_.quoted_name + plan_.full_column_list + " VALUES ", tail, rows,
              2);
}

void Script::add_inserts(const Rows& rows) {
  append_rows("INSERT INTO " + plan_.quoted_name + plan_.full_column_list + " VALUES ", "", rows,
              1);
}

}  // namespace

NetPhases net_phases(NetTable& table) {
  const TablePlan& plan = *table.plan;
  std::sort(table.rows.begin(), table.rows.end(),
            [&](const NetRow& a, const NetRow& b) { return key_less(plan, a, b); });
  NetPhases out;
  for (const NetRow& row : table.rows) {
    if (row.nothing()) continue;
    if (row.after == nullptr) {
      out.deletes.push_back(&row);
    } else if (row.before == nullptr) {
      out.inserts.push_back(&row);
    } else {
      (same_row(plan, row.before, row.after) ? out.unchanged : out.updates).push_back(&row);
    }
  }
  const Rows wanderers = take_wanderers(plan, out.updates);
  merge(plan, out.deletes, wanderers);
  merge(plan, out.inserts, wanderers);
  return out;
}

std::vector<Statement> net_script(std::span<NetChanges> stages, const mysql::Version& target) {
  std::vector<Statement> out;
  const auto checked = [](const NetTable& table) {
    return !table.plan->table.foreign_keys.empty() || table.plan->referred_to();
  };
  const bool any_checked = std::any_of(stages.begin(), stages.end(), [&](NetChanges& stage) {
    return std::any_of(stage.tables().begin(), stage.tables().end(), checked);
  });
  if (any_checked) out.push_back({.sql = "SET foreign_key_checks=0"});
  for (NetChanges& stage : stages) {
    for (NetTable& table : stage.tables()) Script(out, *table.plan, target).add(table);
  }
  if (any_checked) out.push_back({.sql = "SET foreign_key_checks=1"});
  return out;
}

}  // namespace flyover::apply
