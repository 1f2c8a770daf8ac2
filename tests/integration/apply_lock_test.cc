// Locks of others on the target: what was answered well but is not there is written again.

#include <thread>

#include "apply_fixture.h"

namespace flyover::test {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces)

class ApplyLocks : public ApplyFixture {};
INSTANTIATE_TEST_SUITE_P(Directions, ApplyLocks, testing::Values(false),
                         [](const auto& /*direction*/) { return "Forward"; });

// The cascade of DELETE FROM parent WHERE k = 2 writes NULL for the child's 2, into the gap that
// `other` locks; then `other` wants what the transaction holds. 9.7 answers that DELETE with OK.
TEST_P(ApplyLocks, ADeadlockInACascadeIsNoticedAndTriedAgain) {
  recreate_schema({"CREATE TABLE parent (k INT PRIMARY KEY) ENGINE=InnoDB",
                   "INSERT INTO parent VALUES (1),(2),(3)",
                   "CREATE TABLE child (id INT PRIMARY KEY, k INT, FOREIGN KEY (k) REFERENCES "
                   "parent (k) ON DELETE SET NULL) ENGINE=InnoDB",
                   "INSERT INTO child VALUES (1, 2), (2, 3)",
                   "CREATE TABLE account (id INT PRIMARY KEY, v INT) ENGINE=InnoDB",
                   "INSERT INTO account VALUES (1, 1)",
                   // The server gives up on the transaction that has changed less.
                   "CREATE TABLE heavy (id INT PRIMARY KEY, v INT) ENGINE=InnoDB",
                   "INSERT INTO heavy VALUES (1,1),(2,2),(3,3),(4,4),(5,5),(6,6),(7,7),(8,8)"});
  from_.execute("BEGIN");
  from_.execute("UPDATE account SET v = 2 WHERE id = 1");
  from_.execute("DELETE FROM parent WHERE k = 2");
  from_.execute("COMMIT");
  auto transactions = capture(start_);
  auto other = db::Connection::open(endpoint(base::Side::target));
  other.execute("USE " + name_);
  other.execute("BEGIN");
  other.execute("DELETE FROM child WHERE k = 1");
  other.execute("UPDATE heavy SET v = v + 1");

  apply::ApplierStats stats;
  std::jthread applier([&] { stats = apply_all(std::move(transactions)); });
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (count(to_, "performance_schema.data_lock_waits") == 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "nothing waits for the gap";
    std::this_thread::sleep_for(10ms);
  }
  other.execute("UPDATE account SET v = 3 WHERE id = 1");
  other.execute("ROLLBACK");
  applier.join();

  EXPECT_GE(stats.retries, 1U);
  EXPECT_EQ(count(to_, "account WHERE v = 2"), 1U);
  EXPECT_EQ(count(to_, "child WHERE k IS NULL"), 1U);
  expect_equal();
}

}  // namespace
}  // namespace flyover::test
