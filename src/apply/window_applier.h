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
// What a foreign key's action did on the source is not in the binlog before 9.6, so it is done
// again on the target, although the parent may be gone from the loaded rows: the row before is put
// back, and then removed with foreign keys checked, or changed with what ON UPDATE carries on
// (apply/cascade_sql.h). That is right whatever moment each row was read at:
//
//   a child that the action reached has the parent's key in the window's copy, unless it was read
//   behind the action, or a later change of the window names it;
//   a child that it did not reach, but has the key by now, was given it by a later change of the
//   window, which comes again. Only where ON UPDATE CASCADE gave it the key of another parent, no
//   change in the log names the child: NeedsCopy.
//
// It is not right over more than one level. Of parent, child and grandchild the child may have been
// read behind the action, and the grandchild before: then nothing leads from the parent to the
// grandchild any more. So these tables are copied again, with the starting tables locked READ while
// the snapshots open (migration/runner_reload.cc), which leaves no such change in the window.
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
  /// To be asked for every change of a transaction in some table's window. Throws NeedsCopy when
  /// foreign keys may have changed rows in a way that can not be done again here.
  void require_near_cascades(const TablePlan& plan, const binlog::RowsChange& change,
                             const mysql::BinlogPosition& position) const;
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
  /// True when the update changes referenced keys in bytes only that their collations ignore. The
  /// row is there as it was before.
  bool keys_stay_equal(db::Connection& target, const TablePlan& plan, const binlog::Value* before,
                       const binlog::Value* after);
  void remove_restricting_rows(db::Connection& target, const TablePlan& plan,
                               const binlog::Value* before);
  void update_in_place(db::Connection& target, const TablePlan& plan, const binlog::Value* before,
                       const binlog::Value* after, bool cascades);
  /// Notes the referenced keys that the row gives up.
  void vacate(const TablePlan& plan, const binlog::Value* row);
  /// Throws when a row takes a referenced key that another one gave up.
  void require_fresh_keys(const TablePlan& plan, const binlog::Value* row);
  /// The row's referenced keys, exactly; empty where values can not tell the rows that a cascade
  /// reaches.
  std::vector<std::string> exact_referenced_keys(const TablePlan& plan,
                                                 const binlog::Value* row) const;

  const PlanSet* plans_;
  /// Tables in which a row has made room for another one with the same unique value.
  std::set<std::size_t> displaced_;
  /// Referenced keys that rows have given up, by the token of their group of tables; "" stands for
  /// any key.
  std::map<std::uint64_t, std::set<std::string>> vacated_;
  bool resumed_inside_ = false;
  std::size_t row_ = 0;
};

}  // namespace flyover::apply
