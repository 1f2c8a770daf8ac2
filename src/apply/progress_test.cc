#include "apply/progress.h"

#include <gtest/gtest.h>

#include "apply/test_rows.h"

namespace flyover::apply {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces)

class ProgressTest : public testing::Test {
 protected:
  const PlanSet plans_{{}, {}, false};
  Progress progress_{plans_, {"b.1", 100}};
  const Progress::Clock::time_point now_ = Progress::Clock::now();
};

TEST_F(ProgressTest, TheAppliedPositionNeverGoesBack) {
  progress_.begin(1, {"b.1", 50}, {}, {});
  progress_.begin(2, {"b.1", 150}, {}, {});
  progress_.advance(1, now_, 0);
  EXPECT_EQ(progress_.applied_position(), (mysql::BinlogPosition{"b.1", 100}));
  progress_.advance(2, now_, 0);
  EXPECT_EQ(progress_.applied_position(), (mysql::BinlogPosition{"b.1", 150}));
}

TEST_F(ProgressTest, PartsBeforeTheLastDoNotMoveIt) {
  progress_.begin(1, {}, {}, {});
  progress_.advance(1, now_, 0);
  EXPECT_EQ(progress_.applied_position().offset, 100U);
}

TEST_F(ProgressTest, MarkersAreKnownWhenTheyHavePassed) {
  progress_.begin(1, {"b.1", 150}, {}, {.markers = {{.purpose = "verify", .token = "t"}}});
  EXPECT_FALSE(progress_.marker_position("t").has_value());
  progress_.advance(1, now_, 0);
  EXPECT_EQ(progress_.marker_position("t"), (mysql::BinlogPosition{"b.1", 150}));
}

TEST_F(ProgressTest, LagIsTheHeartbeatsAgeAndGrowsInSilence) {
  EXPECT_FALSE(progress_.lag(now_, 2s).has_value());
  progress_.begin(1, {"b.1", 150}, {}, {.heartbeat = HeartbeatRow{.written_us = 1'000'000}});
  progress_.advance(1, now_, 1'300'000);
  EXPECT_EQ(progress_.lag(now_ + 1s, 2s), 300ms);
  EXPECT_EQ(progress_.lag(now_ + 5s, 2s), 5300ms);
}

TEST_F(ProgressTest, AClockAheadIsNoNegativeLag) {
  progress_.begin(1, {"b.1", 150}, {}, {.heartbeat = HeartbeatRow{.written_us = 2'000'000}});
  progress_.advance(1, now_, 1'000'000);
  EXPECT_EQ(progress_.lag(now_, 2s), 0ms);
}

}  // namespace
}  // namespace flyover::apply
