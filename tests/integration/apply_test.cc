// Changes of one real server arrive on the other: exactly, once, in an order that holds.

#include <sys/wait.h>
#include <unistd.h>

#include "apply_fixture.h"
#include "base/random.h"

namespace flyover::test {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces)

class Apply : public ApplyFixture {};
INSTANTIATE_TEST_SUITE_P(Directions, Apply, testing::Bool(), [](const auto& direction) {
  return direction.param ? "Reverse" : "Forward";
});

constexpr const char* kTypes =
    "CREATE TABLE types (id INT PRIMARY KEY AUTO_INCREMENT, ti TINYINT, bu BIGINT UNSIGNED, "
    "m MEDIUMINT, d DECIMAL(65,30), d2 DECIMAL(10,2), f FLOAT, f2 FLOAT(7,3), db DOUBLE, b1 "
    "BIT(1), "
    "b64 BIT(64), y YEAR, da DATE, t TIME(6), dt DATETIME(3), ts TIMESTAMP NULL, "
    "touched TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "
    "c CHAR(10) CHARACTER SET latin1, v VARCHAR(300) CHARACTER SET utf8mb4, bi BINARY(8), "
    "vb VARBINARY(20), bl LONGBLOB, tx TEXT CHARACTER SET utf8mb3, u2 VARCHAR(10) CHARACTER SET "
    "ucs2, "
    "e ENUM('a','b','3'), s SET('x','y','z'), g GEOMETRY) ENGINE=InnoDB";

// Two rows of every type: extremes, and what is easily lost.
const char* const kTypeRows[] = {
    "INSERT INTO types VALUES (1,-128,18446744073709551615,-8388608,"
    "-12345678901234567890123456789012345.123456789012345678901234567890,-0.05,"
    "0.1,1234.567,-1.7976931348623157e308,b'1',18446744073709551615,0,'0000-00-00',"
    "'-838:59:59.000000','9999-12-31 23:59:59.999','2038-01-19 03:14:07','2001-01-01 00:00:00',"
    "'\\xe4 x','\\xf0\\x9f\\x98\\x80\\'\\\\\\n',X'6100000000000000',X'00FF27',REPEAT(X'0027',2000),"
    "'',X'00410042','b','x,z',ST_GeomFromText('POINT(1 -2)'))",
    "INSERT INTO types VALUES (2,127,0,8388607,0,99999999.99,16777216,-0.001,4.9e-300,b'0',0,2155,"
    "'2020-02-31','838:59:59.000000','0000-00-00 00:00:00.000','0000-00-00 00:00:00',"
    "'2010-06-30 12:00:00','  lead','',X'2020000000000000','',NULL,NULL,NULL,'','',NULL)",
    "INSERT INTO types (id,touched) VALUES (0,'2005-05-05 05:05:05')",
    "INSERT INTO types (id,e,touched) VALUES (-7,'3','2005-05-05 05:05:05')"};

TEST_P(Apply, EveryTypeByteForByte) {
  recreate_schema({kTypes});
  for (const char* sql : kTypeRows) from_.execute(sql);
  from_.execute(
      "UPDATE types SET ti=ti-1, v=CONCAT(v,'!'), touched='2011-11-11 11:11:11' WHERE id=2");
  from_.execute("UPDATE types SET bl=NULL WHERE id=1");
  from_.execute("UPDATE types SET id=100 WHERE id=0");
  from_.execute("DELETE FROM types WHERE id=-7");
  for (apply::ApplierOptions& way : every_way()) {
    forget_link();
    to_.execute("DELETE FROM types");
    const auto stats = apply_all(capture(start_), std::move(way));
    EXPECT_EQ(stats.not_netted, 0U);
    expect_equal();
    EXPECT_EQ(count(to_, name_ + ".types"), 3U);
  }
}

