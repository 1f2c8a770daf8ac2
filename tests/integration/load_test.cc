// Rows of every type and of every kind of key arrive exactly, also after interruptions.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "all_types.h"
#include "load/loader.h"
#include "mover_fixture.h"
#include "schema/row_select.h"

namespace flyover::test {
namespace {

class Load : public MoverFixture {
 protected:
  load::LoadOptions options(std::vector<schema::Table> tables) {
    return {.source = endpoint(base::Side::source),
            .target = endpoint(base::Side::target),
            .tables = std::move(tables),
            .migration = schema_,
            .chunk_bytes = 64 << 10};
  }

  load::LoadResult run(load::LoadOptions load_options, std::stop_token stop = {}) {
    load::Loader loader(std::move(load_options));
    loader.prepare();
    keyless_ = loader.unfinished_keyless_tables();
    loader.open_readers();
    const auto result = loader.run(std::move(stop));
    progress_ = loader.progress();
    return result;
  }

  /// All rows as HEX of what the server stores, in an order of their own.
  static std::vector<std::string> contents(db::Connection& server, const schema::Table& table) {
    std::vector<std::string> rows;
    const auto select = schema::make_row_select(table);
    auto stream = server.stream("SELECT " + select.select_list(schema::JsonTypes::leave) +
                                " FROM " + table.name.quoted());
    while (const auto row = stream.next()) {
      std::string text;
      for (const auto& field : *row) {
        text += field ? fmt::format("{}:{}|", field->size(), *field) : "NULL|";
      }
      rows.push_back(std::move(text));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  void expect_equal(const schema::Table& table) {
    const auto source = contents(source_, table);
    const auto target = contents(target_, table);
    EXPECT_EQ(source.size(), target.size()) << table.name.to_string();
    EXPECT_TRUE(source == target) << table.name.to_string();
  }

  /// Rows numbered from 0, all with text of this length.
  void fill(const std::string& table_name, int rows, int length = 100) {
    for (int from = 0; from < rows; from += 1000) {
      std::string values;
      for (int i = from; i < std::min(rows, from + 1000); ++i) {
        values += fmt::format("{}({},REPEAT(CHAR(65+{}),{}))", values.empty() ? "" : ",", i, i % 26,
                              length);
      }
      source_.execute("INSERT INTO " + table_name + " VALUES " + values);
    }
  }

  std::vector<mysql::TableName> keyless_;
  load::Progress progress_;
};

TEST_F(Load, EveryTypeAndExtremeArrives) {
  both(all_types());
  for (const std::string& row : extreme_rows()) source_.execute("INSERT INTO t SET " + row);
  source_.execute("INSERT INTO t (id, vb) VALUES (18446744073709551610, 'last')");
  const auto t = table("t");
  ASSERT_EQ(run(options({t})), load::LoadResult::completed);
  expect_equal(t);
  ASSERT_EQ(progress_.size(), 1U);
  EXPECT_EQ(progress_[0].state, load::TableState::table_completed);
  EXPECT_EQ(progress_[0].rows_loaded, extreme_rows().size() + 1);
  EXPECT_EQ(progress_[0].chunks_done, progress_[0].chunks_total);
  // Not by our own SELECT list alone: what the server computes from the stored values.
  const char* const kCheck =
      "SELECT CRC32(GROUP_CONCAT(CONCAT_WS('|',id,ti,iz,bu,bi,dec1,decz,f*1e0,"
      "HEX(b1),HEX(b64),HEX(CONCAT(da)),HEX(CONCAT(dt)),HEX(CONCAT(ts)),HEX(CONCAT(tm)),y,HEX(c),"
      "HEX(v),HEX(v16),HEX(vs),HEX(x),HEX(bn),HEX(vb),CRC32(lb),e+0,HEX(e),en+0,eu+0,HEX(s),HEX("
      "s64),"
      "HEX(g)) ORDER BY id)) FROM t";
  both("SET SESSION group_concat_max_len = 16777216");
  EXPECT_EQ(source_.query_value(kCheck), target_.query_value(kCheck));
}

TEST_F(Load, EveryTypeArrivesByInsertToo) {
  both(all_types());
  for (const std::string& row : extreme_rows()) source_.execute("INSERT INTO t SET " + row);
  const auto t = table("t");
  auto root = endpoint(base::Side::target);
  root.user = environment("TARGET_ROOT_USER");
  root.password = base::Secret(environment("TARGET_ROOT_PASSWORD"));
  auto admin = db::Connection::open(root);
  admin.execute("SET GLOBAL local_infile = OFF");
  EXPECT_NO_THROW(EXPECT_EQ(run(options({t})), load::LoadResult::completed));
  admin.execute("SET GLOBAL local_infile = ON");
  expect_equal(t);
}

TEST_F(Load, JsonInvisibleAndGeneratedColumnsOfNewServers) {
  // From the new server to itself would meet its own rows, so only the lists are tried here.
  target_.execute(
      "CREATE TABLE t (id INT PRIMARY KEY, j JSON, hidden INT INVISIBLE, twice INT AS (id*2), "
      "v VECTOR(2))");
  const auto found = schema::read_table(target_, name("t"));
  ASSERT_TRUE(found);
  const auto select = schema::make_row_select(*found);
  EXPECT_EQ(select.select_list(schema::JsonTypes::leave), "`id`,`j`,`hidden`,`v`");
  EXPECT_EQ(select.skipped, std::vector<std::string>{"twice"});
  const std::string line = "1\t{\"a\": 1.5, \"é\": [null, \"\\\\\\\\\"]}\t7\t" +
                           std::string("\\0\\0\x80\x3f\\0\\0\\0\x40") + "\n";
  bool sent = false;
  const auto result = target_.load_data(
      "LOAD DATA LOCAL INFILE 'x' INTO TABLE t CHARACTER SET binary " + select.load_columns(),
      [&](char* buffer, std::size_t) -> std::size_t {
        if (sent) return 0;
        sent = true;
        line.copy(buffer, line.size());
        return line.size();
      });
  EXPECT_EQ(result.affected_rows, 1U);
  EXPECT_EQ(result.warnings, 0U);
  EXPECT_EQ(target_.query_value("SELECT JSON_UNQUOTE(JSON_EXTRACT(j,_utf8mb4'$.\"é\"[1]')) FROM t"),
            "\\");
  EXPECT_EQ(target_.query_value("SELECT hidden FROM t"), "7");
  EXPECT_EQ(target_.query_value("SELECT VECTOR_TO_STRING(v) FROM t"), "[1.00000e+00,2.00000e+00]");
}

TEST_F(Load, EveryKindOfKey) {
  both("CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(150))");
  both("CREATE TABLE two (a INT NOT NULL, b VARCHAR(150) NOT NULL, PRIMARY KEY (a,b))");
  both(
      "CREATE TABLE text_key (a INT, b VARCHAR(150) NOT NULL, c INT, UNIQUE KEY (b)) "
      "DEFAULT CHARSET=latin1");
  both(
      "CREATE TABLE enum_key (a ENUM('x','y') NOT NULL, b VARCHAR(150) NOT NULL, PRIMARY KEY "
      "(a,b))");
  both("CREATE TABLE no_key (a INT, b VARCHAR(150), KEY (a))");
  both("CREATE TABLE empty_table (a INT PRIMARY KEY)");
  both("CREATE TABLE empty_no_key (a INT)");
  both("CREATE TABLE single (a VARCHAR(20))");
  fill("one", 5000);
  fill("two", 3000);
  source_.execute("INSERT INTO text_key SELECT id, CONCAT(v,id), NULL FROM one");
  source_.execute("INSERT INTO enum_key SELECT 1+id%2, CONCAT(id,' ') FROM one");
  fill("no_key", 2000);
  fill("no_key", 2000);
  source_.execute("INSERT INTO no_key VALUES (NULL,NULL),(NULL,NULL)");
  source_.execute("INSERT INTO single VALUES (''),(NULL),(''),('x')");
  const auto all = tables(
      {"one", "two", "text_key", "enum_key", "no_key", "empty_table", "empty_no_key", "single"});
  ASSERT_EQ(run(options(all)), load::LoadResult::completed);
  EXPECT_EQ(keyless_,
            (std::vector<mysql::TableName>{name("no_key"), name("empty_no_key"), name("single")}));
  for (const auto& each : all) expect_equal(each);
  EXPECT_GT(progress_[0].chunks_done, 3U);
  EXPECT_GT(progress_[4].chunks_done, 3U);
  // Everything is recorded, so there is nothing left to do.
  load::Loader again(options(all));
  again.prepare();
  EXPECT_TRUE(again.completed());
  EXPECT_TRUE(again.unfinished_keyless_tables().empty());
}

TEST_F(Load, StopsAndGoesOn) {
  both("CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(150))");
  both("CREATE TABLE n (id INT, v VARCHAR(150))");
  fill("k", 20'000);
  fill("n", 20'000);
  const auto all = tables({"k", "n"});
  int stopped = 0;
  for (double delay_ms = 30; delay_ms < 60'000; delay_ms *= 1.4) {
    std::stop_source stop;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(delay_ms));
      stop.request_stop();
    });
    load::LoadOptions each = options(all);
    each.lanes = 3;
    if (run(each, stop.get_token()) == load::LoadResult::completed) break;
    ++stopped;
  }
  EXPECT_GT(stopped, 0);
  for (const auto& each : all) expect_equal(each);
}

// A process of its own loads with a fault point armed and dies in the middle of it: this program
// again, running the next test only.
void load_in_child(const std::string& schema, const char* faults) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::setenv("FLYOVER_FAULTS", faults, 1);               // NOLINT(concurrency-mt-unsafe)
    ::setenv("FLYOVER_TEST_SCHEMA", schema.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    ::execl("/proc/self/exe", "load_test", "--gtest_filter=LoadChild.*",
            "--gtest_also_run_disabled_tests", nullptr);
    ::_exit(3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the fault point was not reached: " << status;
}

TEST(LoadChild, DISABLED_LoadsUntilItIsKilled) {
  const std::string schema = environment("FLYOVER_TEST_SCHEMA");
  auto source = db::Connection::open(endpoint(base::Side::source));
  load::LoadOptions options{.source = endpoint(base::Side::source),
                            .target = endpoint(base::Side::target),
                            .migration = schema,
                            .chunk_bytes = 64 << 10};
  for (const char* table : {"k", "n"}) {
    options.tables.push_back(schema::read_table(source, {schema, table}).value());
  }
  load::Loader loader(std::move(options));
  loader.prepare();
  loader.open_readers();
  loader.run({});
}

TEST_F(Load, GoesOnAfterKill) {
  both("CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(150))");
  both("CREATE TABLE n (id INT, v VARCHAR(150))");
  fill("k", 6'000);
  fill("n", 3'000);
  const auto all = tables({"k", "n"});
  // How many chunks a commit takes with it depends on who is faster; that there is one does not.
  for (const char* faults : {"load.before_chunk_read=kill@4", "load.before_chunk_commit=kill@1",
                             "load.after_chunk_commit=kill@1", "load.before_chunk_read=kill@2",
                             "load.after_chunk_commit=kill@1"}) {
    load_in_child(schema_, faults);
  }
  ASSERT_EQ(run(options(all)), load::LoadResult::completed);
  EXPECT_EQ(keyless_, std::vector<mysql::TableName>{name("n")});
  for (const auto& each : all) expect_equal(each);
}

TEST_F(Load, RefusesToAlterOrMixRows) {
  source_.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))");
  target_.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(5))");
  source_.execute("INSERT INTO t VALUES (1,'short'),(2,'much too long')");
  const auto t = table("t");
  const auto code = [&] {
    try {
      run(options({t}));
    } catch (const base::ErrorException& e) {
      return e.error().code;
    }
    return std::string("none");
  };
  EXPECT_EQ(code(), "load.rows_altered");
  EXPECT_EQ(count(target_, "t"), 0U);
  target_.execute("ALTER TABLE t MODIFY v VARCHAR(20)");
  target_.execute("INSERT INTO t VALUES (9,'foreign')");
  EXPECT_EQ(code(), "load.target_not_empty");
  load::Loader::forget_table(target_, schema_, t.name);
  EXPECT_EQ(code(), "none");
  expect_equal(t);
  // The same chunk again, as when its record were lost: loud, and undone.
  target_.execute("DELETE FROM flyover.load_chunk WHERE migration='" + schema_ + "'");
  EXPECT_EQ(code(), "load.target_not_empty");
}

TEST_F(Load, AGeometryThatTheTargetRefusesStopsIt) {
  both("CREATE TABLE t (id INT PRIMARY KEY, g GEOMETRY)");
  // A line of one point and a ring of three: SRID, byte order, type, counts.
  for (const std::string shape : {"0000000001020000000100000000000000000000000000000000000000",
                                  "0000000001030000000100000003000000000000000000000000000000000000"
                                  "00000000000000F03F000000000000"
                                  "F03F00000000000000000000000000000000"}) {
    source_.execute("REPLACE INTO t VALUES (1,0x" + shape + ")");
    try {
      run(options({table("t")}));
      FAIL() << shape;
    } catch (const base::ErrorException& e) {
      EXPECT_EQ(e.error().code, "target.geometry_refused");
      EXPECT_NE(e.error().message.find(name("t").quoted()), std::string::npos) << e.what();
    }
    EXPECT_EQ(count(target_, "t"), 0U);
  }
}

TEST_F(Load, LosingASnapshotIsARetry) {
  both("CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(150))");
  fill("k", 5'000);
  load::Loader loader(options(tables({"k"})));
  loader.prepare();
  loader.open_readers();
  const auto sessions = source_.query(
      "SELECT id FROM information_schema.processlist WHERE user=SUBSTRING_INDEX(USER(),'@',1) AND "
      "id<>CONNECTION_ID() AND command='Sleep'");
  for (const auto& row : sessions.rows) source_.execute("KILL " + *row[0]);
  try {
    loader.run({});
    FAIL();
  } catch (const base::ErrorException& e) {
    EXPECT_EQ(e.error().action, base::Action::retry) << e.what();
  }
}

TEST_F(Load, MebibyteRowsNeedLittleMemory) {
  both("CREATE TABLE b (id INT PRIMARY KEY, v LONGBLOB)");
  for (int i = 0; i < 40; ++i) {
    source_.execute(fmt::format("INSERT INTO b VALUES ({0},REPEAT(CHAR({0}),1048576+{0}))", i));
  }
  const auto b = table("b");
  auto each = options({b});
  each.chunk_bytes = 4 << 20;
  ASSERT_EQ(run(each), load::LoadResult::completed);
  EXPECT_GT(progress_[0].chunks_done, 4U);
  const char* const kCheck = "SELECT SUM(CRC32(v)+id) FROM b";
  EXPECT_EQ(source_.query_value(kCheck), target_.query_value(kCheck));
}

}  // namespace
}  // namespace flyover::test
