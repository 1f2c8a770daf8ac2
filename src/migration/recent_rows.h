#pragma once
// The last check before a switch: the rows that changed last, on both sides while both are at rest.

#include <string>
#include <vector>

#include "apply/progress.h"
#include "db/connection.h"
#include "schema/model.h"

namespace flyover::migration {

/// Reads every row on both servers and answers those that are not the same, as "schema.table WHERE
/// …". `tables`: the models of the link.
std::vector<std::string> differing_rows(db::Connection& from, db::Connection& to,
                                        const std::vector<schema::Table>& tables,
                                        const std::vector<apply::RecentRow>& rows);

}  // namespace flyover::migration
