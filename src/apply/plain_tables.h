#pragma once
// Tables of the target whose engine has no transactions: MyISAM, MEMORY, ARCHIVE, CSV.
//
// On the way back the old server's tables keep their engines. What is written to such a table
// stays, also when the transaction around it is undone or its session ends before the commit, and
// then the transaction is applied a second time. So their changes are applied in a form that does
// no harm when it is repeated: the whole row by its key. Without a usable key there is no such
// form; there the table is marked in flyover.unsettled, in a transaction of its own, while its rows
// are written. The mark goes with the commit. Who finds it when a link begins knows that the table
// may have some rows twice, and has to copy it again.
//
// These rows are no part of the target transaction, so they are not written within it either: a
// session of their own writes them before its commit.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "apply/sql_builder.h"
#include "apply/table_plan.h"
#include "apply/window_applier.h"
#include "binlog/transaction.h"
#include "db/connection.h"

namespace flyover::apply {

/// Engines of the tables in the given schemas on `target`, but for InnoDB.
std::map<mysql::TableName, std::string> read_plain_engines(db::Connection& target,
                                                           const std::vector<std::string>& schemas);

/// The marks of one link. Stateless but for names; every function is one statement.
class UnsettledTables {
 public:
  UnsettledTables(std::string migration, std::string link)
      : migration_(std::move(migration)), link_(std::move(link)) {}

  std::vector<mysql::TableName> read(db::Connection& target) const;
  std::string mark_sql(const mysql::TableName& table) const;
  std::string forget_sql(const mysql::TableName& table) const;
  /// The user lock of the session that writes such tables' rows.
  std::string lock_name() const;

 private:
  std::string migration_;
  std::string link_;
};

/// Applies changes to keyed tables without transactions. Used by one thread.
class PlainApplier {
 public:
  explicit PlainApplier(const PlanSet& plans) : rows_(plans) {}

  /// Each row so that doing it twice does no harm. Throws an Error that names the row; for ARCHIVE,
  /// which takes rising keys only, also when the source did what the target can not.
  void apply(db::Connection& target, const TablePlan& plan, const binlog::RowsChange& change,
             const mysql::BinlogPosition& position);

 private:
  void archive(db::Connection& target, const TablePlan& plan, const binlog::RowsChange& change,
               const mysql::BinlogPosition& position);

  WindowApplier rows_;
};

/// The session that writes rows of tables without transactions, and marks: every statement by
/// itself, outside of the target transaction. A server that enforces GTID consistency refuses them
/// (1785) within a transaction that writes tables with transactions, too. Used by one thread.
class OutsideSession {
 public:
  /// `connection` has autocommit on. `lock`: of whoever writes such rows for the same link.
  OutsideSession(db::Connection connection, std::string lock)
      : connection_(std::move(connection)), lock_(std::move(lock)) {}

  db::Connection& connection() { return connection_; }
  /// To be called before anything is written. Waits for what a session that was lost may still have
  /// under way: a statement that is carried out late would overwrite what came behind it. Throws
  /// with Action::retry when that does not end in time.
  void work();
  /// Behind what was written: another worker's session may write now.
  void rest();

 private:
  db::Connection connection_;
  std::string lock_;
  bool locked_ = false;
};

/// True when the table's engine on the target knows no UPDATE and DELETE.
bool takes_inserts_only(const TablePlan& plan);
/// The source changed or removed a row of such a table.
[[noreturn]] void throw_inserts_only(const TablePlan& plan, const binlog::RowsChange& change,
                                     std::size_t row, const mysql::BinlogPosition& position);

}  // namespace flyover::apply
