#pragma once
// One instant on both sides of a running link, for a comparison.
//
// The source's snapshots are opened, then a marker is written there; the applier is held exactly
// behind the marker while the target's snapshots are opened. What the source committed between its
// snapshots and the marker is therefore on the target only: a few transactions, whose rows are
// looked at again. Tables named for locking are locked READ on the source over that moment, so for
// them both snapshots are exactly equal.

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "migration/link.h"
#include "migration/told.h"
#include "verify/verifier.h"

namespace flyover::migration {

/// Valid as long as the link it was made for runs. `told`: see TableReadLock.
class MarkerInstant : public verify::Instant {
 public:
  MarkerInstant(Link& link, Told told, std::stop_token stop)
      : link_(link), told_(std::move(told)), stop_(std::move(stop)) {}

  void at_one_instant(const std::vector<mysql::TableName>& locked_tables,
                      const std::function<void()>& open_source_snapshots,
                      const std::function<void()>& open_target_snapshots) override;
  /// The table is locked READ on the source, or the applier stays held, whichever side has no
  /// snapshots of it.
  void while_still(const schema::Table& table, const std::function<void()>& open_source_snapshots,
                   const std::function<void()>& open_target_snapshots,
                   const std::function<void()>& compare) override;

 private:
  Link& link_;
  Told told_;
  std::stop_token stop_;
};

/// Lets a held applier go on at the end of its life.
class ReleaseApplier {
 public:
  explicit ReleaseApplier(apply::Applier& applier) : applier_(applier) {}
  ~ReleaseApplier() { applier_.release(); }
  ReleaseApplier(const ReleaseApplier&) = delete;
  ReleaseApplier& operator=(const ReleaseApplier&) = delete;

 private:
  apply::Applier& applier_;
};

/// LOCK TABLES … READ over the life of the object, in a session of its own: no transaction that
/// writes to the tables is open or commits meanwhile. Waits at most a second for those under way,
/// so that the ones behind it never wait longer, and tries again. `told`, which may be null, is
/// called with what is waited for when a first try was in vain, and with the empty string when
/// nothing is any more. Throws with Action::retry when there is never a gap.
class TableReadLock {
 public:
  TableReadLock(const db::Endpoint& endpoint, const std::vector<mysql::TableName>& tables,
                std::stop_token stop, const Told& told);

 private:
  std::optional<db::Connection> connection_;
};

}  // namespace flyover::migration
