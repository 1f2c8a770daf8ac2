// A comparison finds every kind of difference in every kind of table, and none where there is none.

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "all_types.h"
#include "load/loader.h"
#include "mover_fixture.h"
#include "verify/verifier.h"

namespace flyover::test {
namespace {

using verify::DifferenceKind;
using verify::ValidationState;

/// Nothing writes, so every moment is the same instant.
class IdleInstant : public verify::Instant {
 public:
  void at_one_instant(const std::vector<mysql::TableName>& locked_tables,
                      const std::function<void()>& open_source_snapshots,
                      const std::function<void()>& open_target_snapshots) override {
    rounds_.push_back(locked_tables);
    open_source_snapshots();
    open_target_snapshots();
  }
  void while_still(const schema::Table& table, const std::function<void()>& open_source_snapshots,
                   const std::function<void()>& open_target_snapshots,
                   const std::function<void()>& compare) override {
    stills_.push_back(table.name);
    open_source_snapshots();
    open_target_snapshots();
    compare();
  }
  std::vector<std::vector<mysql::TableName>> rounds_;
  std::vector<mysql::TableName> stills_;
};

class Verify : public MoverFixture {
 protected:
  void load(const std::vector<std::string>& names) {
    tables_ = tables(names);
    load::Loader loader({.source = endpoint(base::Side::source),
                         .target = endpoint(base::Side::target),
                         .tables = tables_,
                         .migration = schema_,
                         .chunk_bytes = 32 << 10});
    loader.prepare();
    loader.open_readers();
    ASSERT_EQ(loader.run({}), load::LoadResult::completed);
  }

  verify::VerifyOptions options() const {
    return {.source = endpoint(base::Side::source),
            .target = endpoint(base::Side::target),
            .tables = tables_,
            .chunk_bytes = 32 << 10,
            .samples_per_table = 100};
  }

  verify::Report verify() {
    IdleInstant instant;
    return verify::Verifier(options(), instant).run({});
  }

  std::vector<schema::Table> tables_;
};

TEST_F(Verify, EqualTablesOfEveryTypeAreEqual) {
  both(all_types());
  for (const std::string& row : extreme_rows()) source_.execute("INSERT INTO t SET " + row);
  load({"t"});
  const auto report = verify();
  ASSERT_EQ(report.tables.size(), 1U);
  EXPECT_TRUE(report.equal()) << report.tables[0].error;
  EXPECT_EQ(report.tables[0].state, ValidationState::validated);
  EXPECT_EQ(report.rows_compared(), extreme_rows().size());
  EXPECT_EQ(report.rows_different(), 0U);
}

TEST_F(Verify, TheSmallestChangeOfEveryTypeIsFound) {
  // One row per change, all alike.
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"ti", "ti+1"},
      {"iz", "iz-1"},
      {"bu", "bu-1"},
      {"bi", "bi+1"},
      {"dec1", "dec1+0.000000000000000000000000000001"},
      {"decz", "decz-0.001"},
      {"f", "0.10000001"},
      {"f2", "f2+0.008"},
      {"d", "0.30000000000000004"},
      {"d2", "d2+0.00001"},
      {"b1", "0"},
      {"b64", "b64-1"},
      {"da", "'2020-00-16'"},
      {"dt", "'2020-01-02 03:04:05.000007'"},
      {"dt0", "NULL"},
      {"ts", "'2020-01-02 03:04:05.999998'"},
      {"ts0", "'0000-00-00 00:00:00'"},
      {"tm", "'00:00:00.000001'"},
      {"y", "'2000'"},
      {"c", "'A'"},
      {"v", "'a '"},
      {"v16", "''"},
      {"vs", "UNHEX('835D')"},
      {"x", "'e'"},
      {"bn", "UNHEX('0000000001')"},
      {"vb", "UNHEX('00')"},
      {"lb", "CONCAT(LEFT(lb,900000),CHAR(ASCII(SUBSTRING(lb,900001,1))^1),SUBSTRING(lb,900002))"},
      {"e", "''"},
      {"en", "2"},
      {"eu", "2"},
      {"s", "''"},
      {"s64", "s64-1"},
      {"g", "ST_GeomFromText('POINT(1 2.0000000000000004)')"}};
  both(all_types());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    source_.execute(
        "INSERT INTO t SET ti=1, iz=5, bu=18446744073709551615, bi=-9223372036854775808, dec1=1, "
        "decz=1, f=0.1, f2=0.5, d=0.3, d2=0.5, b1=1, b64=18446744073709551615, da='2020-00-15', "
        "dt='2020-01-02 03:04:05.000006', dt0='0000-00-00', ts='2020-01-02 03:04:05.999999', "
        "ts0=NULL, tm='-00:00:00.000001', y='0000', c='a', v='a', v16=NULL, vs=UNHEX('835C'), "
        "x=UNHEX('C3A9'), bn='', vb='', lb=REPEAT('abcdefghij',100000), e='a', en=1, eu=1, s='p', "
        "s64=18446744073709551615, g=GeomFromText('POINT(1 2)')");
  }
  load({"t"});
  for (std::size_t i = 0; i < changes.size(); ++i) {
    target_.execute(
        fmt::format("UPDATE t SET {}={} WHERE id={}", changes[i].first, changes[i].second, i + 1));
  }
  const auto report = verify();
  EXPECT_FALSE(report.equal());
  const auto& result = report.tables.at(0);
  EXPECT_EQ(result.state, ValidationState::mismatched_records);
  EXPECT_EQ(result.rows_changed, changes.size());
  EXPECT_EQ(result.rows_different(), changes.size());
  ASSERT_EQ(result.samples.size(), changes.size());
  for (const auto& sample : result.samples) {
    const std::size_t id = std::stoull(sample.key.substr(4));
    ASSERT_EQ(sample.columns.size(), 1U) << sample.key;
    EXPECT_EQ(sample.columns[0].column, changes.at(id - 1).first);
    EXPECT_NE(sample.columns[0].source_value, sample.columns[0].target_value);
  }
}

