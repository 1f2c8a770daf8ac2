#include "proxy/gate.h"

#include <gtest/gtest.h>

namespace flyover::proxy {
namespace {

using namespace std::chrono_literals;
using base::Side;

const Clock::time_point kNow{};

TEST(Gate, HoldsOnlyWhatIsOutsideATransaction) {
  Gate gate(Side::source, 4);
  EXPECT_FALSE(gate.must_hold({}));
  ASSERT_TRUE(gate.hold(4, kNow, 1s, 5s).ok());
  EXPECT_TRUE(gate.must_hold({}));
  EXPECT_FALSE(gate.must_hold({.in_transaction = true}));
  EXPECT_FALSE(gate.must_hold({.draining = true}));
}

TEST(Gate, MovesWithAHigherEpochOnly) {
  Gate gate(Side::source, 4);
  ASSERT_TRUE(gate.hold(4, kNow, 1s, 5s).ok());
  EXPECT_EQ(gate.release(Side::target, 4).error().code, "proxy.stale_epoch");
  EXPECT_EQ(gate.release(Side::source, 3).error().code, "proxy.stale_epoch");
  EXPECT_TRUE(gate.holding());
  ASSERT_TRUE(gate.release(Side::target, 5).ok());
  EXPECT_EQ(gate.active(), Side::target);
  EXPECT_EQ(gate.epoch(), 5u);
  EXPECT_FALSE(gate.holding());
}

TEST(Gate, GoesBackWithTheSameEpoch) {
  Gate gate(Side::source, 4);
  ASSERT_TRUE(gate.hold(4, kNow, 1s, 5s).ok());
  ASSERT_TRUE(gate.release(Side::source, 4).ok());
  EXPECT_EQ(gate.active(), Side::source);
}

TEST(Gate, AHoldForAnotherEpochIsRefused) {
  Gate gate(Side::source, 4);
  EXPECT_EQ(gate.hold(3, kNow, 1s, 5s).error().code, "proxy.stale_epoch");
  EXPECT_EQ(gate.hold(5, kNow, 1s, 5s).error().code, "proxy.stale_epoch");
  EXPECT_FALSE(gate.holding());
}

TEST(Gate, ExpiresAndIsExtended) {
  Gate gate(Side::source, 4);
  ASSERT_TRUE(gate.hold(4, kNow, 1s, 5s).ok());
  EXPECT_FALSE(gate.limit_passed(kNow + 999ms));
  EXPECT_TRUE(gate.limit_passed(kNow + 1s));
  EXPECT_FALSE(gate.expired(kNow + 4s));
  EXPECT_TRUE(gate.expired(kNow + 5s));
  ASSERT_TRUE(gate.hold(4, kNow + 4s, 1s, 5s).ok());
  EXPECT_FALSE(gate.expired(kNow + 5s));
  EXPECT_EQ(gate.held_since(), kNow);
}

}  // namespace
}  // namespace flyover::proxy
