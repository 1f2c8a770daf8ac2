#include "apply/prepared_batch.h"

#include <algorithm>

#include "apply/change_stages.h"
#include "apply/net_script.h"
#include "base/error.h"

namespace flyover::apply {
namespace {

/// Turns one task after the other into steps.
class Preparation {
 public:
  Preparation(PreparedBatch& out, BatchForm form, const PlanSet& plans,
              const mysql::Version& target)
      : out_(out),
        form_(form),
        plans_(plans),
        target_(target),
        gathered_(plans, form == BatchForm::collapsed ? ChangeStages::Keeps::collapsed
                                                      : ChangeStages::Keeps::all),
        builder_(plans) {}

  /// False: the changes do not follow from each other.
  bool add(const Task& task);
  void finish() {
    end_gathered();
    end_script();
  }

 private:
  void end_gathered();
  void end_script();

  PreparedBatch& out_;
  const BatchForm form_;
  const PlanSet& plans_;
  const mysql::Version& target_;
  ChangeStages gathered_;
  std::vector<const Task*> gathered_tasks_;
  ScriptBuilder builder_;
};

bool Preparation::add(const Task& task) {
  out_.changes += task.rows;
  const bool stepwise = task.window || task.plain;
  if (form_ != BatchForm::one_by_one && !stepwise && nets(task.transaction, plans_)) {
    end_script();
    gathered_tasks_.push_back(&task);
    return gathered_.add(task.transaction);
  }
  end_gathered();
  out_.rows += task.rows;
  if (stepwise) {
    end_script();
    out_.steps.push_back({.stepwise = &task});
  } else {
    builder_.add(task.transaction);
  }
  return true;
}

void Preparation::end_gathered() {
  if (gathered_.empty()) return;
  // Where nearly every change meets the one before, each is a statement anyway.
  const bool worth_it =
      form_ == BatchForm::collapsed || 2 * gathered_.stages().size() <= gathered_.changes();
  if (worth_it) {
    out_.steps.push_back({.statements = net_script(gathered_.stages(), target_)});
    for (NetChanges& stage : gathered_.stages()) {
      for (const NetTable& table : stage.tables()) out_.rows += table.rows.size();
    }
    out_.nets = true;
  } else {
    for (const Task* task : gathered_tasks_) {
      builder_.add(task->transaction);
      out_.rows += task->rows;
    }
  }
  gathered_.clear();
  gathered_tasks_.clear();
}

void Preparation::end_script() {
  std::vector<Statement> statements = builder_.take();
  if (!statements.empty()) out_.steps.push_back({.statements = std::move(statements)});
}

bool prepare_steps(PreparedBatch& out, BatchForm form, const PlanSet& plans,
                   const mysql::Version& target) {
  Preparation preparation(out, form, plans, target);
  for (const Task& task : out.tasks) {
    if (!preparation.add(task)) return false;
  }
  preparation.finish();
  return true;
}

}  // namespace

PreparedBatch prepare_batch(std::span<const Task> tasks, BatchForm form, const PlanSet& plans,
                            const mysql::Version& target) {
  PreparedBatch out{.tasks = tasks};
  try {
    if (prepare_steps(out, form, plans, target)) return out;
    // Applied as they came, they meet the row at which the target differs.
    out = {.tasks = tasks};
    prepare_steps(out, BatchForm::one_by_one, plans, target);
  } catch (const base::ErrorException&) {
    out.problem = std::current_exception();
  }
  return out;
}

}  // namespace flyover::apply
