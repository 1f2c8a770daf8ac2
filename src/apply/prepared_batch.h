#pragma once
// What is to be done on the target for a batch of source transactions. Needs no server.

#include <cstdint>
#include <exception>
#include <span>
#include <vector>

#include "apply/sql_builder.h"
#include "apply/table_plan.h"
#include "apply/task.h"
#include "mysql/version.h"

namespace flyover::apply {

enum class BatchForm {
  collapsed,  ///< the net changes of every row
  staged,     ///< every change; those that do not meet are written together
  one_by_one  ///< every change, in the source's order
};

/// Statements in the order in which a target transaction runs them.
struct Step {
  std::vector<Statement> statements{};
  const Task* stepwise = nullptr;  ///< not statements: this task's changes, one after the other
};

/// A batch ready to run; lives as long as the tasks do.
struct PreparedBatch {
  std::span<const Task> tasks{};
  std::vector<Step> steps{};
  bool nets = false;             ///< some step has changes out of their order
  std::uint64_t changes = 0;     ///< row changes that came in
  std::uint64_t rows = 0;        ///< rows that are written for them
  std::exception_ptr problem{};  ///< what preparing met; thrown when the batch is run
};

/// Changes that must keep their place (see nets()) do so in every form. `target` is the server that
/// will run it.
PreparedBatch prepare_batch(std::span<const Task> tasks, BatchForm form, const PlanSet& plans,
                            const mysql::Version& target);

}  // namespace flyover::apply
