#include "apply/work_board.h"

#include <gtest/gtest.h>

#include <thread>

#include "apply/test_rows.h"

namespace flyover::apply {
namespace {

class WorkBoardTest : public testing::Test {
 protected:
  Task task(std::uint64_t end, bool first = true, bool last = true) {
    Task out{.bytes = 1, .rows = 1};
    out.transaction = test::transaction(end);
    out.transaction.first = first;
    out.transaction.last = last;
    return out;
  }
  void submit(Task one) { ASSERT_TRUE(board_.submit(std::move(one), {}, {})); }

  PlanSet plans_{{}, {}, false};
  WorkBoard board_{plans_, {.transactions = 2, .rows = 10, .bytes = 100, .rows_ahead = 1}, 1000};
};

TEST_F(WorkBoardTest, BatchesAreConsecutiveAndEndInTheirOrder) {
  for (std::uint64_t end = 1; end <= 3; ++end) submit(task(end));
  const Batch one = board_.take(0, {});
  const Batch two = board_.take(1, {});
  EXPECT_EQ(one.tasks.size(), 2U);
  ASSERT_EQ(two.tasks.size(), 1U);
  EXPECT_EQ(two.tasks[0].transaction.end.offset, 3U);
  EXPECT_TRUE(board_.has_turn(one));
  EXPECT_FALSE(board_.has_turn(two));
  board_.complete(one);
  EXPECT_TRUE(board_.wait_turn(two, {}));
  EXPECT_EQ(board_.applied_position().offset, 2U);
  board_.complete(two);
  EXPECT_EQ(board_.applied_position().offset, 3U);
  EXPECT_TRUE(board_.idle());
}

TEST_F(WorkBoardTest, PartsStayWithTheWorkerThatHasTheFirst) {
  submit(task(2, true, false));
  const Batch first = board_.take(0, {});
  board_.complete(first);
  submit(task(3, false, true));
  Batch other;
  std::jthread worker([&](std::stop_token stop) { other = board_.take(1, stop); });
  const Batch rest = board_.take(0, {});
  EXPECT_EQ(rest.tasks.size(), 1U);
  worker.request_stop();
  worker.join();
  EXPECT_TRUE(other.tasks.empty());
  board_.complete(rest);
  submit(task(4));
  EXPECT_EQ(board_.take(1, {}).tasks.size(), 1U);
}

TEST_F(WorkBoardTest, BatchesRunBesideEachOtherUnlessTheyConflict) {
  for (std::uint64_t end = 1; end <= 6; ++end) submit(task(end));
  const Batch one = board_.take(0, {});
  const Batch two = board_.take(1, {});
  const Batch three = board_.take(2, {});
  EXPECT_TRUE(board_.wait_to_run(one, {.keys = {{1, true}}}, {}));
  EXPECT_TRUE(board_.wait_to_run(two, {.keys = {{2, true}}}, {}));
  bool runs = false;
  std::jthread waiting([&] { runs = board_.wait_to_run(three, {.keys = {{1, true}}}, {}); });
  board_.make_way(one);
  EXPECT_FALSE(board_.wait_to_commit(two, {})) << "the first wants its locks";
  board_.complete(one);
  waiting.join();
  EXPECT_TRUE(runs);
  EXPECT_TRUE(board_.wait_to_commit(two, {}));
}

TEST_F(WorkBoardTest, LocksAreNotKeptForever) {
  for (std::uint64_t end = 1; end <= 4; ++end) submit(task(end));
  const Batch one = board_.take(0, {});
  const Batch two = board_.take(1, {});
  EXPECT_TRUE(board_.wait_to_run(one, {}, {}));
  EXPECT_TRUE(board_.wait_to_run(two, {}, {}));
  EXPECT_FALSE(board_.wait_to_commit(two, {})) << "the first did not end, and may wait for them";
}

}  // namespace
}  // namespace flyover::apply
