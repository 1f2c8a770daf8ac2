#pragma once
// The full load from a start that needs no lock: markers around the readers' snapshots.
//
//   P0  the source's position, read before everything: the stream starts here
//   P   a marker row; whatever is before it in the binlog is in every snapshot
//       … the readers' consistent snapshots are opened …
//   Q   a marker row; whatever is behind it in the binlog is in no snapshot
//
// Changes up to P are skipped, between P and Q applied idempotently, behind Q strictly. Tables
// without a usable key can not be applied idempotently: they are locked READ from before P until
// after Q, so that their cut is exact. Tables of engines without snapshots come first, one by one
// (migration/locked_copy.h). A load that was interrupted goes on with new snapshots: the
// window of a keyed table then reaches from its first P to its last Q.

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "apply/applier.h"
#include "base/pace.h"
#include "load/loader.h"
#include "migration/endpoints.h"
#include "migration/told.h"
#include "schema/model.h"
#include "schema/selection.h"
#include "store/state_store.h"

namespace flyover::migration {

using TableCuts = std::map<mysql::TableName, apply::TableCut>;

struct InitialLoadOptions {
  std::string migration{};
  Endpoints endpoints{};
  std::vector<schema::Table> tables{};  ///< as they stand on the source
  schema::Selection selection{};
  std::size_t lanes = 0;  ///< 0: see load::LoadOptions, as for chunk_bytes
  std::uint64_t chunk_bytes = 0;
  /// See load::LoadOptions.
  std::string target_session{};
  /// Outlives the load.
  base::Pace* pace = &base::Pace::unhindered();
  std::function<void(const schema::Table&)> table_loaded{};
  /// How long a table of an engine without snapshots may be locked READ while it is copied.
  std::chrono::milliseconds lock_max{0};
  /// How long to wait for XA transactions that were prepared before the start.
  std::chrono::milliseconds prepared_max{0};
  /// Called with what is waited for, and with the empty string behind it. May be null.
  Told told{};
};

/// Runs one attempt after the other until every row is in the target. `state` keeps the start
/// position and the cuts; both are on disk before the first row they describe is committed.
/// `publish` gets the loader of the attempt while it runs, and null behind it.
/// Throws when stopped (code "stopped") or when only a person can help.
void run_initial_load(const InitialLoadOptions& options, store::StateStore& state,
                      const std::function<void(load::Loader*)>& publish, std::stop_token stop);

/// The positions behind the two markers around a snapshot.
struct Window {
  mysql::BinlogPosition begin{};
  mysql::BinlogPosition end{};
};

/// Opens the loader's snapshots on `source` between two markers, with the tables locked READ over
/// that moment, and finds both markers in the binlog. `told`: see TableReadLock.
Window open_snapshots_at(const db::Endpoint& source, const std::string& migration,
                         const std::vector<mysql::TableName>& to_lock, load::Loader& loader,
                         std::stop_token stop, const Told& told);

/// Where the forward link's stream starts, as the load recorded it.
mysql::BinlogPosition recorded_start(store::StateStore& state);
/// Sets it, unless it is set.
void record_start(store::StateStore& state, const mysql::BinlogPosition& position);
/// The load begins anew at this place, in another log: what was found in the old one is forgotten.
void begin_load_at(store::StateStore& state, const mysql::BinlogPosition& position);
/// Behind it the definitions were read that the target's tables were made from; empty: unknown, as
/// on the way back.
mysql::BinlogPosition recorded_schema_position(store::StateStore& state);
/// To be recorded when a catalog that was read behind `position` (a marker, for example) turned out
/// to be what the target's tables were made from: DDL up to there is not carried out again.
void record_schema_position(store::StateStore& state, const mysql::BinlogPosition& position);
/// The log that the position is in is gone: it says nothing of another one.
void forget_schema_position(store::StateStore& state);
/// The link runs the other way now: what was recorded about the load says nothing about it.
void forget_load(store::StateStore& state);
/// From when on each table's changes count on the link that runs now.
TableCuts recorded_cuts(store::StateStore& state);
void record_cuts(store::StateStore& state, const TableCuts& cuts);

}  // namespace flyover::migration
