#pragma once
// How far a link's target has come, kept in the target itself.
//
// Transactions are committed in the source's order, and each target transaction moves the link's
// row in flyover.checkpoint behind the last of its source transactions. So what is applied and what
// the checkpoint says are one, whatever breaks.

#include <optional>
#include <string>

#include "db/connection.h"
#include "mysql/position.h"

namespace flyover::apply {

/// Where a resume begins.
struct CheckpointState {
  /// Everything up to here is applied, nothing behind.
  mysql::BinlogPosition position{};
  /// Before `position` when XA transactions are prepared there: from here on the log must be read
  /// to know their rows.
  mysql::BinlogPosition read_from{};
};

/// The control row of one link. Holds names only; thread-safe.
class Checkpoint {
 public:
  Checkpoint(std::string migration, std::string link);

  /// Nothing: the link was never initialised. Waits for what sessions of a dead applier still have
  /// under way, so that the answer holds.
  std::optional<CheckpointState> read(db::Connection& target) const;
  /// Starts the link at `position`, forgetting what an earlier one left.
  void initialise(db::Connection& target, const mysql::BinlogPosition& position) const;
  /// The same within a transaction of the caller, which then holds the row.
  std::optional<CheckpointState> read_locked(db::Connection& target) const;
  /// Everything up to `position` is applied. Part of the session's transaction, if one is open.
  /// `needs_from`: Transaction::needs_from there.
  void move_to(db::Connection& target, const mysql::BinlogPosition& position,
               const mysql::BinlogPosition& needs_from) const;

 private:
  std::string where() const;

  std::string migration_;  // quoted
  std::string link_;       // quoted
};

}  // namespace flyover::apply
