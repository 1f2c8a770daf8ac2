#pragma once
// The changes of many of the source's transactions, taken out of their order as far as that leaves
// no trace, so that they can be written many at a time.
//
//   collapsed   one stage: what all changes of each row come to
//   all         every change. A stage has no two changes that meet in a value of a unique key, and
//               stands behind the stages of the changes before it that it meets there

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "apply/net_changes.h"
#include "apply/table_plan.h"
#include "binlog/transaction.h"

namespace flyover::apply {

/// Not thread-safe. The transactions must outlive it.
class ChangeStages {
 public:
  enum class Keeps { collapsed, all };

  ChangeStages(const PlanSet& plans, Keeps keeps) : plans_(&plans), keeps_(keeps) {}

  /// The next transaction in the source's order; one for which nets() is true. False: it does not
  /// follow from those before it. Then nothing here counts.
  bool add(const binlog::Transaction& transaction);

  std::span<NetChanges> stages() { return stages_; }
  /// Row changes taken so far.
  std::size_t changes() const { return changes_; }
  bool empty() const { return changes_ == 0; }
  void clear();

 private:
  /// The values of one unique key; numbers are stages, plus one.
  struct KeySpace {
    std::uint32_t last = 0;     ///< some value was met there
    std::uint32_t unknown = 0;  ///< likewise, one that may equal any other
  };

  /// Where the change belongs; notes that it stands there.
  std::size_t stage_of(const TablePlan& plan, const binlog::RowsChange& changes, std::size_t row);

  const PlanSet* plans_;
  const Keeps keeps_;
  std::vector<NetChanges> stages_;
  std::unordered_map<std::uint64_t, std::uint32_t> values_;  ///< by hash: the last stage, plus one
  std::unordered_map<std::uint64_t, KeySpace> keys_;         ///< by KeyDefinition::seed
  std::size_t changes_ = 0;
};

}  // namespace flyover::apply
