#pragma once
// Whether a server can hold a table as the other one has it, found out before anything is touched.

#include <vector>

#include "base/error.h"
#include "db/connection.h"
#include "schema/diff.h"
#include "schema/model.h"
#include "schema/session.h"

namespace flyover::migration {

/// What differs between a table as it is `wanted` and as it is `there`, on `to`, which is
/// `to_side`. A table that is made anew counts from where its rows will end: counters do not count.
std::vector<schema::Difference> unlike(const schema::Table& wanted, const schema::Table& there,
                                       const db::Connection& to, base::Side to_side);

/// What would differ after `wanted` was made anew on `to`, its foreign keys aside. Makes a table in
/// the control schema and drops it. Throws code "ddl.unlike" where the server does not take it.
std::vector<schema::Difference> probe_table(db::Connection& to, const schema::Dialect& dialect,
                                            schema::Table wanted, base::Side to_side);

/// What an operator can do about `differences` that the older, passive source can not follow; ""
/// when there is nothing more to say than that they are to be made equal.
std::string way_to_equal(const std::vector<schema::Difference>& differences);

}  // namespace flyover::migration
