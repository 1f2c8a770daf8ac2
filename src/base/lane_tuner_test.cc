#include "base/lane_tuner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace flyover::base {
namespace {

TEST(LaneTuner, OpensNoMoreLanesThanThereAreChunks) {
  EXPECT_EQ(LaneTuner({.data_bytes = 0, .chunk_bytes = 16}).most(), 2U);
  EXPECT_EQ(LaneTuner({.data_bytes = 64, .chunk_bytes = 16}).most(), 4U);
  EXPECT_EQ(LaneTuner({.data_bytes = 1ULL << 40, .chunk_bytes = 16}).most(), 8U);
}

TEST(LaneTuner, KeepsWhatIsFixed) {
  LaneTuner tuner({.lanes = 5, .data_bytes = 1});
  EXPECT_TRUE(tuner.fixed());
  EXPECT_EQ(tuner.most(), 5U);
  EXPECT_EQ(tuner.lanes(), 5U);
  tuner.wait_for_turn(4, {});
}

TEST(LaneTuner, LanesWaitForTheirTurnOrTheEnd) {
  LaneTuner tuner({.data_bytes = 1ULL << 40});
  tuner.wait_for_turn(1, {});
  std::atomic<int> passed = 0;
  const auto wait = [&](std::stop_token stop) {
    tuner.wait_for_turn(7, stop);
    ++passed;
  };
  std::stop_source stop;
  std::thread stopped(wait, stop.get_token());
  stop.request_stop();
  stopped.join();
  std::thread ended(wait, std::stop_token());
  tuner.nothing_left();
  ended.join();
  EXPECT_EQ(passed, 2);
  // Once more there is something: the lane waits again.
  tuner.begin();
  std::stop_source again;
  std::thread waits(wait, again.get_token());
  EXPECT_EQ(passed, 2);
  again.request_stop();
  waits.join();
  EXPECT_EQ(passed, 3);
}

}  // namespace
}  // namespace flyover::base
