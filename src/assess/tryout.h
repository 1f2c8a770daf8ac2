#pragma once
// How a table's definition is tried out on the target.

#include <vector>

#include "schema/model.h"

namespace flyover::assess {

/// For every table of the catalog whether a temporary table can tell if the target takes it, when
/// the server takes the temporary one: it checks both alike, and writes nothing to its dictionary
/// for that one. Not where it has what a temporary table can not have, not where others need it by
/// its name (foreign keys, triggers, views), not where its name or the names of its constraints
/// could be refused, and not for one table of each schema, which finds what the server refuses to
/// every table there. Pure.
std::vector<bool> temporary_tells(const schema::Catalog& catalog);

}  // namespace flyover::assess
