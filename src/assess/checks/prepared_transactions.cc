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
  // An older server has their rows in its log only when they are committed.
  const bool copy_waits = context.source.connection.version().at_least(5, 7, 7);
  context.warning("source",
                  fmt::format("{} XA transactions are prepared and neither committed nor rolled "
                              "back; until they are, no switch begins{}: {}",
                              stay.size(), copy_waits ? ", and nothing is copied" : "",
                              schema::describe_xa(stay)),
                  "XA RECOVER; then XA COMMIT or XA ROLLBACK for each, by whoever owns them");
}

}  // namespace flyover::assess
