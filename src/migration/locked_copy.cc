#include "migration/locked_copy.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "migration/control_rows.h"
#include "migration/still_table.h"
#include "migration/stopped.h"
#include "stream/marker.h"

namespace flyover::migration {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::minutes kMarkerDeadline{5};
/// An ALTER TABLE or a LOCK TABLES … WRITE of the application waits for our lock, and our readers'
/// next chunk waits behind it.
constexpr std::chrono::seconds kDefinitionWait{3};

// A stop token that also stops when the time is over.
class StopInTime {
 public:
  StopInTime(std::stop_token outer, milliseconds after)
      : pass_on_(std::move(outer), [this] { source_.request_stop(); }),
        timer_([this, after](const std::stop_token& ended) {
          if (!base::sleep_for(after, ended)) return;
          over_ = true;
          source_.request_stop();
        }) {}

  std::stop_token token() const { return source_.get_token(); }
  bool over() const { return over_; }

 private:
  std::stop_source source_;
  std::atomic<bool> over_{false};
  std::stop_callback<std::function<void()>> pass_on_;
  std::jthread timer_;
};

[[noreturn]] void throw_locked_too_long(const schema::Table& table, milliseconds allowed) {
  base::throw_error(
      {.code = "load.locked_too_long",
       .side = base::Side::source,
       .action = base::Action::pause,
       .message =
           fmt::format("{} has engine {} and is locked READ while it is copied; the copy was "
                       "not done after {} ms, and its writers go on now",
                       table.name.to_string(), table.engine, allowed.count()),
       .hint = "Raise load.lock_ms_max when its writers may wait for longer, make it InnoDB on the "
               "source, or exclude it; then run again."});
}

}  // namespace

mysql::BinlogPosition copy_under_lock(const db::Endpoint& source, const std::string& migration,
                                      const schema::Table& table, load::Loader& loader,
                                      milliseconds lock_max, const Told& told,
                                      std::stop_token stop) {
  db::Connection session = db::Connection::open(source);
  const mysql::BinlogPosition from = stream::current_position(session);
  const std::string token = base::random_token();
  {
    StillTable still(source, table, stop, told);
    const auto locked_at = steady_clock::now();
    write_marker(session, migration, "copy.locked", token);
    loader.open_readers(kDefinitionWait);
    FLYOVER_FAULT("load.table_locked");
    const StopInTime bounded(stop, lock_max);
    if (loader.run(bounded.token()) == load::LoadResult::stopped) {
      if (bounded.over()) throw_locked_too_long(table, lock_max);
      throw_stopped("copying " + table.name.to_string());
    }
    still.check();
    const auto held = std::chrono::duration_cast<milliseconds>(steady_clock::now() - locked_at);
    base::log::info("load.table_unlocked", "{} was locked READ for {} ms", table.name.to_string(),
                    held.count());
  }
  const auto deadline = steady_clock::now() + kMarkerDeadline;
  auto found = stream::find_marker(source, from, marker_table(), token, deadline, stop);
  if (!found) throw_stopped("looking for a marker in the binary log");
  return *found;
}

void copy_locked_tables(const InitialLoadOptions& options, store::StateStore& state,
                        const std::function<void(load::Loader*)>& publish, std::stop_token stop) {
  for (const schema::Table& table : options.tables) {
    if (table.transactional() || recorded_cuts(state).contains(table.name)) continue;
    base::log::info("load.table_locked",
                    "{} has engine {}: it is copied under a READ lock, writers of its {} bytes "
                    "wait until that is done, at most {} ms",
                    table.name.to_string(), table.engine, table.data_bytes,
                    options.lock_max.count());
    load::Loader loader({.source = options.endpoints.source,
                         .target = options.endpoints.target,
                         .tables = {table},
                         .migration = options.migration,
                         .lanes = static_cast<unsigned>(options.lanes),
                         .chunk_bytes = options.chunk_bytes,
                         .anew = true,
                         .target_session = options.target_session,
                         .several_moments = false,
                         .table_loaded = options.table_loaded});
    loader.prepare();
    publish(&loader);
    struct Unpublish {
      const std::function<void(load::Loader*)>& publish;
      ~Unpublish() { publish(nullptr); }
    } unpublish{publish};
    const mysql::BinlogPosition cut =
        copy_under_lock(options.endpoints.source, options.migration, table, loader,
                        options.lock_max, options.told, stop);
    FLYOVER_FAULT("load.table_copied");
    TableCuts cuts = recorded_cuts(state);
    cuts[table.name] = {.skip_until = cut, .idempotent_until = cut};
    record_cuts(state, cuts);
  }
}

}  // namespace flyover::migration
