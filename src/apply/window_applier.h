#pragma once
// Applies changes that the loaded rows may hold already.
//
// A loaded row shows the source at a moment between the two marks of the table's window, and the
// changes of the window come over it again, oldest first. Each is carried out so that at the end of
// the window every touched row is as its last change left it, whatever the row was before:
//
//   insert, update   REPLACE with the whole row after, foreign keys unchecked: rows that stand in
//                    the way in any unique key go. They are of a later moment, and the change that
//                    made them so is in the window too, so they come back.
//   update of a key  the row under the old key goes first.
//   remove           by key, whether or not a row is there.
//
// What a foreign key's cascade did on the source is not in the binlog before 9.6, so the target
// must do it again, although the parent may be gone from the loaded rows: the row before is put
// back, and then removed (or its key changed) with foreign keys checked. A cascade over several
// levels may find the middle level gone too; rows that the window put below it are then removed as
// orphans.

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "apply/sql_builder.h"
#include "apply/table_plan.h"
#include "db/connection.h"

namespace flyover::apply {

/// One for a link; not thread-safe: used in the order of the source.
class WindowApplier {
 public:
  explicit WindowApplier(const PlanSet& plans) : plans_(&plans) {}

  /// Applies one change inside the open transaction of `target`.
  void apply(db::Connection& target, const TablePlan& plan, const binlog::RowsChange& change,
             const mysql::BinlogPosition& position);
  /// The row of the change that ran last, for error messages.
  std::size_t row() const { return row_; }

 private:
  void upsert(db::Connection& target, const TablePlan& plan, const binlog::Value* row);
  void remove(db::Connection& target, const TablePlan& plan, const binlog::Value* row);
  void apply_update(db::Connection& target, const TablePlan& plan, const binlog::Value* before,
                    const binlog::Value* after, bool cascades);
  void apply_remove(db::Connection& target, const TablePlan& plan, const binlog::Value* before,
                    bool cascades);
  void remove_restricting_rows(db::Connection& target, const TablePlan& plan,
                               const binlog::Value* before);
  void remove_orphans(db::Connection& target, const TablePlan& ancestor);
  bool remove_orphans_once(db::Connection& target, const TablePlan& parent,
                           const CascadingChild& edge);
  void remember(const TablePlan& plan, const binlog::Value* row);

  const PlanSet* plans_;
  /// Conditions that find the rows the window has put into tables a cascade can reach.
  std::map<std::size_t, std::set<std::string>> touched_;
  std::size_t row_ = 0;
};

}  // namespace flyover::apply
