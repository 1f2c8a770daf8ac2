// An application that locks a table's definition again and again waits for a chunk of its rows, and
// never for ever: lanes do not wait for each other while they keep a definition.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "load/loader.h"
#include "mover_fixture.h"
#include "verify/verifier.h"

namespace flyover::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kLanes = 6;
constexpr std::uint64_t kChunkBytes = 4 << 10;
constexpr auto kStuck = 90s;

/// LOCK TABLES … WRITE and UNLOCK TABLES until its end.
class Locker {
 public:
  explicit Locker(const mysql::TableName& table)
      : thread_([this, table](const std::stop_token& stop) {
          db::Connection session = db::Connection::open(endpoint(base::Side::source));
          session.execute("SET SESSION lock_wait_timeout = 300");
          while (!stop.stop_requested()) {
            session.execute("LOCK TABLES " + table.quoted() + " WRITE");
            ++times_;
            session.execute("UNLOCK TABLES");
          }
        }) {}

  std::uint64_t times() const { return times_; }

 private:
  std::atomic<std::uint64_t> times_{0};
  std::jthread thread_;
};

/// Requests a stop when it lives too long.
class Watchdog {
 public:
  Watchdog()
      : thread_([this](const std::stop_token& ended) {
          std::unique_lock lock(mutex_);
          changed_.wait_for(lock, ended, kStuck, [] { return false; });
          if (!ended.stop_requested()) stop_.request_stop();
        }) {}

  std::stop_token token() { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

class MetadataLock : public MoverFixture {
 protected:
  void fill(const std::string& table, int rows) {
    source_.execute("CREATE TABLE " + table + " (id INT PRIMARY KEY, v VARCHAR(100))");
    for (int from = 0; from < rows; from += 1000) {
      std::string values;
      for (int i = from; i < from + 1000; ++i) {
        values += fmt::format("{}({},REPEAT('x',90))", values.empty() ? "" : ",", i);
      }
      source_.execute("INSERT INTO " + table + " VALUES " + values);
    }
    target_.execute("CREATE TABLE " + table + " (id INT PRIMARY KEY, v VARCHAR(100))");
  }

  load::LoadResult load_anew(const std::string& table_name, std::stop_token stop) {
    load::Loader loader({.source = endpoint(base::Side::source),
                         .target = endpoint(base::Side::target),
                         .tables = tables({table_name}),
                         .migration = schema_,
                         .lanes = kLanes,
                         .chunk_bytes = kChunkBytes,
                         .anew = true});
    loader.prepare();
    loader.open_readers();
    return loader.run(std::move(stop));
  }
};

/// Snapshots of servers on which nobody writes are of one instant.
class Quiet : public verify::Instant {
 public:
  void at_one_instant(const std::vector<mysql::TableName>& /*locked_tables*/,
                      const std::function<void()>& open_source_snapshots,
                      const std::function<void()>& open_target_snapshots) override {
    open_source_snapshots();
    open_target_snapshots();
  }
  void while_still(const schema::Table& /*table*/, const std::function<void()>& /*open_source*/,
                   const std::function<void()>& /*open_target*/,
                   const std::function<void()>& /*compare*/) override {
    ADD_FAILURE() << "the table has snapshots";
  }
};

TEST_F(MetadataLock, LoadAndComparisonGoOnBesideIt) {
  fill("t", 20000);
  const auto all = tables({"t"});
  Locker locker(name("t"));
  Watchdog watchdog;
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(load_anew("t", watchdog.token()), load::LoadResult::completed);
  }
  Quiet instant;
  for (int i = 0; i < 8; ++i) {
    verify::Verifier verifier({.source = endpoint(base::Side::source),
                               .target = endpoint(base::Side::target),
                               .tables = all,
                               .lanes = kLanes,
                               .chunk_bytes = kChunkBytes},
                              instant);
    const verify::Report report = verifier.run(watchdog.token());
    ASSERT_FALSE(report.stopped);
    EXPECT_EQ(report.rows_different(), 0U);
    EXPECT_EQ(report.tables.at(0).rows_compared, 20000U);
  }
  EXPECT_GT(locker.times(), 10U);
}

}  // namespace
}  // namespace flyover::test
