// assess on both real servers: what is right passes, what is broken is named with its fix, and
// nothing is left behind.

#include "assess/assess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include "integration/servers.h"

namespace flyover::assess {
namespace {

using ::testing::HasSubstr;

db::Connection root(base::Side side) {
  return db::Connection::open(integration::root_endpoint(side));
}

// Findings of one check as lines "severity object | reason | fix".
std::string found(const Report& report, const std::string& check) {
  std::string text;
  for (const Finding& finding : report.findings) {
    if (finding.check != check) continue;
    text += std::string(to_string(finding.severity)) + " " + finding.object + " | " +
            finding.reason + " | " + finding.fix + "\n";
  }
  return text;
}

std::string blockers(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    if (finding.severity == Severity::blocker)
      text += finding.object + " | " + finding.reason + "\n";
  }
  return text;
}

// A global variable that has another value while this lives.
class Setting {
 public:
  Setting(base::Side side, const std::string& name, const std::string& value)
      : connection_(root(side)), name_(name) {
    before_ = connection_.query_value("SELECT @@GLOBAL." + name).value_or("");
    connection_.execute("SET GLOBAL " + name + " = " + value);
  }
  ~Setting() { connection_.execute("SET GLOBAL " + name_ + " = " + mysql_value()); }

 private:
  std::string mysql_value() const {
    const bool number =
        !before_.empty() && before_.find_first_not_of("0123456789") == std::string::npos;
    return number ? before_ : "'" + before_ + "'";
  }
  db::Connection connection_;
  std::string name_;
  std::string before_;
};

class Assess : public ::testing::Test {
 protected:
  void SetUp() override {
    db::Connection source = root(base::Side::source);
    source.execute("DROP DATABASE IF EXISTS assess_me");
    source.execute("CREATE DATABASE assess_me CHARACTER SET latin1");
    source.execute("USE assess_me");
    source.execute("CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB) ENGINE=InnoDB");
    source.execute(
        "CREATE TABLE c (id INT PRIMARY KEY, t_id INT, FOREIGN KEY (t_id) "
        "REFERENCES t (id) ON DELETE CASCADE) ENGINE=InnoDB");
    source.execute("CREATE VIEW v AS SELECT t.id FROM t");
    context_.source = integration::endpoint(base::Side::source);
    context_.target = integration::endpoint(base::Side::target);
    context_.selection.include = {"assess_me.*"};
    context_.migration = "test";
  }
  void TearDown() override {
    root(base::Side::source).execute("DROP DATABASE IF EXISTS assess_me");
    db::Connection target = root(base::Side::target);
    target.execute("DROP DATABASE IF EXISTS assess_me");
    EXPECT_TRUE(target.query("SHOW DATABASES LIKE 'flyover\\_assess\\_%'").empty());
  }
  void on_source(const std::string& sql) {
    db::Connection source = root(base::Side::source);
    source.execute("USE assess_me");
    source.execute(sql);
  }

