#pragma once
// Definitions that change while rows are copied.
//
// A table's rows come from snapshots, and its definition on the link's target from the catalog that
// was read before. A statement in the log that changes a definition between the two makes rows of
// one definition end in a table of another; so the log is read from the catalog's place up to the
// snapshots, and the tables that such a statement names are suspended.

#include <stop_token>
#include <string>
#include <vector>

#include "binlog/transaction.h"
#include "db/connection.h"
#include "migration/initial_load.h"
#include "schema/model.h"
#include "schema/selection.h"

namespace flyover::migration {

/// A statement in the log that is not about rows only.
struct DefinitionChange {
  mysql::BinlogPosition end{};  ///< of its transaction
  binlog::StatementChange statement{};
};

struct ChangesSeen {
  mysql::BinlogPosition position{};  ///< behind the marker
  std::vector<DefinitionChange> changes{};
};

/// Reads the log of `endpoint` from `from` to the marker with `token`. Throws when stopped.
ChangesSeen find_marker_and_changes(const db::Endpoint& endpoint, const mysql::BinlogPosition& from,
                                    const std::string& token, std::stop_token stop);

/// Those of `names` whose definition or place the statement may have changed: all of its schema's,
/// or all, when its text does not say. Pure.
std::vector<mysql::TableName> tables_touched(const DefinitionChange& change,
                                             const schema::Selection& selection,
                                             const std::vector<mysql::TableName>& names);

/// Whether the statement is a TRUNCATE. A snapshot from before it shows an empty table on servers
/// before 5.7, without an error. Pure.
bool truncates(const DefinitionChange& change);

/// Commits a marker and reads the log of `endpoint` from `from` up to it.
ChangesSeen changes_until_now(const db::Endpoint& endpoint, const std::string& migration,
                              const mysql::BinlogPosition& from, std::stop_token stop);

/// A catalog and where in the log it was read: no definition changed between that place and the
/// reading.
struct DatedCatalog {
  schema::Catalog catalog{};
  mysql::BinlogPosition position{};
};
/// Reads until nothing changes meanwhile; throws with Action::pause when that never happens.
DatedCatalog read_dated_catalog(const db::Endpoint& endpoint, const std::string& migration,
                                const schema::Selection& selection, std::stop_token stop);

/// Suspends, of the tables of a load, those that a statement since the last search named: all that
/// are `unfinished`, and those whose rows come from behind the statement. Their rows on the target
/// are thrown away. Before the first search `from` is where it begins. True: some were suspended.
bool suspend_changed(const InitialLoadOptions& options, store::StateStore& state,
                     const std::vector<mysql::TableName>& unfinished, std::stop_token stop);

/// The log that was searched is gone.
void forget_search(store::StateStore& state);

/// Suspends tables of a load that the target lacks: made on the source while an earlier process
/// loaded, which had no reason to look for them.
void suspend_missing(const InitialLoadOptions& options, store::StateStore& state);

/// Like suspend_changed() behind a load, for tables that it read and that were truncated since the
/// last search.
void suspend_truncated(const InitialLoadOptions& options, store::StateStore& state,
                       std::stop_token stop);

/// Suspends the tables, and what foreign keys tie to them, and throws their rows on the target
/// away.
void suspend_loaded(const InitialLoadOptions& options, store::StateStore& state,
                    const std::vector<mysql::TableName>& names, const std::string& why);

}  // namespace flyover::migration
