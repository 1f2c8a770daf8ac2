#pragma once
// What a worker throws when a table's rows can not be followed any further, but copied again.

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "mysql/identifier.h"

namespace flyover::apply {

inline constexpr std::string_view kNeedsCopyCode = "apply.needs_copy";

/// Nothing of the transaction it happened in is applied. After the table was suspended, a new link
/// may go on from the checkpoint.
class NeedsCopy : public base::ErrorException {
 public:
  NeedsCopy(mysql::TableName table, const std::string& why)
      : base::ErrorException({.code = std::string(kNeedsCopyCode),
                              .side = base::Side::target,
                              .action = base::Action::retry,
                              .message = table.to_string() + " has to be copied again: " + why}),
        table_(std::move(table)),
        why_(why) {}

  const mysql::TableName& table() const { return table_; }
  const std::string& why() const { return why_; }

 private:
  mysql::TableName table_;
  std::string why_;
};

}  // namespace flyover::apply