struct Damage {
  const char* table;
  const char* definition;
  const char* fill;  ///< from `numbers` (n)
};

constexpr Damage kTables[] = {
    {"int_key", "k INT PRIMARY KEY, v VARCHAR(100)", "n, REPEAT(n,10)"},
    {"two_keys", "k INT NOT NULL, l VARCHAR(20) NOT NULL, v VARCHAR(100), PRIMARY KEY (k,l)",
     "n%7, CONCAT('x',n), REPEAT(n,10)"},
    {"text_key", "k VARCHAR(20) CHARACTER SET latin1 NOT NULL, v VARCHAR(100), UNIQUE KEY (k)",
     "CONCAT(n,' '), REPEAT(n,10)"},
    {"binary_key", "k VARBINARY(20) PRIMARY KEY, v VARCHAR(100)",
     "UNHEX(HEX(n*7919)), REPEAT(n,10)"},
    {"enum_key", "k ENUM('a','b') NOT NULL, l INT NOT NULL, v VARCHAR(100), PRIMARY KEY (k,l)",
     "1+n%2, n, REPEAT(n,10)"},
    {"no_key", "k INT, v VARCHAR(100)", "n DIV 3, REPEAT(n DIV 3,10)"},
    {"blobs", "k INT PRIMARY KEY, v LONGBLOB", "n, REPEAT(n,IF(n%1000=0,262144,10))"},
};

