#pragma once
// Who carries out the statements in the log that change definitions.

#include <stop_token>

#include "binlog/transaction.h"

namespace flyover::apply {

class StatementHandler {
 public:
  virtual ~StatementHandler() = default;

  /// True for statements that carry_out() must see. Pure; thread-safe.
  virtual bool concerns(const binlog::StatementChange& statement) const = 0;

  /// Called by the dispatching thread with everything before the statement applied and in the
  /// checkpoint, and nothing behind it begun. True: tables changed, so that what lies behind has to
  /// be read anew with their definitions; the applier ends with an error of Action::retry, code
  /// kDefinitionsChanged. Throws what ends the applier.
  virtual bool carry_out(const binlog::Transaction& transaction,
                         const binlog::StatementChange& statement, std::stop_token stop) = 0;
};

/// Code of the error with which an applier ends behind a statement that changed tables.
inline constexpr const char* kDefinitionsChanged = "apply.definitions_changed";

}  // namespace flyover::apply
