#pragma once
// What ON UPDATE CASCADE and SET NULL do when a referenced key changes, as statements.
//
// A source before 9.6 carries a change of a key on inside InnoDB and logs the parent only. Servers
// from 9.6 on, left to themselves, do something else where strings are equal without being the
// same: of a key that changes in its case only they carry on nothing, or leave the parent as it
// was; of a key of several columns the child takes those that did not change, too. So flyover does
// what InnoDB does, with foreign keys unchecked:
//
//   a child is any row whose key equals the parent's old one by collation;
//   a column of the key is carried on when its bytes change, the others stay;
//   SET NULL takes all columns of the key;
//   a row that has the new bytes already does not change, and carries nothing on;
//   nothing else of the child changes, not even ON UPDATE CURRENT_TIMESTAMP;
//   a table that the cascade has come through is not reached again (MySQL refuses that).

#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "binlog/transaction.h"

namespace flyover::apply {

/// Whether the update gives other bytes to a key that some foreign key carries on.
bool update_cascades(const TablePlan& plan, const binlog::Value* before,
                     const binlog::Value* after);

/// The statements that come before the row's own update, for the row must be on the target as
/// it was before. Deepest tables first. They want foreign_key_checks=0.
std::vector<std::string> update_cascade_sql(const PlanSet& plans, const TablePlan& plan,
                                            const binlog::Value* before,
                                            const binlog::Value* after);

}  // namespace flyover::apply
