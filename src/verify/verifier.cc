#include "verify/verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/lane_tuner.h"
#include "base/log.h"
#include "base/task_group.h"
#include "db/session_name.h"
#include "verify/target_tables.h"
#include "verify/verify_board.h"

namespace flyover::verify {
namespace {

// How long a table without snapshots is kept still at a time, and one chunk longer.
constexpr std::chrono::seconds kStillTime{2};

constexpr std::string_view kOpenSnapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT";
// Where a chunk ends: the snapshot stays, the lock on the table's definition goes. An ALTER TABLE
// of the application, and every statement that queues behind it, waits for a chunk and not for all.
constexpr std::string_view kSavepoint = "SAVEPOINT flyover_chunk";
constexpr std::string_view kBackToSavepoint = "ROLLBACK TO SAVEPOINT flyover_chunk";
// No server may give up a lane whose turn does not come for long. A lane that waits for a
// definition on one server keeps one on the other: two of them, and a LOCK TABLES or an ALTER TABLE
// on each server, could wait for each other.
constexpr std::string_view kSession =
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', wait_timeout = 31536000, "
    "lock_wait_timeout = 5";
constexpr std::uint32_t kLockWaitTimeout = 1205;

std::uint64_t data_bytes(const std::vector<schema::Table>& tables) {
  std::uint64_t bytes = 0;
  for (const schema::Table& table : tables) bytes += table.data_bytes;
  return bytes;
}

void open_snapshot(db::Connection& session) {
  session.execute(kOpenSnapshot);
  session.execute(kSavepoint);
}

// Nothing that another lane may wait for is done before it: the server gives nobody else a lock
// that the application waits for, and the application waits for this one.
void give_back_definitions(SessionPair& lane) {
  lane.source.execute(kBackToSavepoint);
  lane.target.execute(kBackToSavepoint);
}

std::uint64_t count_rows(db::Connection& session, const schema::ChunkSql& sql) {
  return std::stoull(session.query_value(sql.count_rows()).value_or("0"));
}

// utf8 became utf8mb3; the order did not change.
std::string canonical(const std::string& collation) {
  return collation.starts_with("utf8mb3_") ? "utf8_" + collation.substr(8) : collation;
}

}  // namespace

struct Verifier::Impl {
  Impl(VerifyOptions o, Instant& i)
      : options(std::move(o)),
        instant(i),
        tuner({.lanes = std::min(options.lanes, 64U),
               .data_bytes = data_bytes(options.tables),
               .chunk_bytes = options.chunk_bytes}),
        board(std::move(options.tables), options.chunk_bytes, options.samples_per_table) {}

  void open_lanes();
  /// Behind an error: also what the servers still execute for sessions that were interrupted.
  void end_lanes();
  void compare_all(const std::stop_token& stop);
  void read_target_columns();
  void open_snapshots(const std::vector<mysql::TableName>& locked);
  void close_snapshots();
  std::optional<mysql::TableName> next_suspect(std::map<mysql::TableName, unsigned>& rounds) const;
  /// Everything, or one suspect at an exact instant.
  void do_round(const std::optional<mysql::TableName>& suspect, const std::stop_token& stop);
  void compare_round(const std::stop_token& stop);
  /// What is open of a table without snapshots.
  void compare_still(std::size_t table, const std::stop_token& stop);
  void work(unsigned lane, const std::stop_token& stop);
  /// The digest of the larger side.
  Digest compare(SessionPair& lane, const VerifyWork& work);
  void count(SessionPair& lane, const VerifyWork& work);
  /// Reads in the lane's snapshots, again when it waited too long for a table's definition; keeps
  /// no definition locked.
  template <typename Read>
  auto read(SessionPair& lane, Read what);

