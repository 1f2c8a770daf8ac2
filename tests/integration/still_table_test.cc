// The promise that the copy of tables without snapshots rests on: when such a table is locked,
// every row that is in it is in the binary log before a marker written then, and no other row is.

#include "migration/still_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "base/random.h"
#include "integration/servers.h"
#include "load/loader.h"
#include "migration/control_rows.h"
#include "migration/locked_copy.h"
#include "schema/introspect.h"
#include "stream/binlog_stream.h"
#include "stream/marker.h"

namespace flyover::migration {
namespace {

using namespace std::chrono_literals;
using integration::endpoint;
using integration::root_endpoint;

constexpr int kWriters = 8;
constexpr int kRounds = 15;
const std::string kSchema = "still_table";
const std::vector<std::string> kTables = {"m", "h", "a", "c"};

struct Observation {
  std::string table{};
  std::string token{};
  std::int64_t rows = 0;
};

class StillTables : public ::testing::Test {
 protected:
  StillTables() : root_(db::Connection::open(root_endpoint(base::Side::source))) {
    create_control_schema(root_);
    root_.execute("DROP DATABASE IF EXISTS " + kSchema);
    root_.execute("CREATE DATABASE " + kSchema);
    root_.execute("USE " + kSchema);
    root_.execute("CREATE TABLE i (v INT NOT NULL, KEY (v)) ENGINE=InnoDB");
    root_.execute("CREATE TABLE m (v INT NOT NULL) ENGINE=MyISAM");
    root_.execute("CREATE TABLE h (v INT NOT NULL) ENGINE=MEMORY");
    root_.execute("CREATE TABLE a (v INT NOT NULL) ENGINE=ARCHIVE");
    root_.execute("CREATE TABLE c (v INT NOT NULL) ENGINE=CSV");
    root_.execute("CREATE TRIGGER i_m AFTER INSERT ON i FOR EACH ROW INSERT INTO m VALUES (NEW.v)");
  }
  ~StillTables() override {
    if (!HasFailure()) root_.execute("DROP DATABASE " + kSchema);
  }

  schema::Table table(const std::string& name) {
    auto found = schema::read_table(root_, {kSchema, name});
    EXPECT_TRUE(found.has_value());
    return *found;
  }

  // Statements of every kind, alone and inside of transactions that are committed or undone.
  void write(int writer, const std::stop_token& stop) {
    db::Connection session = db::Connection::open(root_endpoint(base::Side::source));
    session.execute("USE " + kSchema);
    for (int n = writer; !stop.stop_requested(); n += kWriters) {
      const std::string& name = kTables[static_cast<std::size_t>(n / kWriters) % kTables.size()];
      const std::string three = fmt::format("INSERT INTO {0} VALUES ({1}),({1}),({1})", name, n);
      if (writer % 2 == 0) {
        session.execute(three);
        if (name != "a") session.execute(fmt::format("DELETE FROM {} LIMIT 1", name));
        continue;
      }
      session.execute("BEGIN");
      session.execute(fmt::format("INSERT INTO i VALUES ({})", n));
      session.execute(three);
      session.execute(fmt::format("INSERT INTO i VALUES ({})", n));
      session.execute(n % 3 == 0 ? "ROLLBACK" : "COMMIT");
    }
  }

  Observation observe(const std::string& name) {
    Observation seen{.table = name, .token = base::random_token()};
    db::Connection session = db::Connection::open(endpoint(base::Side::source));
    StillTable still(endpoint(base::Side::source), table(name), {});
    write_marker(session, "still", "test", seen.token);
    seen.rows = std::stoll(
        session.query_value(fmt::format("SELECT HIGH_PRIORITY COUNT(*) FROM {}.{}", kSchema, name))
            .value());
    still.check();
    return seen;
  }

  /// How many rows each table has at each token, as the log tells.
  std::map<std::string, std::map<std::string, std::int64_t>> read_log(
      const mysql::BinlogPosition& from, const std::string& last_token) {
    std::vector<schema::Table> tables;
    for (const std::string& name : kTables) tables.push_back(table(name));
    tables.push_back(*schema::read_table(root_, marker_table()));
    stream::BinlogStream::Queue queue(256U << 20);
    stream::BinlogStream log({.endpoint = endpoint(base::Side::source),
                              .start = from,
                              .filter = [&](const mysql::TableName& name) -> const schema::Table* {
                                for (const schema::Table& one : tables) {
                                  if (one.name == name) return &one;
                                }
                                return nullptr;
                              }},
                             queue);
    std::jthread thread([&](const std::stop_token& stop) { log.run(stop); });
    std::map<std::string, std::int64_t> rows;
    std::map<std::string, std::map<std::string, std::int64_t>> at_token;
    while (!at_token.contains(last_token)) {
      const auto transaction = queue.pop_for(30s, {});
      if (!transaction) throw std::runtime_error("the log ended early");
      for (const binlog::Change& change : transaction->changes) {
        const auto* event = std::get_if<binlog::RowsChange>(&change);
        if (event == nullptr) continue;
        if (event->table == marker_table()) {
          at_token[std::string(event->after(0)[2].bytes)] = rows;
          continue;
        }
        const auto count = static_cast<std::int64_t>(event->row_count());
        rows[event->table.table] += event->kind == binlog::ChangeKind::insert ? count : -count;
      }
    }
    return at_token;
  }

