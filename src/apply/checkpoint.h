#pragma once
// How far a link's target has come, kept in the target itself.
//
// Transactions that do not conflict commit in any order, so one position is not enough: each target
// transaction also writes the end positions of its source transactions into flyover.applied, and
// from time to time flyover.checkpoint moves up to the low-water mark and the rows below it go. A
// resume streams from the checkpoint and leaves out what flyover.applied holds.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "db/connection.h"
#include "mysql/position.h"

namespace flyover::apply {

/// Number of the binlog file and the offset in it.
using AppliedKey = std::pair<std::uint64_t, std::uint64_t>;

inline AppliedKey applied_key(const mysql::BinlogPosition& position) {
  return {position.file_number(), position.offset};
}

/// Where a resume begins, and what it leaves out.
struct CheckpointState {
  mysql::BinlogPosition position{};
  /// Before `position` when XA transactions are prepared there: from here on the log must be read
  /// to know their rows.
  mysql::BinlogPosition read_from{};
  std::set<AppliedKey> applied_beyond{};
};

/// The control rows of one link. Holds names only; thread-safe.
class Checkpoint {
 public:
  Checkpoint(std::string migration, std::string link);

  /// Nothing: the link was never initialised. Waits for what sessions of a dead applier still have
  /// under way, so that the answer holds.
  std::optional<CheckpointState> read(db::Connection& target) const;
  /// Starts the link at `position`, forgetting what an earlier one left.
  void initialise(db::Connection& target, const mysql::BinlogPosition& position) const;
  /// Every transaction up to the state's position is applied. One target transaction.
  void move_to(db::Connection& target, const CheckpointState& state) const;

  /// Statements for transactions that carry rows.
  std::string insert_applied_sql(const std::vector<mysql::BinlogPosition>& ends) const;
  /// `needs_from`: Transaction::needs_from at `position`.
  std::vector<std::string> move_sql(const mysql::BinlogPosition& position,
                                    const mysql::BinlogPosition& needs_from) const;

 private:
  std::string where() const;

  std::string migration_;  // quoted
  std::string link_;       // quoted
};

}  // namespace flyover::apply
