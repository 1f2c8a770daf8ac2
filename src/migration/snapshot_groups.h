#pragma once
// Which tables need their rows from one moment, because what foreign keys do to them is not in the
// log of a source before 9.6 (apply/window_applier.h says why).

#include <vector>

#include "migration/initial_load.h"
#include "schema/model.h"

namespace flyover::migration {

/// Those of the tables that are to be locked READ while their snapshots open: without a usable
/// key, and, unless the source logs what foreign keys do, those from which a change spreads over
/// more than one level. Then no such change lies between the snapshots. Pure.
std::vector<mysql::TableName> tables_to_lock(const std::vector<schema::Table>& tables,
                                             bool source_logs_cascades);

/// Before a load goes on with new snapshots: tables without a usable key have to be loaded from
/// their start, at another moment than before. What foreign keys tie to them may hold rows of the
/// earlier moment and is loaded from its start, too: all that is named here. Only tables that have
/// a cut are. Pure.
std::vector<mysql::TableName> tables_to_load_anew(
    const std::vector<schema::Table>& tables, const TableCuts& cuts,
    const std::vector<mysql::TableName>& unfinished_keyless);

}  // namespace flyover::migration