  AssessContext context_;
};

TEST_F(Assess, PassesWhatIsRight) {
  context_.proxy_users = {{"app", base::Secret(integration::required_environment("APP_PASSWORD"))}};
  const Report report = run_assessment(context_);
  EXPECT_EQ(blockers(report), "");
  EXPECT_FALSE(report.has_blockers());
  EXPECT_THAT(found(report, "foreign_keys"), HasSubstr("CASCADE"));
  EXPECT_THAT(found(report, "space"), HasSubstr("can not be asked"));
  EXPECT_THAT(report.json(), HasSubstr("\"blockers\": 0"));
}

TEST_F(Assess, TakesNamesOutsideOfAscii) {
  db::Connection source = root(base::Side::source);
  source.execute("CREATE DATABASE `assess_žluť '\\`");
  source.execute("CREATE TABLE `assess_žluť '\\`.`kůň` (`id é` INT PRIMARY KEY) ENGINE=InnoDB");
  context_.selection.include.emplace_back("assess_ž*");
  const Report report = run_assessment(context_);
  source.execute("DROP DATABASE `assess_žluť '\\`");
  EXPECT_EQ(blockers(report), "");
}

TEST_F(Assess, NamesAnUnreachableServerAndAWrongPasswordOnce) {
  context_.target.port = 1;
  context_.source.password = base::Secret("wrong-secret");
  const Report report = run_assessment(context_);
  ASSERT_EQ(report.findings.size(), 2u);
  EXPECT_EQ(report.findings[0].check, "connection");
  EXPECT_THAT(report.findings[0].reason, HasSubstr("Access denied"));
  EXPECT_THAT(report.text(), ::testing::Not(HasSubstr("wrong-secret")));
  EXPECT_THAT(report.findings[1].object, HasSubstr("target"));
}

TEST_F(Assess, NamesBinlogSettings) {
  const Setting format(base::Side::source, "binlog_format", "'STATEMENT'");
  const Setting image(base::Side::source, "binlog_row_image", "'MINIMAL'");
  const Setting order(base::Side::source, "binlog_order_commits", "0");
  const Setting target_image(base::Side::target, "binlog_row_image", "'MINIMAL'");
  const std::string text = found(run_assessment(context_), "binlog");
  EXPECT_THAT(text, HasSubstr("blocker source | binlog_format is STATEMENT"));
  EXPECT_THAT(text, HasSubstr("SET GLOBAL binlog_format = ROW;"));
  EXPECT_THAT(text, HasSubstr("warning source | binlog_row_image is MINIMAL"));
  EXPECT_THAT(text, HasSubstr("blocker source | binlog_order_commits is OFF"));
  EXPECT_THAT(text, HasSubstr("warning target | binlog_row_image is MINIMAL"));
}

TEST_F(Assess, ComparesRetentionWithTheLoad) {
  EXPECT_THAT(found(run_assessment(context_), "retention"), HasSubstr("do not expire"));
  const Setting days(base::Side::source, "expire_logs_days", "1");
  context_.options.load_bytes_per_second = 1;
  on_source("INSERT INTO t VALUES (1, REPEAT('x', 300000))");
  on_source("ANALYZE TABLE t");
  const std::string text = found(run_assessment(context_), "retention");
  EXPECT_THAT(text, HasSubstr("blocker source | expire_logs_days = 1"));
  EXPECT_THAT(text, HasSubstr("SET GLOBAL expire_logs_days = "));
}

TEST_F(Assess, ReadsRetentionOfRds) {
  db::Connection source = root(base::Side::source);
  source.execute("CREATE TABLE mysql.rds_configuration (name VARCHAR(100), value VARCHAR(100))");
  source.execute("INSERT INTO mysql.rds_configuration VALUES ('binlog retention hours', NULL)");
  const std::string text = found(run_assessment(context_), "retention");
  source.execute("DROP TABLE mysql.rds_configuration");
  EXPECT_THAT(text, HasSubstr("blocker source"));
  EXPECT_THAT(text, HasSubstr("CALL mysql.rds_set_configuration('binlog retention hours', 24);"));
}

TEST_F(Assess, PrintsMissingRightsAsGrants) {
  db::Connection source = root(base::Side::source);
  source.execute("GRANT SELECT, SHOW VIEW ON assess_me.* TO 'poor'@'%' IDENTIFIED BY 'p'");
  db::Connection target = root(base::Side::target);
  target.execute("CREATE USER IF NOT EXISTS 'poor'@'%' IDENTIFIED BY 'p'");
  context_.source.user = context_.target.user = "poor";
  context_.source.password = context_.target.password = base::Secret("p");
  const Report report = run_assessment(context_);
  const std::string text = found(report, "grants");
  source.execute("DROP USER 'poor'@'%'");
  target.execute("DROP USER 'poor'@'%'");
  EXPECT_THAT(text, HasSubstr("GRANT PROCESS, REPLICATION CLIENT, REPLICATION SLAVE, SUPER ON *.* "
                              "TO `poor`@`%`;"));
  EXPECT_THAT(text, HasSubstr("ON `assess\\_me`.* TO `poor`@`%`;"));
  EXPECT_THAT(text, HasSubstr("SET_ANY_DEFINER"));
  EXPECT_THAT(text, HasSubstr("`flyover\\_assess\\_%`.*"));
  EXPECT_TRUE(report.has_blockers());
}

// The accounts of README, with nothing more: every phase's right is in them, and they can create
// whatever the source has.
TEST_F(Assess, NeedsNoMoreThanTheDocumentedRights) {
  for (const base::Side side : {base::Side::source, base::Side::target}) {
    db::Connection admin = root(side);
    const bool is_source = side == base::Side::source;
    for (const std::string& sql :
         integration::read_statements(is_source ? "grants_source.sql" : "grants_target.sql")) {
      admin.execute(sql);
    }
  }
  on_source("CREATE TABLE child_of_part (id INT PRIMARY KEY, a INT, KEY (a)) ENGINE=InnoDB");
  on_source("CREATE DEFINER='app'@'%' FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1");
  on_source("CREATE DEFINER='app'@'%' VIEW uses_f AS SELECT f() AS f, id FROM t");
  on_source("CREATE DEFINER='root'@'%' PROCEDURE p() INSERT INTO t VALUES (1, '')");
  on_source("CREATE DEFINER='app'@'%' TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = ''");
  on_source(
      "CREATE DEFINER='app'@'%' EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' "
      "DO DELETE FROM t");
  context_.source.user = context_.target.user = "least";
  context_.source.password = context_.target.password = base::Secret("least_password");
  const Report report = run_assessment(context_);
  EXPECT_EQ(blockers(report), "");
  EXPECT_EQ(found(report, "grants"), "");
  for (const base::Side side : {base::Side::source, base::Side::target}) {
    root(side).execute("DROP USER 'least'@'%'");
  }
}

TEST_F(Assess, ReportsTablesThatNeedAttention) {
  on_source("CREATE TABLE keyless (x INT) ENGINE=InnoDB");
  on_source("CREATE TABLE old_engine (x INT PRIMARY KEY) ENGINE=MyISAM");
  on_source(
      "CREATE TABLE per_group (g INT, n INT AUTO_INCREMENT, PRIMARY KEY (g, n)) ENGINE=MyISAM");
  on_source("INSERT INTO old_engine VALUES (1)");
  Report report = run_assessment(context_);
  EXPECT_THAT(found(report, "keys"), HasSubstr("warning table assess_me.keyless"));
  EXPECT_THAT(found(report, "engines"), HasSubstr("warning table assess_me.old_engine"));
  EXPECT_THAT(found(report, "engines"), HasSubstr("blocker table assess_me.per_group"));
  // Its writers would wait for longer than they may.
  context_.options.lock_ms_max = 100;
  context_.options.load_bytes_per_second = 1;
  report = run_assessment(context_);
  EXPECT_THAT(found(report, "engines"), HasSubstr("blocker table assess_me.old_engine"));
}

TEST_F(Assess, RefusesATargetThatIsNotEmpty) {
  db::Connection target = root(base::Side::target);
  target.execute("CREATE DATABASE assess_me");
  target.execute("CREATE TABLE assess_me.somebodys (x INT)");
  EXPECT_THAT(found(run_assessment(context_), "target"), HasSubstr("blocker schema assess_me"));
  context_.options.target_must_be_empty = false;
  EXPECT_EQ(blockers(run_assessment(context_)), "");
}

TEST_F(Assess, ComparesTheTargetsSettings) {
  const Setting infile(base::Side::target, "local_infile", "0");
  const Setting read_only(base::Side::target, "read_only", "1");
  const Setting packet(base::Side::target, "max_allowed_packet", "1048576");
  on_source("INSERT INTO t VALUES (1, REPEAT('x', 2000000))");
  const Report report = run_assessment(context_);
  EXPECT_THAT(found(report, "target"), HasSubstr("warning target | local_infile is OFF"));
  EXPECT_THAT(found(report, "target"), HasSubstr("blocker target | read_only is ON"));
  EXPECT_THAT(found(report, "row_size"), HasSubstr("blocker table assess_me.t"));
}

TEST_F(Assess, ProvesEveryObjectByCreatingIt) {
  on_source(
      "CREATE TABLE auto_second (g INT, n INT AUTO_INCREMENT, PRIMARY KEY (g, n)) "
      "ENGINE=MyISAM");
  on_source("CREATE TABLE auto_alike LIKE auto_second");
  on_source("CREATE PROCEDURE old_words() SELECT 1 AS manual, 2 AS qualify FROM t QUALIFY");
  on_source("CREATE FUNCTION digest() RETURNS CHAR(32) DETERMINISTIC RETURN MD5('x')");
  on_source("CREATE VIEW md AS SELECT MD5(id) AS m FROM t");
  const std::string text = found(run_assessment(context_), "proof");
  EXPECT_THAT(text, HasSubstr("blocker table assess_me.auto_second"));
  EXPECT_THAT(text, HasSubstr("blocker table assess_me.auto_alike"));
  EXPECT_THAT(text, HasSubstr("there can be only one auto column and it must be defined as a key"));
  EXPECT_THAT(text, HasSubstr("blocker assess_me.old_words"));
  EXPECT_THAT(text, HasSubstr("blocker view assess_me.md"));
  EXPECT_EQ(text.find("assess_me.v "), std::string::npos);
}

// Temporary tables are not encrypted: they would not tell.
TEST_F(Assess, FindsWhatTheTargetRefusesToEveryTable) {
  const Setting encrypted(base::Side::target, "default_table_encryption", "1");
  EXPECT_THAT(found(run_assessment(context_), "proof"), HasSubstr("keyring"));
}

TEST_F(Assess, FindsViewsThatTheTargetStoresOtherwise) {
  on_source("CREATE VIEW confused AS SELECT GROUP_CONCAT(DISTINCT b ORDER BY b, id) AS x FROM t");
  on_source("CREATE VIEW other_words AS SELECT id FROM t WHERE b IS NULL OR NOT id ORDER BY 1");
  const std::string text = found(run_assessment(context_), "proof");
  EXPECT_THAT(text,
              HasSubstr("blocker view assess_me.confused | the target stores another SELECT"));
  EXPECT_EQ(text.find("other_words"), std::string::npos);
}

TEST_F(Assess, FindsFunctionsThatTheTargetLost) {
  on_source("CREATE FUNCTION digest() RETURNS CHAR(32) DETERMINISTIC RETURN MD5('x')");
  on_source("CREATE FUNCTION own(a INT) RETURNS INT DETERMINISTIC RETURN CONCAT(a, 'md5 (1)')");
  on_source(
      "CREATE TRIGGER packed BEFORE INSERT ON t FOR EACH ROW SET NEW.b = "
      "IF (own (1) IN (1), ENCODE ('a', 'b'), `own`(2))");
  const std::string text = found(run_assessment(context_), "functions");
  EXPECT_THAT(text, HasSubstr("blocker assess_me.digest | it calls MD5()"));
  EXPECT_THAT(text, HasSubstr("blocker assess_me.packed | it calls ENCODE()"));
  EXPECT_EQ(text.find("assess_me.own"), std::string::npos);
}

TEST_F(Assess, FindsSystemTablesAndVariablesThatTheTargetLost) {
  on_source("CREATE VIEW seen AS SELECT * FROM information_schema.GLOBAL_STATUS");
  on_source(
      "CREATE PROCEDURE looks() SELECT COUNT(*) FROM information_schema.`INNODB_SYS_TABLES`, "
      "mysql.user, information_schema.tables");
  on_source("CREATE PROCEDURE asks() SELECT @@session.tx_isolation, @@version");
  {
    db::Connection application = root(base::Side::source);
    application.query("SELECT 1 FROM information_schema.session_variables LIMIT 1");
    application.query("SELECT @@global.query_cache_size");
    application.execute("SET SESSION old_passwords = 0, SESSION wait_timeout = 1000");
  }
  const Report report = run_assessment(context_);
  EXPECT_THAT(found(report, "proof"), HasSubstr("blocker view assess_me.seen"));
  const std::string text = found(report, "statements");
  EXPECT_THAT(text, HasSubstr("blocker assess_me.looks | it uses "
                              "information_schema.innodb_sys_tables"));
  EXPECT_THAT(text, HasSubstr("blocker assess_me.asks | it uses @@tx_isolation"));
  EXPECT_THAT(text, HasSubstr("warning information_schema.session_variables | "));
  EXPECT_THAT(text, HasSubstr("warning @@query_cache_size | "));
  EXPECT_THAT(text, HasSubstr("warning @@old_passwords | "));
  for (const char* there :
       {"mysql.user", "information_schema.tables", "@@version", "@@wait_timeout"}) {
    EXPECT_EQ(text.find(std::string(there) + ","), std::string::npos) << text;
    EXPECT_EQ(text.find(std::string("warning ") + there), std::string::npos) << text;
  }
}

TEST_F(Assess, WarnsOfKeysThatACollationTakesForEqual) {
  const std::string tables[] = {
      "CREATE TABLE pa (k VARCHAR(20) CHARACTER SET utf8 PRIMARY KEY) ENGINE=InnoDB",
      "CREATE TABLE ch (id INT PRIMARY KEY, k VARCHAR(20) CHARACTER SET utf8, CONSTRAINT loose "
      "FOREIGN KEY (k) REFERENCES pa (k) ON UPDATE CASCADE) ENGINE=InnoDB"};
  for (const std::string& sql : tables) on_source(sql);
  on_source(
      "CREATE TABLE pb (k VARCHAR(9) CHARACTER SET utf8 COLLATE utf8_bin PRIMARY KEY)"
      " ENGINE=InnoDB");
  on_source(
      "CREATE TABLE exact (id INT PRIMARY KEY, k VARCHAR(9) CHARACTER SET utf8 COLLATE utf8_bin, "
      "FOREIGN KEY (k) REFERENCES pb (k) ON UPDATE CASCADE) ENGINE=InnoDB");
  const std::string text = found(run_assessment(context_), "foreign_keys");
  EXPECT_THAT(text, HasSubstr("warning foreign key loose of assess_me.ch | k holds text."));
  EXPECT_EQ(text.find("of assess_me.exact | k holds text."), std::string::npos);
  // What it warns of, by the servers themselves.
  db::Connection target = root(base::Side::target);
  target.execute("CREATE DATABASE assess_me");
  target.execute("USE assess_me");
  for (const std::string& sql : tables) target.execute(sql);
  for (const base::Side side : {base::Side::source, base::Side::target}) {
    db::Connection server = root(side);
    server.execute("USE assess_me");
    server.execute("INSERT INTO pa VALUES ('a')");
    server.execute("INSERT INTO ch VALUES (1, 'a'), (2, 'A')");
    server.execute("UPDATE pa SET k = 'A' WHERE k = 'a'");
    const bool is_source = side == base::Side::source;
    EXPECT_EQ(server.query_value("SELECT k FROM pa"), is_source ? "A" : "a");
    EXPECT_EQ(server.query_value("SELECT GROUP_CONCAT(k ORDER BY id) FROM ch"), "A,A");
  }
}

TEST_F(Assess, RefusesPartitionBoundsThatSessionsReadDifferently) {
  on_source(
      "CREATE TABLE odd (k VARCHAR(9) CHARACTER SET latin1 NOT NULL PRIMARY KEY) ENGINE=InnoDB "
      "PARTITION BY RANGE COLUMNS (k) (PARTITION a VALUES LESS THAN (_latin1 x'd0'), "
      "PARTITION b VALUES LESS THAN (MAXVALUE))");
  on_source(
      "CREATE TABLE plain (k VARCHAR(9) CHARACTER SET latin1 NOT NULL PRIMARY KEY) ENGINE=InnoDB "
      "PARTITION BY LINEAR KEY ALGORITHM = 1 (k) PARTITIONS 3");
  const Report report = run_assessment(context_);
  EXPECT_THAT(found(report, "partitions"), HasSubstr("blocker table assess_me.odd | a bound of"));
  EXPECT_EQ(found(report, "partitions").find("plain"), std::string::npos);
  EXPECT_EQ(found(report, "proof").find("plain"), std::string::npos) << found(report, "proof");
}

TEST_F(Assess, NamesDefaultsThatServersRound) {
  on_source(
      "CREATE TABLE floats (id INT PRIMARY KEY, f FLOAT NOT NULL DEFAULT 16777215, "
      "s FLOAT DEFAULT 1.25)");
  EXPECT_THAT(found(run_assessment(context_), "text"),
              HasSubstr("warning column f of assess_me.floats | its default is printed as 1677"));
  on_source("INSERT INTO floats (id) VALUES (1)");
  const std::string text = found(run_assessment(context_), "text");
  EXPECT_THAT(text, HasSubstr("blocker column f of assess_me.floats | its default is 16777215,"));
  EXPECT_THAT(text, HasSubstr("ALTER TABLE `assess_me`.`floats` ALTER `f` SET DEFAULT 16777200;"));
  EXPECT_EQ(text.find("column s"), std::string::npos) << text;
  on_source("ALTER TABLE floats ALTER f SET DEFAULT 16777200");
  EXPECT_EQ(found(run_assessment(context_), "text"), "");
}

TEST_F(Assess, NamesDefinersThatAreMissing) {
  db::Connection source = root(base::Side::source);
  source.execute("GRANT SELECT ON assess_me.* TO 'only_here'@'%' IDENTIFIED BY 'p'");
  on_source("CREATE DEFINER='only_here'@'%' VIEW theirs AS SELECT 1 AS one");
  on_source("CREATE DEFINER='nobody'@'%' VIEW nobodys AS SELECT 1 AS one");
  const Report report = run_assessment(context_);
  source.execute("DROP USER 'only_here'@'%'");
  EXPECT_THAT(found(report, "definers"), HasSubstr("blocker definer `only_here`@`%`"));
  EXPECT_THAT(found(report, "definers"), HasSubstr("warning definer `nobody`@`%`"));
  EXPECT_EQ(found(report, "proof"), "");
}

TEST_F(Assess, FindsPreparedTransactions) {
  {
    db::Connection holder = root(base::Side::source);
    holder.execute("XA START 'left'");
    holder.execute("INSERT INTO assess_me.t VALUES (9, '')");
    holder.execute("XA END 'left'");
    holder.execute("XA PREPARE 'left'");
    EXPECT_THAT(found(run_assessment(context_), "xa"), HasSubstr("warning source | 1 XA"));
    holder.execute("XA ROLLBACK 'left'");
  }
  EXPECT_EQ(found(run_assessment(context_), "xa"), "");
}

TEST_F(Assess, ChecksTheApplicationsAccounts) {
  context_.proxy_users = {{"app", base::Secret("wrong")}};
  const std::string text = found(run_assessment(context_), "proxy_users");
  EXPECT_THAT(text, HasSubstr("blocker application account app on the source"));
  EXPECT_THAT(text, HasSubstr("blocker application account app on the target"));
}

TEST_F(Assess, ComparesTimeZonesKnownByName) {
  const auto define = [](base::Side side, int id, const std::string& name, int offset_s) {
    db::Connection server = root(side);
    const std::string number = std::to_string(id);
    server.execute("INSERT INTO mysql.time_zone VALUES (" + number + ", 'N')");
    server.execute("INSERT INTO mysql.time_zone_name VALUES ('" + name + "', " + number + ")");
    server.execute("INSERT INTO mysql.time_zone_transition_type VALUES (" + number + ", 0, " +
                   std::to_string(offset_s) + ", 0, 'X')");
  };
  const auto text = [&] { return found(run_assessment(context_), "versions"); };
  EXPECT_THAT(text(), ::testing::Not(HasSubstr("zones by name")));
  define(base::Side::source, 9100, "UTC", 0);
  EXPECT_THAT(text(), HasSubstr("warning target | the source knows time zones by name and the "
                                "target does not"));
  define(base::Side::target, 9100, "UTC", 0);
  EXPECT_THAT(text(), ::testing::Not(HasSubstr("zones by name")));
  define(base::Side::source, 9101, "Here/Only", 3600);
  define(base::Side::source, 9102, "Other/Rules", 3600);
  define(base::Side::target, 9102, "Other/Rules", 7200);
  {
    const Setting zone(base::Side::source, "time_zone", "'Here/Only'");
    EXPECT_THAT(text(), HasSubstr("blocker target | it does not know the source's time_zone "
                                  "'Here/Only'"));
  }
  const Setting zone(base::Side::source, "time_zone", "'Other/Rules'");
  EXPECT_THAT(text(), HasSubstr("warning target | the zone 'Other/Rules' has other rules there"));
  EXPECT_THAT(text(), ::testing::Not(HasSubstr("blocker target")));
}

TEST_F(Assess, StopsWhenAskedAndLeavesNothing) {
  std::stop_source stop;
  stop.request_stop();
  context_.stop = stop.get_token();
  const Report report = run_assessment(context_);
  EXPECT_TRUE(report.has_blockers());
}

TEST_F(Assess, StopsInTheMiddleOfTheProof) {
  for (int i = 0; i < 100; ++i) {
    on_source("CREATE TABLE many_" + std::to_string(i) + " (id INT PRIMARY KEY) ENGINE=InnoDB");
  }
  std::stop_source stop;
  context_.stop = stop.get_token();
  std::atomic<bool> seen = false;
  std::jthread watcher([&](const std::stop_token& end) {
    db::Connection target = root(base::Side::target);
    while (!end.stop_requested() && !seen) {
      seen = !target.query("SHOW DATABASES LIKE 'flyover\\_assess\\_%'").empty();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    stop.request_stop();
  });
  const Report report = run_assessment(context_);
  watcher.request_stop();
  EXPECT_TRUE(seen);
  EXPECT_THAT(found(report, "proof"), HasSubstr("stopped before its end"));
}

TEST_F(Assess, DropsWhatAKilledAssessmentLeft) {
  root(base::Side::target).execute("CREATE DATABASE flyover_assess_0123456789ab_0");
  EXPECT_EQ(blockers(run_assessment(context_)), "");
}

}  // namespace
}  // namespace flyover::assess