  VerifyOptions options;
  Instant& instant;
  base::LaneTuner tuner;
  VerifyBoard board;
  std::vector<SessionPair> lanes;
  std::vector<std::string> source_sessions;  ///< their names
  std::vector<std::string> target_sessions;
  unsigned round = 0;
  /// While a table is kept still: when the lanes take no further chunk of it.
  std::optional<std::chrono::steady_clock::time_point> still_until;
};

void Verifier::Impl::open_lanes() {
  for (unsigned i = 0; i < tuner.most(); ++i) {
    lanes.push_back({db::Connection::open(options.source), db::Connection::open(options.target)});
    lanes.back().source.execute(kSession);
    lanes.back().target.execute(kSession);
    source_sessions.push_back(db::name_session(lanes.back().source));
    target_sessions.push_back(db::name_session(lanes.back().target));
  }
  read_target_columns();
}

void Verifier::Impl::end_lanes() {
  // Those that are idle end by themselves.
  lanes.clear();
  const auto target =
      std::async(std::launch::async, [this] { db::end_sessions(options.target, target_sessions); });
  db::end_sessions(options.source, source_sessions);
}

// Columns that only the target has are not compared, and are named. A key that the target orders by
// another collation can not be cut into the same chunks.
void Verifier::Impl::read_target_columns() {
  std::vector<mysql::TableName> names;
  for (std::size_t i = 0; i < board.table_count(); ++i) names.push_back(board.plan(i).table.name);
  const TargetTables there = read_target_tables(lanes.front().target, names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const schema::Table& table = board.plan(i).table;
    const auto found = there.find(names[i]);
    if (found == there.end()) {
      board.fail(i, "the table does not exist on the target");
      continue;
    }
    if (found->second.engine && *found->second.engine != "InnoDB") board.set_still(i);
    std::vector<std::string> skipped;
    for (const auto& [column, collation] : found->second.collations) {
      if (table.find_column(column) == nullptr) skipped.push_back(column + " (target only)");
    }
    bool same_order = true;
    for (const std::size_t position : board.sql(i).columns()) {
      const schema::Column& column = table.columns[position];
      if (column.kind != schema::ValueKind::text) continue;
      const auto collation = found->second.collations.find(column.name);
      same_order = same_order && collation != found->second.collations.end() &&
                   canonical(collation->second) == canonical(column.collation);
    }
    board.set_target_columns(i, std::move(skipped), same_order);
  }
}

void Verifier::Impl::open_snapshots(const std::vector<mysql::TableName>& locked) {
  bool source_opened = false;
  bool target_opened = false;
  instant.at_one_instant(
      locked,
      [&] {
        for (SessionPair& lane : lanes) open_snapshot(lane.source);
        source_opened = true;
      },
      [&] {
        for (SessionPair& lane : lanes) open_snapshot(lane.target);
        target_opened = true;
      });
  FLYOVER_CHECK(source_opened && target_opened);
}

void Verifier::Impl::close_snapshots() {
  for (SessionPair& lane : lanes) {
    lane.source.execute("COMMIT");
    lane.target.execute("COMMIT");
  }
}

// One table a round: locking several at once could make the server choose a transaction of the
// application as the victim of a deadlock.
std::optional<mysql::TableName> Verifier::Impl::next_suspect(
    std::map<mysql::TableName, unsigned>& rounds) const {
  for (mysql::TableName& table : board.suspects()) {
    if (rounds[table] + 1 >= options.max_rounds) continue;
    ++rounds[table];
    return std::move(table);
  }
  return std::nullopt;
}

void Verifier::Impl::do_round(const std::optional<mysql::TableName>& suspect,
                              const std::stop_token& stop) {
  ++round;
  const auto still = suspect ? board.still_table(*suspect) : std::nullopt;
  if (still) {
    board.begin_round(round, suspect);
    compare_still(*still, stop);
  } else {
    options.pace->before_snapshot(stop);
    if (stop.stop_requested()) return;
    open_snapshots(suspect ? std::vector{*suspect} : std::vector<mysql::TableName>{});
    board.begin_round(round, suspect);
    compare_round(stop);
    if (stop.stop_requested()) return;
    close_snapshots();
    while (round == 1 && board.has_open()) {
      base::log::info("verify.snapshots", "given up for the server's sake; going on in new ones");
      options.pace->before_snapshot(stop);
      if (stop.stop_requested()) return;
      open_snapshots({});
      compare_round(stop);
      if (stop.stop_requested()) return;
      close_snapshots();
    }
  }
  for (std::size_t i = 0; round == 1 && i < board.table_count(); ++i) {
    if (board.open_still(i)) compare_still(i, stop);
  }
  if (stop.stop_requested()) return;
  board.end_round();
}

void Verifier::Impl::compare_still(std::size_t table, const std::stop_token& stop) {
  while (!stop.stop_requested() && board.has_open(table)) {
    instant.while_still(
        board.plan(table).table,
        [&] {
          for (SessionPair& lane : lanes) open_snapshot(lane.source);
        },
        [&] {
          for (SessionPair& lane : lanes) open_snapshot(lane.target);
        },
        [&] {
          still_until = std::chrono::steady_clock::now() + kStillTime;
          compare_round(stop);
          still_until.reset();
        });
    if (!stop.stop_requested()) close_snapshots();
  }
}

void Verifier::Impl::compare_round(const std::stop_token& stop) {
  tuner.begin();
  base::TaskGroup tasks(stop);
  for (unsigned i = 0; i < lanes.size(); ++i) {
    tasks.start(fmt::format("verify-{}", i), [this, i](const std::stop_token& task_stop) {
      work(i, task_stop);
      // Whatever ended this lane ends those that wait for their turn.
      tuner.nothing_left();
    });
  }
  tasks.join();
}

template <typename Read>
auto Verifier::Impl::read(SessionPair& lane, Read what) {
  while (true) {
    try {
      auto result = what();
      give_back_definitions(lane);
      return result;
    } catch (const base::ErrorException& e) {
      const bool late = still_until && std::chrono::steady_clock::now() > *still_until;
      if (e.error().mysql_errno != kLockWaitTimeout || late) throw;
      base::log::info("verify.waits", "{}", e.error().message);
      give_back_definitions(lane);
    }
  }
}

void Verifier::Impl::work(unsigned number, const std::stop_token& stop) {
  SessionPair& lane = lanes[number];
  const db::InterruptOnStop interrupt_source(lane.source, stop);
  const db::InterruptOnStop interrupt_target(lane.target, stop);
  // What a lock keeps still is not held back: writers wait.
  base::Pace& pace = still_until ? base::Pace::unhindered() : *options.pace;
  while (!stop.stop_requested()) {
    tuner.wait_for_turn(number, stop);
    if (still_until && std::chrono::steady_clock::now() > *still_until) return;
    pace.before_chunk(stop);
    if (stop.stop_requested()) return;
    if (round == 1 && pace.snapshots_cost_too_much()) return;
    const auto next = read(lane, [&] { return board.next(lane.source, pace.chunk_rows_max()); });
    if (!next) return;
    Digest passed;
    try {
      if (next->count_only) {
        count(lane, *next);
      } else {
        passed = compare(lane, *next);
        if (board.wants_count(next->table)) count(lane, *next);
      }
    } catch (const base::ErrorException& e) {
      if (!is_the_tables_own(e.error())) throw;
      give_back_definitions(lane);
      board.fail(next->table, e.error());
      base::log::warn("verify.table_error", "{}: {}",
                      board.plan(next->table).table.name.to_string(), e.error().text());
    }
    tuner.passed(passed.bytes);
    pace.passed(passed.rows, stop);
  }
}

Digest Verifier::Impl::compare(SessionPair& lane, const VerifyWork& work) {
  const TablePlan& plan = board.plan(work.table);
  const schema::ChunkSql& sql = board.sql(work.table);
  const DigestPair digests = read(lane, [&] { return digest_chunk(lane, plan, sql, work.range); });
  const Digest& larger =
      digests.source.rows < digests.target.rows ? digests.target : digests.source;
  if (digests.source.same_rows(digests.target)) {
    board.equal(work, digests);
  } else if (!still_until && (round == 1 || round < options.max_rounds)) {
    board.suspect(work, digests);
  } else {
    board.differs(work, digests, read(lane, [&] {
                    return compare_rows(lane, plan, sql, work.range, larger.rows,
                                        {options.memory_bytes, options.samples_per_table});
                  }));
  }
  return larger;
}

void Verifier::Impl::count(SessionPair& lane, const VerifyWork& work) {
  const schema::ChunkSql& sql = board.sql(work.table);
  const auto [source_rows, target_rows] = read(lane, [&] {
    auto target = std::async(std::launch::async, [&] { return count_rows(lane.target, sql); });
    const std::uint64_t source = count_rows(lane.source, sql);
    return std::pair(source, target.get());
  });
  board.counted(work, source_rows, target_rows);
}

Verifier::Verifier(VerifyOptions options, Instant& instant)
    : impl_(std::make_unique<Impl>(std::move(options), instant)) {}
Verifier::~Verifier() = default;

void Verifier::Impl::compare_all(const std::stop_token& stop) {
  open_lanes();
  do_round(std::nullopt, stop);
  std::map<mysql::TableName, unsigned> rounds;
  while (!stop.stop_requested()) {
    const auto suspect = next_suspect(rounds);
    if (!suspect) break;
    do_round(suspect, stop);
  }
}

Report Verifier::run(std::stop_token stop) {
  Impl& self = *impl_;
  try {
    self.compare_all(stop);
  } catch (const base::ErrorException& e) {
    self.end_lanes();
    if (!stop.stop_requested() || !db::session_lost(e.error())) throw;
  }
  self.lanes.clear();
  Report report = self.board.report();
  report.stopped = stop.stop_requested();
  return report;
}

Report Verifier::progress() const {
  return impl_->board.report();
}

unsigned Verifier::lanes() const {
  return impl_->tuner.lanes();
}

}  // namespace flyover::verify
