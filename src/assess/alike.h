#pragma once
// Tables that are the same but for their names: what a server says to one it says to all.

#include <cstddef>
#include <vector>

#include "schema/ddl.h"
#include "schema/model.h"

namespace flyover::assess {

/// For every table of the catalog the index of the one that stands for it when definitions are
/// tried out with these options: most often its own. Always its own where others need the table
/// by its name (foreign keys, triggers, views), and where the name itself could be refused.
/// Pure.
std::vector<std::size_t> stand_ins(const schema::Catalog& catalog,
                                   const schema::DdlOptions& options);

}  // namespace flyover::assess