TEST_F(Verify, EveryKindOfDifferenceIsFoundInEveryKindOfTable) {
  source_.execute("CREATE TABLE numbers (n INT PRIMARY KEY)");
  std::string values;
  for (int i = 0; i < 3000; ++i) values += fmt::format("{}({})", i == 0 ? "" : ",", i);
  source_.execute("INSERT INTO numbers VALUES " + values);
  std::vector<std::string> names;
  for (const Damage& each : kTables) {
    both(fmt::format("CREATE TABLE {} ({})", each.table, each.definition));
    source_.execute(fmt::format("INSERT INTO {} SELECT {} FROM numbers", each.table, each.fill));
    names.emplace_back(each.table);
  }
  load(names);
  IdleInstant calm;
  const auto equal = verify::Verifier(options(), calm).run({});
  EXPECT_TRUE(equal.equal());
  EXPECT_EQ(calm.rounds_.size(), 1U);
  EXPECT_EQ(equal.rows_compared(), 3000U * std::size(kTables));

  const std::string flip = "v=CONCAT(LEFT(v,3),CHAR(ASCII(SUBSTRING(v,4,1))^1),SUBSTRING(v,5))";
  for (const Damage& each : kTables) {
    const std::string table = each.table;
    const bool keyed = table != "no_key";
    target_.execute("UPDATE " + table + " SET " + flip + " WHERE v LIKE '2000200%' LIMIT 1");
    if (!keyed) target_.execute("UPDATE no_key SET " + flip + " WHERE v LIKE '900900%' LIMIT 1");
    target_.execute("DELETE FROM " + table + " WHERE v LIKE '777777%' LIMIT 1");
    target_.execute(fmt::format("INSERT INTO {} {} 'extra'", table,
                                table == "two_keys"   ? "SELECT 3,'new',"
                                : table == "enum_key" ? "SELECT 2,123456,"
                                                      : "SELECT 123456,"));
    if (!keyed) target_.execute("INSERT INTO no_key SELECT * FROM no_key WHERE k=500 LIMIT 1");
  }
  IdleInstant instant;
  const auto report = verify::Verifier(options(), instant).run({});
  ASSERT_EQ(report.tables.size(), std::size(kTables));
  // Everything without a lock, then each table alone under its lock.
  ASSERT_EQ(instant.rounds_.size(), 1 + std::size(kTables));
  EXPECT_TRUE(instant.rounds_[0].empty());
  for (std::size_t i = 1; i < instant.rounds_.size(); ++i) {
    EXPECT_EQ(instant.rounds_[i].size(), 1U);
  }
  for (const auto& result : report.tables) {
    SCOPED_TRACE(result.name.to_string());
    const bool keyed = result.name.table != "no_key";
    EXPECT_EQ(result.state, ValidationState::mismatched_records) << result.error;
    // Without a key a changed row is one missing and one extra.
    EXPECT_EQ(result.rows_changed, keyed ? 1U : 0U);
    EXPECT_EQ(result.rows_missing, keyed ? 1U : 2U);
    EXPECT_EQ(result.rows_extra, keyed ? 1U : 2U);
    EXPECT_EQ(result.rows_doubled, keyed ? 0U : 1U);
    EXPECT_EQ(result.samples.size(), result.rows_different());
    EXPECT_EQ(result.rows_compared, 3000U);
    EXPECT_FALSE(result.differing_ranges.empty());
  }
}

TEST_F(Verify, LargeDifferencesNeedLittleMemory) {
  both("CREATE TABLE n (k INT, v VARCHAR(100))");
  std::string values;
  for (int i = 0; i < 3000; ++i) values += fmt::format("{}({},'v')", i == 0 ? "" : ",", i);
  source_.execute("INSERT INTO n VALUES " + values);
  load({"n"});
  target_.execute("UPDATE n SET v='w' WHERE k%2=0");
  auto small = options();
  small.memory_bytes = 100 << 10;
  small.samples_per_table = 5;
  IdleInstant instant;
  const auto report = verify::Verifier(small, instant).run({});
  EXPECT_EQ(report.tables.at(0).rows_missing, 1500U);
  EXPECT_EQ(report.tables.at(0).rows_extra, 1500U);
  EXPECT_EQ(report.tables.at(0).samples.size(), 5U);
}

