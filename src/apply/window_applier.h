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
// orphans. A child that was loaded after a cascade gave it a key which another parent had before is
// taken for that one's when its change is repeated, and no change in the log brings it back: then
// the tables have to be copied again (NeedsCopy).
//
// A row image may lack columns (binlog_row_image MINIMAL or NOBLOB). An insert lacks those that
// took their default, so it is whole. An update is made in place: what it does not name is as it
// was loaded, or as a change before left it. Where that is not enough (the row's key changes, a
// unique value stands in another row, the row was in the way of another one) the table has to be
// copied again: NeedsCopy.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "apply/sql_builder.h"
#include "apply/table_plan.h"
#include "db/connection.h"

namespace flyover::apply {

/// One for a link; not thread-safe: used in the order of the source.
class WindowApplier {
 public:
  explicit WindowApplier(const PlanSet& plans) : plans_(&plans) {}

  /// The link goes on behind `start`: what an earlier one did within the window is not known.
  void resume_at(const mysql::BinlogPosition& start);
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
  /// Which rule of a foreign key decides about a change.
  using Rule = std::string CascadingChild::*;
  /// Runs the change of a parent, out of the way of rows of a later moment that restrict it.
  void execute_in_the_way(db::Connection& target, const TablePlan& plan,
                          const binlog::Value* before, const std::string& sql, Rule rule);
  void remove_restricting_rows(db::Connection& target, const TablePlan& plan,
                               const binlog::Value* before, Rule rule);
  void remove_orphans(db::Connection& target, const TablePlan& ancestor);
  bool remove_orphans_once(db::Connection& target, const TablePlan& parent,
                           const CascadingChild& edge);
  void update_in_place(db::Connection& target, const TablePlan& plan, const binlog::Value* before,
                       const binlog::Value* after, bool cascades);
  void remember(const TablePlan& plan, const binlog::Value* row);
  /// Notes the referenced keys that the row gives up.
  void vacate(const TablePlan& plan, const binlog::Value* row);
  /// Throws when a row takes a referenced key that another one gave up.
  void require_fresh_keys(const TablePlan& plan, const binlog::Value* row);
  /// The row's referenced keys, exactly; empty where values can not tell the rows that a cascade
  /// reaches.
  std::vector<std::string> exact_referenced_keys(const TablePlan& plan,
                                                 const binlog::Value* row) const;

  const PlanSet* plans_;
  /// Conditions that find the rows the window has put into tables a cascade can reach.
  std::map<std::size_t, std::set<std::string>> touched_;
  /// Tables in which a row has made room for another one with the same unique value.
  std::set<std::size_t> displaced_;
  /// Referenced keys that rows have given up, by the token of their group of tables; "" stands for
  /// any key.
  std::map<std::uint64_t, std::set<std::string>> vacated_;
  bool resumed_inside_ = false;
  std::size_t row_ = 0;
};

}  // namespace flyover::apply