TEST_P(Apply, WithoutAKeyDuplicatesAreCounted) {
  recreate_schema(
      {"CREATE TABLE nokey (a INT, f FLOAT, db DOUBLE, y YEAR, v VARCHAR(20) CHARACTER SET "
       "utf8mb3, "
       "e ENUM('a','b'), b BIT(9), d DECIMAL(10,3), dt DATETIME, bi BINARY(4), g GEOMETRY)"});
  from_.execute(
      "INSERT INTO nokey VALUES (1,0.1,0.1,0,'a','a',b'1',1.5,'0000-00-00 00:00:00','x',"
      "ST_GeomFromText('POINT(1 2)')),(1,0.1,0.1,0,'a','a',b'1',1.5,'0000-00-00 00:00:00','x',"
      "ST_GeomFromText('POINT(1 2)')),(1,0.1,0.1,0,'A','a',b'1',1.5,'0000-00-00 00:00:00','x',"
      "ST_GeomFromText('POINT(1 2)')),(NULL,NULL,NULL,NULL,NULL,'',NULL,NULL,NULL,NULL,NULL),"
      "(NULL,NULL,NULL,NULL,NULL,'',NULL,NULL,NULL,NULL,NULL)");
  from_.execute("UPDATE nokey SET f=f+1.7, y=2001 WHERE CAST(v AS BINARY)='A'");
  from_.execute("DELETE FROM nokey WHERE a=1 AND y=0 LIMIT 1");
  from_.execute("DELETE FROM nokey WHERE a IS NULL LIMIT 1");
  apply_all(capture(start_));
  expect_equal();
  EXPECT_EQ(count(to_, name_ + ".nokey"), 3U);
}

TEST_P(Apply, UniqueValuesThatMoveBetweenRowsKeepTheirOrder) {
  recreate_schema(
      {"CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb3 "
       "COLLATE utf8mb3_general_ci, n INT, UNIQUE (v), UNIQUE (n))"});
  std::mt19937 random(7);
  const auto pick = [&](int count) { return std::to_string(random() % unsigned(count)); };
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    from_.execute("INSERT INTO u VALUES (" + number + ",'n" + number + "'," + number + ")");
  }
  for (int i = 0; i < 300; ++i) {
    // Swaps through a third value, within and across transactions; keys change case and accents.
    const std::string a = pick(40);
    const std::string b = pick(40);
    if (a == b) continue;
    from_.execute("BEGIN");
    from_.execute("SELECT n INTO @a FROM u WHERE id=" + a);
    from_.execute("SELECT n INTO @b FROM u WHERE id=" + b);
    from_.execute("UPDATE u SET n=-1 WHERE id=" + a);
    from_.execute("UPDATE u SET n=@a WHERE id=" + b);
    if (i % 3 == 0) from_.execute("COMMIT");
    from_.execute("UPDATE u SET n=@b WHERE id=" + a);
    from_.execute("UPDATE u SET v=UPPER(v) WHERE id=" + b);
    if (i % 5 == 0)
      from_.execute("UPDATE u SET v=CONCAT(v,'\xc3\xa9') WHERE CHAR_LENGTH(v)<9 AND id=" + b);
    from_.execute("COMMIT");
    if (i % 7 == 0) {
      from_.execute("UPDATE u SET id=id+1000 WHERE id=" + a);
      from_.execute("UPDATE u SET id=id-1000 WHERE id=" + a + "+1000");
    }
    if (i % 11 == 0) {
      from_.execute("DELETE FROM u WHERE id=" + a);
      from_.execute("REPLACE INTO u VALUES (" + a + ",'n" + a + "'," + std::to_string(9000 + i) +
                    ")");
    }
  }
  for (apply::ApplierOptions& way : every_way()) {
    const bool one_by_one = way.batch_rows_max == 1;
    forget_link();
    to_.execute("DELETE FROM u");
    const auto stats = apply_all(capture(start_), std::move(way));
    expect_equal();
    EXPECT_EQ(stats.not_netted, 0U);
    EXPECT_GT(stats.transactions, 300U);
    EXPECT_EQ(stats.commits < stats.transactions, !one_by_one);
  }
}

// REPLACE would take row 9 away and put row 1 in its place, and that counts as much as changing the
// row 1 that should be there.
TEST_P(Apply, NetChangesHideNoDifference) {
  recreate_schema({"CREATE TABLE u (id INT PRIMARY KEY, n INT, v INT, UNIQUE (n))"});
  both("INSERT INTO " + name_ + ".u VALUES (2,2,0)");
  from_.execute("INSERT INTO u VALUES (1,1,0)");
  to_.execute("INSERT INTO u VALUES (9,1,0)");
  start_ = stream::current_position(from_);
  from_.execute("UPDATE u SET v=1");
  const base::Error error = apply_error(capture(start_));
  EXPECT_EQ(error.code, "apply.row_missing");
  EXPECT_NE(error.message.find(name_ + ".u (id = 1)"), std::string::npos) << error.message;
  EXPECT_EQ(to_.query_value("SELECT GROUP_CONCAT(id,'-',n,'-',v ORDER BY id) FROM u"),
            "2-2-0,9-1-0");
}