TEST_F(Verify, WhatCanNotBeComparedIsSaid) {
  both("CREATE TABLE good (k INT PRIMARY KEY)");
  source_.execute("CREATE TABLE gone (k INT PRIMARY KEY)");
  source_.execute("CREATE TABLE narrow (k INT PRIMARY KEY, v INT)");
  target_.execute("CREATE TABLE narrow (k INT PRIMARY KEY)");
  source_.execute("CREATE TABLE keyed (k INT PRIMARY KEY)");
  target_.execute("CREATE TABLE keyed (k INT)");
  source_.execute("CREATE TABLE ordered (k VARCHAR(20) CHARACTER SET latin1 PRIMARY KEY)");
  target_.execute(
      "CREATE TABLE ordered (k VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin PRIMARY KEY, "
      "more INT)");
  for (const char* word : {"a", "B", "c", "D", "e"}) {
    for (int i = 0; i < 100; ++i) {
      source_.execute(fmt::format("INSERT INTO ordered VALUES ('{}{}')", word, i));
      target_.execute(fmt::format("INSERT INTO ordered (k) VALUES ('{}{}')", word, i));
    }
  }
  tables_ = tables({"good", "gone", "narrow", "keyed", "ordered"});
  const auto report = verify();
  EXPECT_FALSE(report.equal());
  EXPECT_EQ(report.tables[0].state, ValidationState::validated);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(report.tables[i].state, ValidationState::table_error);
    EXPECT_FALSE(report.tables[i].error.empty());
  }
  EXPECT_EQ(report.tables[4].state, ValidationState::validated) << report.tables[4].error;
  EXPECT_EQ(report.tables[4].skipped_columns, std::vector<std::string>{"more (target only)"});
  EXPECT_EQ(report.tables[4].rows_compared, 500U);
  tables_.clear();
  EXPECT_FALSE(verify().equal());  // Nothing compared is not equal.
}

TEST_F(Verify, TablesWithoutSnapshotsAreComparedWhileTheyAreStill) {
  for (const std::string table : {"k", "m", "n"}) {
    const std::string key = table == "n" ? "" : " PRIMARY KEY";
    source_.execute("CREATE TABLE " + table + " (id INT NOT NULL" + key + ", v VARCHAR(90))" +
                    (table == "k" ? " ENGINE=InnoDB" : " ENGINE=MyISAM"));
    target_.execute("CREATE TABLE " + table + " (id INT NOT NULL" + key + ", v VARCHAR(90))");
    source_.execute("INSERT INTO " + table + " VALUES (0,'x')");
    for (int i = 1; i < 4096; i *= 2) {
      source_.execute(
          fmt::format("INSERT INTO {0} SELECT id+{1},CONCAT(v,{1}) FROM {0}", table, i));
    }
  }
  load({"k", "m", "n"});
  IdleInstant instant;
  EXPECT_TRUE(verify::Verifier(options(), instant).run({}).equal());
  EXPECT_EQ(instant.rounds_.size(), 1U);
  EXPECT_EQ(instant.stills_, (std::vector{name("m"), name("n")}));
  target_.execute("UPDATE m SET v='y' WHERE id=4000");
  target_.execute("INSERT INTO n VALUES (7,'z')");
  target_.execute("DELETE FROM k WHERE id=3");
  IdleInstant again;
  const verify::Report report = verify::Verifier(options(), again).run({});
  EXPECT_EQ(report.tables[0].rows_missing, 1U);
  EXPECT_EQ(report.tables[1].rows_changed, 1U);
  EXPECT_EQ(report.tables[2].rows_extra, 1U);
  // What differs there differs: nothing is looked at a second time but for k.
  EXPECT_EQ(again.stills_, (std::vector{name("m"), name("n")}));
}

/// A writer on the source and an applier that follows it on the target, as the stream does.
class Following : public verify::Instant {
 public:
  explicit Following(const std::string& schema)
      : writer_([this, schema](const std::stop_token& stop) { write(schema, stop); }),
        applier_([this, schema](const std::stop_token& stop) { apply(schema, stop); }) {}

  void at_one_instant(const std::vector<mysql::TableName>& locked_tables,
                      const std::function<void()>& open_source_snapshots,
                      const std::function<void()>& open_target_snapshots) override {
    const bool exact = !locked_tables.empty();
    std::unique_lock lock(mutex_);
    paused_ = exact;
    changed_.wait(lock, [&] { return !exact || !writing_; });
    hold_at_ = committed_;
    changed_.notify_all();
    lock.unlock();
    // The window: what is committed now may be seen by some of the source's snapshots only.
    if (!exact) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    open_source_snapshots();
    lock.lock();
    paused_ = false;
    changed_.notify_all();
    changed_.wait(lock, [&] { return applied_ == hold_at_; });
    open_target_snapshots();
    hold_at_ = kNever;
    changed_.notify_all();
    ++rounds_;
  }

