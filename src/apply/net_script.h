#pragma once
// Net changes as few large statements, each of which still answers whether it met exactly the rows
// that the source had.
//
//   deletes    by key, many at once; the server counts them
//   updates    the whole row over the one that has its key (REPLACE, or INSERT … ON DUPLICATE KEY
//              UPDATE where other tables refer to it): the server counts 2 for every row that was
//              there and is another now, 1 for one that was not there
//   inserts    INSERT, which refuses a row that is there
//
// In this order for every table, each in the order of the key. With a second unique key REPLACE
// could remove another row: the rows are counted first, so that a number above 2 shows it. A row
// that takes a unique value which another update gives up is deleted with the deletes and inserted
// with the inserts. Foreign keys are not checked: what starts a cascade is not a net change
// (net_changes.h), and everything else the source has checked.

#include <span>
#include <vector>

#include "apply/net_changes.h"
#include "apply/sql_builder.h"
#include "mysql/version.h"

namespace flyover::apply {

/// What is done with the rows of one table, one step after the other; each list in the order of the
/// key. A row that wanders is in `deletes` and in `inserts`.
struct NetPhases {
  std::vector<const NetRow*> deletes{};
  std::vector<const NetRow*> unchanged{};  ///< must be there, as they were
  std::vector<const NetRow*> updates{};    ///< in any order
  std::vector<const NetRow*> inserts{};
};

/// Sorts the table's rows; the phases point at them. Pure.
NetPhases net_phases(NetTable& table);

/// The statements for everything in `stages`, one stage behind the other; the rows of a stage's
/// tables come out sorted by key. `target` is the server that will run them. They live as long as
/// the transactions do.
std::vector<Statement> net_script(std::span<NetChanges> stages, const mysql::Version& target);

}  // namespace flyover::apply
