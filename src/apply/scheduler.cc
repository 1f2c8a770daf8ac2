#include "apply/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace flyover::apply {

Scheduler::Scheduler(std::size_t workers) : workers_(workers) {
  FLYOVER_CHECK(workers > 0);
}

std::optional<std::size_t> Scheduler::worker_to_follow(const ConflictKeys& keys) const {
  std::size_t follow = workers_.size();
  const auto must_follow = [&](std::size_t worker) {
    if (follow != workers_.size() && follow != worker) return false;
    follow = worker;
    return true;
  };
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const bool conflicts = keys.serial ? workers_[i].transactions > 0 : workers_[i].serial > 0;
    if (conflicts && !must_follow(i)) return std::nullopt;
  }
  for (const ConflictKey& key : keys.keys) {
    const auto found = holders_.find(key.hash);
    if (found == holders_.end()) continue;
    for (const Holder& holder : found->second) {
      if (!key.exclusive && holder.exclusive == 0) continue;
      if (!must_follow(holder.worker)) return std::nullopt;
    }
  }
  return follow;
}

std::size_t Scheduler::least_loaded() const {
  const auto least =
      std::min_element(workers_.begin(), workers_.end(),
                       [](const Worker& a, const Worker& b) { return a.load < b.load; });
  return static_cast<std::size_t>(least - workers_.begin());
}

std::optional<Scheduler::Assignment> Scheduler::offer(ConflictKeys keys, std::uint64_t weight) {
  const auto follow = worker_to_follow(keys);
  if (!follow) return std::nullopt;
  const bool free = *follow == workers_.size();
  const std::size_t worker = keys.continues ? last_worker_ : free ? least_loaded() : *follow;
  FLYOVER_CHECK(!keys.continues || free || worker == *follow);
  last_worker_ = worker;
  for (const ConflictKey& key : keys.keys) {
    std::vector<Holder>& of_key = holders_[key.hash];
    auto holder = std::find_if(of_key.begin(), of_key.end(),
                               [&](const Holder& h) { return h.worker == worker; });
    if (holder == of_key.end()) holder = of_key.insert(holder, Holder{.worker = worker});
    ++(key.exclusive ? holder->exclusive : holder->shared);
  }
  workers_[worker].load += weight;
  ++workers_[worker].transactions;
  if (keys.serial) ++workers_[worker].serial;
  const std::uint64_t sequence = next_sequence_++;
  running_.emplace(sequence, Running{worker, weight, std::move(keys)});
  return Assignment{sequence, worker};
}

std::uint64_t Scheduler::skip() {
  const std::uint64_t sequence = next_sequence_++;
  finish(sequence);
  return sequence;
}

void Scheduler::complete(std::uint64_t sequence) {
  const auto found = running_.find(sequence);
  FLYOVER_CHECK(found != running_.end());
  release(found->second);
  running_.erase(found);
  finish(sequence);
}

void Scheduler::release(const Running& running) {
  for (const ConflictKey& key : running.keys.keys) {
    const auto of_key = holders_.find(key.hash);
    FLYOVER_CHECK(of_key != holders_.end());
    const auto holder = std::find_if(of_key->second.begin(), of_key->second.end(),
                                     [&](const Holder& h) { return h.worker == running.worker; });
    FLYOVER_CHECK(holder != of_key->second.end());
    --(key.exclusive ? holder->exclusive : holder->shared);
    if (holder->exclusive == 0 && holder->shared == 0) of_key->second.erase(holder);
    if (of_key->second.empty()) holders_.erase(of_key);
  }
  Worker& worker = workers_[running.worker];
  worker.load -= running.weight;
  --worker.transactions;
  if (running.keys.serial) --worker.serial;
}

void Scheduler::finish(std::uint64_t sequence) {
  completed_beyond_.insert(sequence);
  while (!completed_beyond_.empty() && *completed_beyond_.begin() == low_water_ + 1) {
    completed_beyond_.erase(completed_beyond_.begin());
    ++low_water_;
  }
}

}  // namespace flyover::apply
