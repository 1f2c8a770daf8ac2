#include "migration/throttle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "base/error.h"

namespace flyover::migration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Throttle, WithoutLimitsNothingWaits) {
  const ThrottleVerdict verdict =
      judge({}, {.threads_running = 900, .history_list_length = 900, .replica_lag_ms = 900});
  EXPECT_THAT(verdict.load, IsEmpty());
  EXPECT_THAT(verdict.compare, IsEmpty());
  EXPECT_THAT(verdict.snapshots, IsEmpty());
}

TEST(Throttle, EachLimitHoldsBackWhatItConcerns) {
  const ThrottleLimits limits{
      .threads_running_max = 10, .history_list_length_max = 1000, .replica_lag_ms_max = 500};
  const ThrottleMeasures calm{
      .threads_running = 10, .history_list_length = 1000, .replica_lag_ms = 500};
  EXPECT_THAT(judge(limits, calm).load, IsEmpty());
  EXPECT_THAT(judge(limits, calm).snapshots, IsEmpty());

  ThrottleMeasures busy = calm;
  busy.threads_running = 11;
  EXPECT_THAT(judge(limits, busy).load, HasSubstr("Threads_running"));
  EXPECT_THAT(judge(limits, busy).compare, HasSubstr("11"));

  ThrottleMeasures late = calm;
  late.replica_lag_ms = 501;
  EXPECT_THAT(judge(limits, late).load, HasSubstr("lag"));
  // A comparison that waits would only keep its snapshots longer.
  EXPECT_THAT(judge(limits, late).compare, IsEmpty());

  ThrottleMeasures long_history = calm;
  long_history.history_list_length = 1001;
  EXPECT_THAT(judge(limits, long_history).snapshots, HasSubstr("history"));
  EXPECT_THAT(judge(limits, long_history).load, IsEmpty());
}

TEST(Throttle, WhatCanNotBeMeasuredCountsAsAboveItsLimit) {
  EXPECT_THAT(judge({.threads_running_max = 10}, {}).load, HasSubstr("can not be measured"));
  EXPECT_THAT(judge({.history_list_length_max = 1}, {}).snapshots,
              HasSubstr("can not be measured"));
}

TEST(Throttle, ChangesAreChecked) {
  const ThrottleLimits limits =
      changed({.rows_per_s_max = 5}, {{"threads_running_max", 7}, {"rows_per_s_max", 0}});
  EXPECT_EQ(limits, (ThrottleLimits{.threads_running_max = 7}));
  EXPECT_EQ(changed({}, to_json(limits)), limits);
  EXPECT_THROW(changed({}, {{"thread_running", 7}}), base::ErrorException);
  EXPECT_THROW(changed({}, {{"rows_per_s_max", -1}}), base::ErrorException);
  EXPECT_THROW(changed({}, {{"rows_per_s_max", "7"}}), base::ErrorException);
}

TEST(RowRate, LanesTogetherStayBelowIt) {
  RowRate rate;
  rate.set(10'000);
  const auto begin = RowRate::Clock::now();
  {
    std::vector<std::thread> lanes;
    for (int lane = 0; lane < 3; ++lane) {
      lanes.emplace_back([&rate] {
        for (int i = 0; i < 10; ++i) rate.passed(100, {});
      });
    }
    for (std::thread& lane : lanes) lane.join();
  }
  // 3000 rows passed. Only too early would be wrong; a busy machine may take longer.
  EXPECT_GE(RowRate::Clock::now() - begin, std::chrono::milliseconds(290));
}

TEST(RowRate, WhoWaitsNoticesAChangeAndAStop) {
  RowRate rate;
  rate.set(1);
  std::jthread waits([&rate](const std::stop_token& stop) { rate.passed(1'000'000, stop); });
  rate.set(0);
  waits.join();

  rate.set(1);
  std::jthread stopped([&rate](const std::stop_token& stop) { rate.passed(1'000'000, stop); });
  stopped.request_stop();
  stopped.join();
}

}  // namespace
}  // namespace flyover::migration
