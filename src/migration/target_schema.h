#pragma once
// Makes the target's schema follow the source's, in the order in which rows want it: tables bare,
// then rows, then secondary indexes, then foreign keys, then everything that is not a table.

#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "db/connection.h"
#include "migration/index_builder.h"
#include "schema/diff.h"
#include "schema/model.h"
#include "schema/selection.h"

namespace flyover::migration {

/// Creates schemas and tables that are not there yet, several at once, without foreign keys and,
/// unless is_made_whole(), without secondary indexes.
void create_tables(const DdlSessions& sessions, const schema::Catalog& source,
                   const schema::Selection& selection, std::stop_token stop);

/// Adds the indexes that are missing on the target, several tables at once, then the foreign keys
/// (unchecked: the rows come from one instant), then refreshes the optimizer's statistics of the
/// tables that are not in `analyzed`. `progress` gets a line for each table. Returns the tables
/// whose rows are not unique where they must be; then there are no foreign keys yet.
Collisions add_indexes_and_keys(const DdlSessions& sessions, const schema::Catalog& source,
                                const schema::Selection& selection,
                                const std::set<mysql::TableName>& analyzed,
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
