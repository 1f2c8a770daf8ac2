#pragma once
// Makes the target's schema follow the source's, in the order in which rows want it: tables bare,
// then rows, then secondary indexes, then foreign keys, then everything that is not a table.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "db/connection.h"
#include "schema/diff.h"
#include "schema/model.h"
#include "schema/selection.h"

namespace flyover::migration {

/// Creates schemas and tables that are not there yet, without secondary indexes and foreign keys.
void create_tables(db::Connection& target, const schema::Catalog& source,
                   const schema::Selection& selection);

/// Adds the indexes that are missing on the target, several tables at once, then the foreign keys
/// (unchecked: the rows come from one instant), then refreshes the optimizer's statistics.
/// `progress` gets a line for each table.
void add_indexes_and_keys(const db::Endpoint& target, const schema::Catalog& source,
                          const schema::Selection& selection, std::size_t lanes,
                          const std::function<void(const std::string&)>& progress,
                          std::stop_token stop);

/// Creates views, routines and events (disabled) that are not there yet. Triggers wait for cutover.
void create_programs(db::Connection& target, const schema::Catalog& source,
                     const schema::Selection& selection);

/// Compares the target with what it was made from, as it should be before a cutover; of tables,
/// those of `source`. `tables_only`: the rest of `source` was read later than the target was made.
/// Throws when they differ.
void check_schema(schema::Catalog source, db::Connection& target,
                  const schema::Selection& selection, bool tables_only);

}  // namespace flyover::migration
