#include "base/lane_controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace flyover::base {
namespace {

// Lanes after `intervals` of a server on which `rate` passes with so many lanes, and how many
// intervals were spent elsewhere than at the best number.
unsigned lanes_after(LaneController& controller, const std::function<double(unsigned)>& rate,
                     int intervals) {
  for (int i = 0; i < intervals; ++i) controller.observe(rate(controller.lanes()));
  return controller.lanes();
}

TEST(LaneController, TakesAsManyAsBringSomething) {
  LaneController controller(2, 8);
  const auto until_five = [](unsigned lanes) { return 10.0 * std::min(lanes, 5U); };
  lanes_after(controller, until_five, 10);
  int best = 0;
  for (int i = 0; i < 100; ++i) {
    controller.observe(until_five(controller.lanes()));
    EXPECT_GE(controller.lanes(), 4U);
    EXPECT_LE(controller.lanes(), 6U);
    best += controller.lanes() == 5 ? 1 : 0;
  }
  EXPECT_GT(best, 85);
}

TEST(LaneController, StaysWhereMoreCosts) {
  LaneController controller(2, 8);
  int more = 0;
  for (int i = 0; i < 100; ++i) {
    controller.observe(100.0 / controller.lanes());
    more += controller.lanes() > 2 ? 1 : 0;
  }
  EXPECT_LT(more, 15);
}

TEST(LaneController, GivesBackWhatBringsNothingAnyMore) {
  LaneController controller(1, 8);
  EXPECT_EQ(lanes_after(
                controller, [](unsigned lanes) { return 10.0 * lanes; }, 20),
            8U);
  const unsigned left = lanes_after(
      controller, [](unsigned) { return 10.0; }, 60);
  EXPECT_LE(left, 2U);
}

TEST(LaneController, HasBounds) {
  LaneController one(1, 1);
  EXPECT_EQ(lanes_after(
                one, [](unsigned) { return 5.0; }, 9),
            1U);
  LaneController idle(3, 2);
  EXPECT_EQ(lanes_after(
                idle, [](unsigned) { return 0.0; }, 9),
            3U);
}

}  // namespace
}  // namespace flyover::base