  void while_still(const schema::Table& /*table*/, const std::function<void()>& /*open_source*/,
                   const std::function<void()>& /*open_target*/,
                   const std::function<void()>& /*compare*/) override {
    ADD_FAILURE() << "every table has snapshots";
  }

  std::size_t applied() {
    std::unique_lock lock(mutex_);
    return applied_;
  }
  std::size_t rounds_ = 0;

 private:
  static constexpr std::size_t kNever = ~std::size_t{0};
  static constexpr std::size_t kQueueMax = 20;

  void write(const std::string& schema, const std::stop_token& stop) {
    auto source = db::Connection::open(endpoint(base::Side::source));
    source.execute("USE " + schema);
    for (int i = 0; !stop.stop_requested(); ++i) {
      const std::string sql =
          i % 3 == 0   ? fmt::format("INSERT INTO k VALUES ({},'new')", 100'000 + i)
          : i % 3 == 1 ? fmt::format("UPDATE k SET v='changed {}' WHERE id={}", i, i * 7 % 3000)
                       : fmt::format("INSERT INTO n VALUES ({},'new')", i % 10);
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return !paused_ && queue_.size() < kQueueMax; })) return;
      writing_ = true;
      lock.unlock();
      source.execute(sql);
      lock.lock();
      queue_.push_back(sql);
      ++committed_;
      writing_ = false;
      changed_.notify_all();
    }
  }

  void apply(const std::string& schema, const std::stop_token& stop) {
    auto target = db::Connection::open(endpoint(base::Side::target));
    target.execute("USE " + schema);
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, stop, [&] { return !queue_.empty() && applied_ != hold_at_; });
      if (stop.stop_requested()) return;
      const std::string sql = queue_.front();
      queue_.pop_front();
      lock.unlock();
      target.execute(sql);
      lock.lock();
      ++applied_;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  bool paused_ = false;
  bool writing_ = false;
  std::condition_variable_any changed_;
  std::deque<std::string> queue_;
  std::size_t committed_ = 0;
  std::size_t applied_ = 0;
  std::size_t hold_at_ = kNever;
  std::jthread writer_;
  std::jthread applier_;
};

TEST_F(Verify, ConcurrentWritesAreNoDifferences) {
  both("CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(100))");
  both("CREATE TABLE n (id INT, v VARCHAR(100))");
  std::string values;
  for (int i = 0; i < 3000; ++i) values += fmt::format("{}({},'v')", i == 0 ? "" : ",", i);
  source_.execute("INSERT INTO k VALUES " + values);
  source_.execute("INSERT INTO n VALUES " + values);
  load({"k", "n"});
  Following following(schema_);
  std::size_t rounds = 0;
  for (int i = 0; i < 5; ++i) {
    const std::size_t before = following.applied();
    const auto report = verify::Verifier(options(), following).run({});
    EXPECT_TRUE(report.equal()) << report.rows_different();
    EXPECT_GE(report.rows_compared(), 6000U);
    EXPECT_GT(following.applied(), before);
    rounds = following.rounds_;
  }
  EXPECT_GT(rounds, 5U) << "no window was met: this test says nothing about suspects";
  target_.execute("UPDATE k SET v=CONCAT(v,'!') WHERE id=2999");
  target_.execute("DELETE FROM n WHERE id=2998");
  const auto report = verify::Verifier(options(), following).run({});
  EXPECT_EQ(report.tables.at(0).rows_changed, 1U);
  EXPECT_EQ(report.tables.at(0).rows_different(), 1U);
  EXPECT_EQ(report.tables.at(1).rows_missing, 1U);
  EXPECT_EQ(report.tables.at(1).rows_different(), 1U);
}

TEST_F(Verify, StopsWhenAsked) {
  both("CREATE TABLE k (id INT PRIMARY KEY, v VARCHAR(100))");
  source_.execute("INSERT INTO k VALUES (1,'v')");
  load({"k"});
  std::stop_source stop;
  stop.request_stop();
  IdleInstant instant;
  const auto report = verify::Verifier(options(), instant).run(stop.get_token());
  EXPECT_TRUE(report.stopped);
  EXPECT_FALSE(report.equal());
}

}  // namespace
}  // namespace flyover::test
