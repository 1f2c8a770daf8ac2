#pragma once
// Tables that can not be followed for a while: their changes are dropped until they are copied
// again. The mark stands in the table's cut, so it is recorded with record_cuts().

#include <string>
#include <vector>

#include "migration/initial_load.h"
#include "schema/model.h"

namespace flyover::migration {

/// Marks the tables as suspended, and with them everything that foreign keys of `tables` (as they
/// stand on the link's target) tie to them: a child's rows can not be judged without its parent's,
/// and what a cascade does may not be in the log. The reason that a table had first stays. True
/// when something changed. Pure.
bool suspend(TableCuts& cuts, const std::vector<schema::Table>& tables,
             const std::vector<mysql::TableName>& names, const std::string& why);

/// The same for what is suspended already: foreign keys may have been added since. Pure.
bool close_over_foreign_keys(TableCuts& cuts, const std::vector<schema::Table>& tables);

/// Makes the cuts exact whose uncertain part is applied, as everything up to `applied` is. True
/// when something changed. Pure.
bool settle(TableCuts& cuts, const mysql::BinlogPosition& applied);

/// Suspends tables that have no usable key, as they stand in `tables`, and no exact cut: it was
/// taken from them before it was certain which changes their copied rows have. True when something
/// changed. Pure.
bool suspend_inexact(TableCuts& cuts, const std::vector<schema::Table>& tables);

/// Those whose changes are dropped now. Pure.
std::vector<mysql::TableName> suspended_tables(const TableCuts& cuts);

}  // namespace flyover::migration
