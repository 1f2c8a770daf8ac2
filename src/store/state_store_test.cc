#include "store/state_store.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace flyover::store