const std::vector<std::string> kFamily = {
    "CREATE TABLE p (id INT PRIMARY KEY, x INT)",
    "CREATE TABLE c (id INT PRIMARY KEY, p INT, x INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE "
    "CASCADE ON UPDATE CASCADE)",
    "CREATE TABLE g (id INT PRIMARY KEY, c INT, x INT, touched TIMESTAMP NOT NULL DEFAULT "
    "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, FOREIGN KEY (c) REFERENCES c (id) ON DELETE "
    "SET "
    "NULL)",
    "CREATE TABLE r (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id))"};

TEST_P(Apply, CascadesHappenOnce) {
  recreate_schema(kFamily);
  from_.execute("INSERT INTO p VALUES (1,0),(2,0),(3,0),(4,0)");
  from_.execute("INSERT INTO c VALUES (10,1,0),(11,1,0),(20,2,0),(30,3,0)");
  from_.execute(
      "INSERT INTO g VALUES (100,10,0,'2001-01-01 00:00:00'),(200,20,0,"
      "'2001-01-01 00:00:00')");
  from_.execute("INSERT INTO r VALUES (1,4)");
  from_.execute("UPDATE p SET id=33 WHERE id=3");
  from_.execute("DELETE FROM p WHERE id=1");
  from_.execute("INSERT INTO c VALUES (10,33,7)");
  from_.execute("DELETE p, c FROM p JOIN c ON c.p=p.id WHERE p.id=2");
  from_.execute("SET foreign_key_checks=0");
  from_.execute("INSERT INTO c VALUES (99,4711,0)");
  from_.execute("DELETE FROM p WHERE id=4");
  from_.execute("SET foreign_key_checks=1");
  apply_all(capture(start_));
  expect_equal();
}

