#include "apply/plain_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "apply/literal.h"
#include "base/error.h"
#include "mysql/identifier.h"

namespace flyover::apply {
namespace {

using binlog::ChangeKind;
using mysql::quote_bytes;

constexpr std::uint32_t kDuplicateInArchive = 1022;
constexpr int kLockWaitS = 15;

bool is_there(db::Connection& target, const TablePlan& plan, const binlog::Value* row) {
  std::string sql = "SELECT 1 FROM " + plan.quoted_name;
  for (const std::size_t column : plan.written_columns) {
    sql += column == plan.written_columns.front() ? " WHERE " : " AND ";
    append_exactly_equal(sql, plan.quoted_columns[column], plan.table.columns[column], row[column]);
  }
  return target.query_value(sql + " LIMIT 1").has_value();
}

}  // namespace

std::map<mysql::TableName, std::string> read_plain_engines(
    db::Connection& target, const std::vector<std::string>& schemas) {
  std::map<mysql::TableName, std::string> engines;
  if (schemas.empty()) return engines;
  std::string list;
  for (const std::string& schema : schemas) {
    // Characters, not bytes: newer servers do not always take bytes for names.
    list += fmt::format("{}_utf8{}", list.empty() ? "" : ",", quote_bytes(schema));
  }
  const db::Table rows = target.query(
      "SELECT TABLE_SCHEMA AS table_schema, TABLE_NAME AS table_name, ENGINE AS engine FROM "
      "information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' AND "
      "TABLE_SCHEMA IN (" +
      list + ")");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    engines.emplace(mysql::TableName{rows.text(i, "table_schema"), rows.text(i, "table_name")},
                    rows.text(i, "engine"));
  }
  return engines;
}

std::vector<mysql::TableName> UnsettledTables::read(db::Connection& target) const {
  const db::Table rows = target.query(
      fmt::format("SELECT schema_name, table_name FROM `flyover`.`unsettled` WHERE migration={} "
                  "AND link={}",
                  quote_bytes(migration_), quote_bytes(link_)));
  std::vector<mysql::TableName> tables;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    tables.push_back({rows.text(i, "schema_name"), rows.text(i, "table_name")});
  }
  return tables;
}

std::string UnsettledTables::mark_sql(const mysql::TableName& table) const {
  return fmt::format(
      "INSERT IGNORE INTO `flyover`.`unsettled` (migration, link, schema_name, table_name) VALUES "
      "({},{},{},{})",
      quote_bytes(migration_), quote_bytes(link_), quote_bytes(table.schema),
      quote_bytes(table.table));
}

std::string UnsettledTables::forget_sql(const mysql::TableName& table) const {
  return fmt::format(
      "DELETE FROM `flyover`.`unsettled` WHERE migration={} AND link={} AND schema_name={} AND "
      "table_name={}",
      quote_bytes(migration_), quote_bytes(link_), quote_bytes(table.schema),
      quote_bytes(table.table));
}

std::string UnsettledTables::lock_name() const {
  return fmt::format("flyover.outside.{:016x}",
                     std::hash<std::string>{}(migration_ + '\0' + link_));
}

void OutsideSession::work() {
  if (locked_) return;
  const auto got = connection_.query_value(
      fmt::format("SELECT GET_LOCK({},{})", quote_bytes(lock_), kLockWaitS));
  if (got != "1") {
    base::throw_error({.code = "apply.other_session",
                       .side = connection_.side(),
                       .action = base::Action::retry,
                       .message = "a session that was lost still writes to tables without "
                                  "transactions",
                       .hint = "SHOW PROCESSLIST on that server shows it, and what it waits for."});
  }
  locked_ = true;
}

void OutsideSession::rest() {
  if (!locked_) return;
  connection_.execute(fmt::format("DO RELEASE_LOCK({})", quote_bytes(lock_)));
  locked_ = false;
}

bool takes_inserts_only(const TablePlan& plan) {
  return plan.target_engine == "ARCHIVE";
}

void throw_inserts_only(const TablePlan& plan, const binlog::RowsChange& change, std::size_t row,
                        const mysql::BinlogPosition& position) {
  const std::string what = change.kind == ChangeKind::insert
                               ? "was inserted behind one with a greater key"
                           : change.kind == ChangeKind::update ? "was changed"
                                                               : "was deleted";
  base::throw_error(
      {.code = "apply.archive",
       .side = base::Side::target,
       .action = base::Action::fail,
       .message = fmt::format("{} {} in the transaction ending at {}; the table's engine ARCHIVE "
                              "can not repeat that",
                              describe_row(plan, change, row), what, position.to_string()),
       .hint = fmt::format("ALTER TABLE {} ENGINE=InnoDB; on that server, then run again: nothing "
                           "is lost.",
                           plan.quoted_name)});
}

void PlainApplier::apply(db::Connection& target, const TablePlan& plan,
                         const binlog::RowsChange& change, const mysql::BinlogPosition& position) {
  if (takes_inserts_only(plan)) return archive(target, plan, change, position);
  try {
    rows_.apply(target, plan, change, position);
  } catch (const base::ErrorException& e) {
    if (e.error().action == base::Action::retry || change.row_count() == 0) throw;
    base::Error error = e.error();
    error.message =
        fmt::format("{}, source transaction ending at {}: {}",
                    describe_row(plan, change, std::min(rows_.row(), change.row_count() - 1)),
                    position.to_string(), error.message);
    base::throw_error(std::move(error));
  }
}

// A row that is there already, with all its values, was written by an attempt before this one.
void PlainApplier::archive(db::Connection& target, const TablePlan& plan,
                           const binlog::RowsChange& change,
                           const mysql::BinlogPosition& position) {
  require_fit(plan, change, position);
  for (std::size_t row = 0; row < change.row_count(); ++row) {
    if (change.kind != ChangeKind::insert) throw_inserts_only(plan, change, row, position);
    const binlog::Value* const values = change.after(row);
    std::string sql = "INSERT INTO " + plan.quoted_name + plan.full_column_list + " VALUES ";
    append_row_values(sql, plan, values);
    const bool relaxed = needs_relaxed_mode(plan, values);
    if (relaxed) target.execute(fmt::format("SET sql_mode='{}'", kRelaxedMode));
    try {
      target.execute(sql);
    } catch (const base::ErrorException& e) {
      if (e.error().mysql_errno != kDuplicateInArchive) throw;
      if (!is_there(target, plan, values)) throw_inserts_only(plan, change, row, position);
    }
    if (relaxed) target.execute(fmt::format("SET sql_mode='{}'", kStrictMode));
  }
}

}  // namespace flyover::apply
