#include "migration/prepared_wait.h"

#include <fmt/format.h>

#include <set>

#include "base/backoff.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "migration/control_rows.h"
#include "migration/stopped.h"
#include "schema/prepared_xa.h"

namespace flyover::migration {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPause{70};
/// Between the two looks that find out which are prepared.
constexpr milliseconds kBetweenLooks{300};
/// Shorter waits are nobody's concern.
constexpr milliseconds kTellAfter{1000};

/// What may have been prepared before the position that was read before this call. A server lists
/// a transaction a moment after its XA PREPARE is in the log. The marker's commit passes the same
/// stages behind it, so only the session's last step can be outstanding then, and is done when it
/// is looked for a second time. Should it not be, the stream stops at the XA COMMIT.
std::set<std::string> prepared_before(db::Connection& source, const std::string& migration,
                                      std::stop_token stop) {
  write_marker(source, migration, "load.prepared", base::random_token());
  std::set<std::string> prepared = schema::prepared_xa(source);
  if (!base::sleep_for(kBetweenLooks, stop)) throw_stopped("waiting for XA transactions");
  prepared.merge(schema::prepared_xa(source));
  return prepared;
}

[[noreturn]] void throw_impatient(const std::set<std::string>& stay, milliseconds patience) {
  base::throw_error(
      {.code = "source.xa_prepared",
       .side = base::Side::source,
       .action = base::Action::pause,
       .message = fmt::format("{} XA transactions were prepared before the copy could begin, and "
                              "are neither committed nor rolled back for {} s: {}",
                              stay.size(), patience.count() / 1000, schema::describe_xa(stay)),
       .hint = "XA RECOVER; then XA COMMIT or XA ROLLBACK for each, by whoever owns them, and run "
               "again; or raise load.xa_wait_ms_max."});
}

}  // namespace

void wait_for_prepared(db::Connection& source, const PreparedWait& wait, std::stop_token stop) {
  // An older server writes their rows to the log at XA COMMIT.
  if (!source.version().at_least(5, 7, 7)) return;
  std::set<std::string> stay = prepared_before(source, wait.migration, stop);
  const auto begin = steady_clock::now();
  std::string last;
  while (!stay.empty()) {
    const std::set<std::string> now = schema::prepared_xa(source);
    // One that was gone and is there again is another one, behind the stream's start.
    std::erase_if(stay, [&](const std::string& identifier) { return !now.contains(identifier); });
    if (stay.empty()) break;
    const auto waited = steady_clock::now() - begin;
    if (waited > wait.patience) throw_impatient(stay, wait.patience);
    if (waited > kTellAfter) {
      std::string text = fmt::format(
          "waiting for {} XA transactions that are prepared: {}; XA COMMIT or XA "
          "ROLLBACK each of them, by whoever owns them",
          stay.size(), schema::describe_xa(stay));
      if (text != last && wait.told) wait.told(text);
      last = std::move(text);
    }
    if (!base::sleep_for(kPause, stop)) throw_stopped("waiting for XA transactions");
  }
  if (last.empty()) return;
  base::log::info("load.prepared", "the XA transactions that were prepared before have ended");
  if (wait.told) wait.told("");
}

}  // namespace flyover::migration
