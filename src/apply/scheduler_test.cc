#include "apply/scheduler.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace flyover::apply {
namespace {

ConflictKeys keys(std::vector<ConflictKey> list) {
  return {.keys = std::move(list)};
}

TEST(Scheduler, FreeTransactionsGoToTheLeastLoaded) {
  Scheduler scheduler(2);
  EXPECT_EQ(scheduler.offer(keys({{1, true}}), 10)->worker, 0U);
  EXPECT_EQ(scheduler.offer(keys({{2, true}}), 1)->worker, 1U);
  EXPECT_EQ(scheduler.offer(keys({{3, true}}), 1)->worker, 1U);
}

TEST(Scheduler, FollowsTheOneHolderAndWaitsForSeveral) {
  Scheduler scheduler(2);
  const auto first = *scheduler.offer(keys({{1, true}}), 10);
  const auto second = *scheduler.offer(keys({{2, true}}), 1);
  EXPECT_EQ(scheduler.offer(keys({{1, true}, {9, true}}), 1)->worker, first.worker);
  EXPECT_FALSE(scheduler.offer(keys({{1, true}, {2, true}}), 1).has_value());
  scheduler.complete(second.sequence);
  EXPECT_EQ(scheduler.offer(keys({{1, true}, {2, true}}), 1)->worker, first.worker);
}

TEST(Scheduler, PartsStayWithTheirSessionAlsoWhenNothingRuns) {
  Scheduler scheduler(2);
  const auto other = *scheduler.offer(keys({{1, true}}), 10);
  const auto before = *scheduler.offer(keys({{2, true}}), 1);
  ASSERT_EQ(before.worker, 1U);
  scheduler.complete(other.sequence);
  const auto begin = *scheduler.offer({.serial = true}, 1);
  EXPECT_EQ(begin.worker, 1U);
  scheduler.complete(before.sequence);
  scheduler.complete(begin.sequence);
  EXPECT_EQ(scheduler.offer({.serial = true, .continues = true}, 1)->worker, 1U);
}

TEST(Scheduler, SharedHoldersDoNotConflict) {
  Scheduler scheduler(2);
  EXPECT_EQ(scheduler.offer(keys({{1, false}}), 1)->worker, 0U);
  EXPECT_EQ(scheduler.offer(keys({{1, false}}), 1)->worker, 1U);
  EXPECT_FALSE(scheduler.offer(keys({{1, true}}), 1).has_value());
}

TEST(Scheduler, SerialRunsBehindOneWorkerAndHoldsBackTheRest) {
  Scheduler scheduler(2);
  const auto first = *scheduler.offer(keys({{1, true}}), 1);
  EXPECT_EQ(scheduler.offer({.serial = true}, 1)->worker, first.worker);
  EXPECT_EQ(scheduler.offer(keys({{5, true}}), 1)->worker, first.worker);
}

TEST(Scheduler, LowWaterIsWithoutGaps) {
  Scheduler scheduler(3);
  const auto a = *scheduler.offer(keys({{1, true}}), 1);
  const auto b = *scheduler.offer(keys({{2, true}}), 1);
  EXPECT_EQ(scheduler.skip(), 3U);
  scheduler.complete(b.sequence);
  EXPECT_EQ(scheduler.low_water(), 0U);
  scheduler.complete(a.sequence);
  EXPECT_EQ(scheduler.low_water(), 3U);
  EXPECT_TRUE(scheduler.idle());
}

// The naive oracle: what is in flight, compared pair by pair.
struct InFlight {
  std::uint64_t sequence;
  std::size_t worker;
  ConflictKeys keys;
};

bool conflict(const ConflictKeys& a, const ConflictKeys& b) {
  if (a.serial || b.serial) return true;
  for (const ConflictKey& x : a.keys) {
    for (const ConflictKey& y : b.keys) {
      if (x.hash == y.hash && (x.exclusive || y.exclusive)) return true;
    }
  }
  return false;
}

ConflictKeys random_keys() {
  ConflictKeys out;
  out.serial = *rc::gen::weightedElement<bool>({{19, false}, {1, true}});
  std::set<std::uint64_t> hashes;
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) hashes.insert(*rc::gen::inRange<std::uint64_t>(0, 12));
  for (const std::uint64_t hash : hashes) {
    out.keys.push_back({hash, *rc::gen::arbitrary<bool>()});
  }
  return out;
}

RC_GTEST_PROP(Scheduler, AgreesWithTheNaiveOracle, ()) {
  const std::size_t workers = *rc::gen::inRange<std::size_t>(1, 5);
  Scheduler scheduler(workers);
  std::vector<InFlight> running;
  std::set<std::uint64_t> completed;
  std::uint64_t offered = 0;
  const int steps = *rc::gen::inRange(1, 80);
  for (int step = 0; step < steps; ++step) {
    if (!running.empty() && *rc::gen::inRange(0, 3) == 0) {
      // A worker completes its oldest.
      const std::size_t worker = running[*rc::gen::inRange<std::size_t>(0, running.size())].worker;
      const auto oldest = std::find_if(running.begin(), running.end(),
                                       [&](const InFlight& t) { return t.worker == worker; });
      completed.insert(oldest->sequence);
      scheduler.complete(oldest->sequence);
      running.erase(oldest);
    } else {
      const ConflictKeys next = random_keys();
      std::set<std::size_t> holders;
      for (const InFlight& other : running) {
        if (conflict(next, other.keys)) holders.insert(other.worker);
      }
      const auto assigned = scheduler.offer(next, 1);
      RC_ASSERT(assigned.has_value() == (holders.size() <= 1));
      if (assigned) {
        RC_ASSERT(assigned->sequence == ++offered);
        if (!holders.empty()) RC_ASSERT(assigned->worker == *holders.begin());
        running.push_back({assigned->sequence, assigned->worker, next});
      }
    }
    std::uint64_t low_water = 0;
    while (completed.contains(low_water + 1)) ++low_water;
    RC_ASSERT(scheduler.low_water() == low_water);
    RC_ASSERT(scheduler.in_flight() == running.size());
  }
}

}  // namespace
}  // namespace flyover::apply