TEST_P(Apply, DifferencesStopItAndAreNamed) {
  recreate_schema({"CREATE TABLE t (id INT PRIMARY KEY, v INT)"});
  from_.execute("INSERT INTO t VALUES (1,1)");
  from_.execute("UPDATE t SET v=2 WHERE id=1");
  from_.execute("INSERT INTO t VALUES (2,1)");
  const auto transactions = [&] { return capture(start_); };

  to_.execute("INSERT INTO t VALUES (1,0)");
  base::Error error = apply_error(transactions());
  EXPECT_EQ(error.code, "apply.duplicate");
  EXPECT_EQ(error.action, base::Action::fail);
  EXPECT_NE(error.message.find(name_ + ".t (id = 1)"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find(start_.file), std::string::npos) << error.message;

  forget_link();
  to_.execute("DELETE FROM t");
  auto without_insert = transactions();
  std::erase_if(without_insert, [](const binlog::Transaction& each) {
    return !each.changes.empty() && std::holds_alternative<binlog::RowsChange>(each.changes[0]) &&
           std::get<binlog::RowsChange>(each.changes[0]).kind == binlog::ChangeKind::insert;
  });
  error = apply_error(std::move(without_insert));
  EXPECT_EQ(error.code, "apply.row_missing");
  EXPECT_NE(error.message.find(name_ + ".t (id = 1)"), std::string::npos) << error.message;
  EXPECT_EQ(count(to_, name_ + ".t"), 0U);
}

TEST_P(Apply, AValueTheTargetWouldChangeStopsIt) {
  recreate_schema({"CREATE TABLE t (id INT PRIMARY KEY, v INT)"});
  to_.execute("ALTER TABLE t MODIFY v TINYINT");
  from_.execute("INSERT INTO t VALUES (1,1000)");
  EXPECT_EQ(apply_error(capture(start_)).mysql_errno, 1264U);
}

TEST_P(Apply, DefinitionsAndStatementFormatStopIt) {
  recreate_schema({"CREATE TABLE t (id INT PRIMARY KEY, v INT)"});
  from_.execute("INSERT INTO t VALUES (1,1)");
  from_.execute("CREATE DATABASE IF NOT EXISTS apply_elsewhere");
  from_.execute("DROP DATABASE apply_elsewhere");
  from_.execute("/* flyover */ ALTER TABLE t COMMENT 'ours'");
  from_.execute("ALTER TABLE t COMMENT 'x'");
  const base::Error error = apply_error(capture(start_));
  EXPECT_EQ(error.code, "source.ddl");
  EXPECT_NE(error.message.find("COMMENT 'x'"), std::string::npos);
  // Everything before it is applied, and the checkpoint says so.
  EXPECT_EQ(count(to_, name_ + ".t"), 1U);

  forget_link();
  start_ = stream::current_position(from_);
  from_.execute("SET SESSION binlog_format='STATEMENT'");
  from_.execute("INSERT INTO t VALUES (2,1)");
  from_.execute("SET SESSION binlog_format='ROW'");
  EXPECT_EQ(apply_error(capture(start_)).code, "source.statement_dml");
}

TEST_P(Apply, LargeTransactionsComeInParts) {
  recreate_schema({"CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(200))"});
  from_.execute("INSERT INTO t (v) VALUES (REPEAT('a',200)),(REPEAT('b',200))");
  from_.execute("BEGIN");
  for (int i = 0; i < 10; ++i) from_.execute("INSERT INTO t (v) SELECT REVERSE(v) FROM t");
  from_.execute("DELETE FROM t WHERE id%7=0");
  from_.execute("COMMIT");
  from_.execute("INSERT INTO t (v) VALUES ('behind')");
  auto transactions = capture(start_, 30'000);
  EXPECT_GT(std::count_if(transactions.begin(), transactions.end(),
                          [](const auto& each) { return !each.last; }),
            3);
  // A stop in the middle leaves nothing of it, and the resume begins in front of it.
  {
    base::BoundedQueue<binlog::Transaction> queue(1U << 30);
    auto again = capture(start_, 30'000);
    const auto last = std::find_if(again.begin(), again.end(),
                                   [](const auto& each) { return each.last && !each.first; });
    for (auto each = again.begin(); each != last; ++each) queue.push(std::move(*each), 1, {});
    apply::Applier applier(options(), queue);
    applier.prepare();
    std::jthread runner([&](std::stop_token stop) { applier.run(std::move(stop)); });
    while (!applier.stats().idle) std::this_thread::sleep_for(5ms);
    runner.request_stop();
    runner.join();
  }
  EXPECT_EQ(count(to_, name_ + ".t"), 2U);
  apply_all(std::move(transactions));
  expect_equal();
}

TEST_P(Apply, HoldsExactlyAtAMarkerAndCountsHeartbeats) {
  recreate_schema({"CREATE TABLE t (id INT PRIMARY KEY, v INT)"});
  from_.execute("DELETE FROM flyover.marker WHERE migration='" + migration_ + "'");
  const std::string token = base::random_token();
  const std::string later = base::random_token();
  from_.execute("REPLACE INTO flyover.heartbeat VALUES ('" + migration_ + "','" + token +
                "',UNIX_TIMESTAMP()*1000000)");
  for (int i = 0; i < 50; ++i) from_.execute("INSERT INTO t VALUES (" + std::to_string(i) + ",0)");
  from_.execute("INSERT INTO flyover.marker VALUES ('" + migration_ + "','verify','" + token +
                "',1)");
  const auto marked = stream::current_position(from_);
  for (int i = 50; i < 99; ++i) from_.execute("INSERT INTO t VALUES (" + std::to_string(i) + ",0)");
  from_.execute("INSERT INTO flyover.marker VALUES ('" + migration_ + "','x','" + later + "',1)");

  base::BoundedQueue<binlog::Transaction> queue(1U << 30);
  for (binlog::Transaction& each : capture(start_)) queue.push(std::move(each), 1, {});
  apply::Applier applier(options(), queue);
  EXPECT_EQ(applier.prepare(), start_);
  applier.hold_at_marker(token);
  EXPECT_FALSE(applier.lag_ms().has_value());
  std::jthread runner([&](std::stop_token stop) { applier.run(std::move(stop)); });
  const auto deadline = [] { return std::chrono::steady_clock::now() + 20s; };
  EXPECT_EQ(applier.wait_held(deadline(), {}), marked);
  EXPECT_EQ(applier.applied_position(), marked);
  EXPECT_EQ(applier.resumable_position(), marked);
  EXPECT_EQ(count(to_, name_ + ".t"), 50U);
  EXPECT_TRUE(applier.stats().held);
  ASSERT_TRUE(applier.lag_ms().has_value());
  EXPECT_LT(*applier.lag_ms(), 60'000);
  try {
    applier.wait_marker_applied(later, std::chrono::steady_clock::now() + 50ms, {});
    ADD_FAILURE() << "the marker can not have passed";
  } catch (const base::ErrorException& e) {
    EXPECT_EQ(e.error().code, "apply.marker_timeout");
  }
  applier.release();
  EXPECT_LT(marked, applier.wait_marker_applied(later, deadline(), {}));
  EXPECT_EQ(count(to_, name_ + ".t"), 99U);
  queue.close();
  runner.join();
  expect_equal();
}

TEST_P(Apply, OneApplierAtATime) {
  recreate_schema({"CREATE TABLE t (id INT PRIMARY KEY)"});
  base::BoundedQueue<binlog::Transaction> queue(1);
  apply::ApplierOptions second = options();
  apply::Applier first(options(), queue);
  first.prepare();
  apply::Applier other(std::move(second), queue);
  try {
    other.prepare();
    ADD_FAILURE() << "two appliers";
  } catch (const base::ErrorException& e) {
    EXPECT_EQ(e.error().code, "apply.already_running");
  }
}

// Run by the crash test in a process of its own: streams from where it started and applies, in
// small target transactions, until a fault ends it.
TEST_P(Apply, ChildGoesOn) {
  if (!in_child()) GTEST_SKIP() << "runs inside KilledAnywhereItGoesOnExactlyOnce";
  const std::string position = std::getenv("FLYOVER_APPLY_CHILD");  // NOLINT
  const std::size_t colon = position.rfind(':');
  start_ = {.file = position.substr(0, colon), .offset = std::stoull(position.substr(colon + 1))};
  apply::ApplierOptions few = options();
  few.batch_transactions_max = 4;
  try {
    apply_all(capture(start_), std::move(few));
  } catch (const base::ErrorException& e) {
    if (e.error().code != "fault.injected") throw;
  }
}

// Money moves between rows; whatever is lost or doubled changes the counts of the ledger.
TEST_P(Apply, KilledAnywhereItGoesOnExactlyOnce) {
  recreate_schema({"CREATE TABLE account (id INT PRIMARY KEY, v INT)",
                   "CREATE TABLE ledger (a INT, b INT, n INT)"});
  std::mt19937 random(11);
  from_.execute("INSERT INTO account VALUES (0,0),(1,0),(2,0),(3,0),(4,0),(5,0),(6,0),(7,0)");
  for (int i = 0; i < 150; ++i) {
    const std::string a = std::to_string(random() % 8);
    const std::string b = std::to_string(random() % 8);
    from_.execute("BEGIN");
    from_.execute("UPDATE account SET v=v-1 WHERE id=" + a);
    from_.execute("UPDATE account SET v=v+1 WHERE id=" + b);
    if (i % 3 == 0) {
      from_.execute("INSERT INTO ledger VALUES (" + a + "," + b + "," + std::to_string(i % 4) +
                    ")");
    }
    from_.execute("COMMIT");
  }
  const std::string direction = reverse_ ? "Reverse" : "Forward";
  ::setenv("FLYOVER_APPLY_CHILD", start_.to_string().c_str(), 1);
  int killed = 0;
  for (const char* fault :
       {"apply.before_commit=kill@3", "apply.after_commit=kill@4", "apply.before_commit=kill@5",
        "apply.after_commit=kill@1", "apply.after_commit=fail@2",
        "apply.after_commit=retry@2,apply.before_commit=retry@4"}) {
    const std::string filter = "--gtest_filter=Directions/Apply.ChildGoesOn/" + direction;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // Fault points are read once in a process, so it must be a new one.
      ::setenv("FLYOVER_FAULTS", fault, 1);
      ::execl("/proc/self/exe", "apply_child", filter.c_str(), nullptr);
      ::_exit(127);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) != 127);
    if (WIFSIGNALED(status)) ++killed;
  }
  ::unsetenv("FLYOVER_APPLY_CHILD");
  EXPECT_EQ(killed, 4);
  apply_all(capture(start_));
  expect_equal();
}

}  // namespace
}  // namespace flyover::test
