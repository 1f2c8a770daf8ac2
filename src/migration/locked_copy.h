#pragma once
// The part of the full load that copies tables without snapshots, one after the other, each under a
// READ lock of its own. A marker is written under the lock, so the table's cut is exact.

#include <functional>
#include <stop_token>

#include "migration/initial_load.h"

namespace flyover::migration {

/// Copies every table of the options whose engine has no snapshots and that has no recorded cut. A
/// table's cut is recorded when its rows are complete and the lock proved to have lasted: a table
/// with rows but without a cut is emptied and copied anew. `publish` as for run_initial_load().
/// Throws with Action::pause when a table would be locked for longer than `lock_max`.
void copy_locked_tables(const InitialLoadOptions& options, store::StateStore& state,
                        const std::function<void(load::Loader*)>& publish, std::stop_token stop);

/// Copies the one table of `loader`, which is prepared, under a READ lock on `source`. Returns the
/// table's exact cut. Throws with Action::retry when the lock did not last, and with Action::pause
/// when it would last longer than `lock_max`. `told` tells of the wait for the lock.
mysql::BinlogPosition copy_under_lock(const db::Endpoint& source, const std::string& migration,
                                      const schema::Table& table, load::Loader& loader,
                                      std::chrono::milliseconds lock_max, const Told& told,
                                      std::stop_token stop);

}  // namespace flyover::migration