  db::Connection root_;
};

TEST_F(StillTables, HoldExactlyWhatTheLogSaysBeforeAMarker) {
  const mysql::BinlogPosition from = stream::current_position(root_);
  std::vector<Observation> seen;
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([this, writer](const std::stop_token& stop) { write(writer, stop); });
    }
    for (int round = 0; round < kRounds; ++round) {
      for (const std::string& name : kTables) seen.push_back(observe(name));
    }
  }
  const auto logged = read_log(from, seen.back().token);
  std::set<std::int64_t> different;
  for (const Observation& one : seen) {
    EXPECT_EQ(one.rows, logged.at(one.token).at(one.table)) << one.table;
    different.insert(one.rows);
  }
  // The writers did write in between.
  EXPECT_GT(different.size(), seen.size() / 2);
}

TEST_F(StillTables, AreRefusedWhileInsertDelayedIsInUse) {
  root_.execute("INSERT DELAYED INTO m VALUES (1)");
  try {
    const StillTable still(endpoint(base::Side::source), table("m"), {});
    FAIL() << "no error";
  } catch (const base::ErrorException& e) {
    EXPECT_EQ(e.error().code, "source.delayed_inserts");
    EXPECT_EQ(e.error().action, base::Action::pause);
  }
  root_.execute("FLUSH TABLES");
  for (int i = 0; i < 50; ++i) {
    if (root_.query("SHOW GLOBAL STATUS LIKE 'Delayed_insert_threads'").number(0, "Value") == 0)
      break;
    std::this_thread::sleep_for(100ms);
  }
  const StillTable still(endpoint(base::Side::source), table("m"), {});
}

/// Lets the second chunk begin when an ALTER TABLE waits for the lock.
class UntilAlterWaits : public base::Pace {
 public:
  void before_chunk(const std::stop_token& stop) override {
    if (++chunks_ == 1) return;
    db::Connection session = db::Connection::open(root_endpoint(base::Side::source));
    const auto waits = [&] {
      return session.query_value(
          "SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER TABLE%' AND STATE = "
          "'Waiting for table metadata lock'");
    };
    while (!stop.stop_requested() && !waits()) std::this_thread::sleep_for(20ms);
  }

 private:
  std::atomic<int> chunks_{0};
};

TEST_F(StillTables, LetAStatementAboutThemPass) {
  db::Connection target = db::Connection::open(endpoint(base::Side::target));
  for (db::Connection* server : {&root_, &target}) {
    server->execute("CREATE DATABASE IF NOT EXISTS " + kSchema);
    server->execute("DROP TABLE IF EXISTS " + kSchema + ".keyed");
    server->execute("CREATE TABLE " + kSchema + ".keyed (id INT NOT NULL PRIMARY KEY) ENGINE=" +
                    (server == &root_ ? "MyISAM" : "InnoDB"));
  }
  std::string values;
  for (int i = 0; i < 5000; ++i) values += fmt::format("{}({})", i == 0 ? "" : ",", i);
  root_.execute("INSERT INTO keyed VALUES " + values);
  UntilAlterWaits pace;
  load::Loader loader({.source = endpoint(base::Side::source),
                       .target = endpoint(base::Side::target),
                       .tables = {table("keyed")},
                       .migration = kSchema,
                       .lanes = 1,
                       .chunk_bytes = 1 << 10,
                       .anew = true,
                       .pace = &pace});
  loader.prepare();
  std::atomic<bool> altered{false};
  std::jthread altering([&](const std::stop_token& stop) {
    db::Connection session = db::Connection::open(root_endpoint(base::Side::source));
    const auto locked = [&] {
      return session.query("SHOW OPEN TABLES FROM " + kSchema +
                           " WHERE `Table` = 'keyed' AND "
                           "In_use > 0");
    };
    while (!stop.stop_requested() && locked().empty()) std::this_thread::sleep_for(20ms);
    session.execute("ALTER TABLE " + kSchema + ".keyed COMMENT = 'passed'");
    altered = true;
  });
  try {
    copy_under_lock(endpoint(base::Side::source), kSchema, table("keyed"), loader, 60s, {}, {});
    FAIL() << "no error";
  } catch (const base::ErrorException& e) {
    EXPECT_EQ(e.error().action, base::Action::retry) << e.what();
  }
  altering.join();
  EXPECT_TRUE(altered);
  target.execute("DROP DATABASE " + kSchema);
}

TEST_F(StillTables, SayWhenTheirLockWasLost) {
  StillTable still(endpoint(base::Side::source), table("m"), {});
  still.check();
  const db::Table sessions =
      root_.query("SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = 'flyover'");
  for (std::size_t i = 0; i < sessions.rows.size(); ++i) {
    root_.execute("KILL " + sessions.text(i, "id"));
  }
  try {
    still.check();
    FAIL() << "no error";
  } catch (const base::ErrorException& e) {
    EXPECT_EQ(e.error().code, "lock.lost");
    EXPECT_EQ(e.error().action, base::Action::retry);
  }
}

}  // namespace
}  // namespace flyover::migration
