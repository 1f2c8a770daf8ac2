// A prepared XA transaction holds locks and rows that are neither committed nor gone, and the
// binary log has its rows at the place where it was prepared.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <thread>

#include "assess/registry.h"
#include "schema/prepared_xa.h"

namespace flyover::assess {
namespace {

// Transactions between their two phases come and go; one that was forgotten stays.
constexpr std::chrono::milliseconds kPatience{1000};

}  // namespace

void check_prepared_transactions(CheckContext& context) {
  const std::set<std::string> first = schema::prepared_xa(context.source.connection);
  if (first.empty()) return;
  std::this_thread::sleep_for(kPatience);
  const std::set<std::string> second = schema::prepared_xa(context.source.connection);
  std::set<std::string> stay;
  std::set_intersection(first.begin(), first.end(), second.begin(), second.end(),
                        std::inserter(stay, stay.end()));
  if (stay.empty()) return;
  context.blocker("source",
                  fmt::format("{} XA transactions are prepared and neither committed nor rolled "
                              "back: {}",
                              stay.size(), schema::describe_xa(stay)),
                  "XA RECOVER; then XA COMMIT or XA ROLLBACK for each, by whoever owns them");
}

}  // namespace flyover::assess
