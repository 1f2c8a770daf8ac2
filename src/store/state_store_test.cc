#include "store/state_store.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>
#include <vector>

#include "base/error.h"

namespace flyover::store {
namespace {

TEST(StateStore, RemembersOverAReopen) {
  const std::filesystem::path file = testing::TempDir() + "/state_store_test.db";
  std::filesystem::remove(file);
  {
    StateStore store(file);
    EXPECT_EQ(store.get("phase"), std::nullopt);
    store.set("phase", "load");
    store.set("phase", "replicating");
    store.add_event("a", "first");
    store.add_event("b", "second");
    store.journal_begin("gate", "{}");
    store.journal_begin("fence", std::string_view("x\0y", 3));
    store.journal_done("gate");
  }
  StateStore store(file);
  EXPECT_EQ(store.get("phase"), "replicating");
  ASSERT_EQ(store.recent_events(1).size(), 1U);
  EXPECT_EQ(store.recent_events(1)[0].text, "second");
  const auto journal = store.journal();
  ASSERT_EQ(journal.size(), 2U);
  EXPECT_TRUE(journal[0].done);
  EXPECT_FALSE(journal[1].done);
  EXPECT_EQ(journal[1].detail, std::string_view("x\0y", 3));
  store.journal_clear();
  EXPECT_TRUE(store.journal().empty());
}

TEST(StateStore, ManyMayMakeItAtOnce) {
  // `flyover run` begins while `flyover status` looks.
  constexpr int kRounds = 30;
  constexpr int kThreads = 4;
  const std::filesystem::path file = testing::TempDir() + "/state_store_at_once.db";
  for (int round = 0; round < kRounds; ++round) {
    for (const char* const more : {"", "-wal", "-shm"}) {
      std::filesystem::remove(file.string() + more);
    }
    std::latch together(kThreads);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        together.arrive_and_wait();
        try {
          StateStore store(file);
          store.set("key" + std::to_string(i), "value");
          EXPECT_EQ(store.get("key" + std::to_string(i)), "value");
        } catch (const base::ErrorException& e) {
          ADD_FAILURE() << e.what();
        }
      });
    }
  }
}

}  // namespace
}  // namespace flyover::store
