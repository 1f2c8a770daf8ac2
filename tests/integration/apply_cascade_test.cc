// What foreign keys do with keys that change, where strings are equal without being the same: the
// target has to end as the source, whichever server it is.

#include "apply/needs_copy.h"
#include "apply_fixture.h"

namespace flyover::test {
namespace {

class ApplyCascade : public ApplyFixture {
 protected:
  void changes(const std::vector<std::string>& statements) {
    for (const std::string& sql : statements) {
      try {
        from_.execute(sql);
      } catch (const base::ErrorException& e) {
        // Not every server can do each of them.
        if (e.error().mysql_errno == 0) throw;
      }
    }
  }
  /// Every table as it is on the source now.
  void copy_all() {
    to_.execute("SET foreign_key_checks=0");
    for (const schema::Table& table : all_tables()) {
      const auto rows = from_.query("SELECT * FROM " + table.name.quoted());
      for (const auto& row : rows.rows) {
        std::string sql = "INSERT INTO " + table.name.quoted() + " VALUES (";
        for (const auto& field : row) sql += (field ? mysql::quote_bytes(*field) : "NULL") + ",";
        sql.back() = ')';
        to_.execute(sql);
      }
    }
    to_.execute("SET foreign_key_checks=1");
  }
  /// All tables in the window up to `end`.
  apply::ApplierOptions window_until(const mysql::BinlogPosition& end) {
    apply::ApplierOptions window = options();
    for (const schema::Table& table : all_tables()) {
      window.cuts[table.name] = {.skip_until = start_, .idempotent_until = end};
    }
    return window;
  }
};
INSTANTIATE_TEST_SUITE_P(Directions, ApplyCascade, testing::Bool(), [](const auto& direction) {
  return direction.param ? "Reverse" : "Forward";
});

std::string key(const char* name, const char* charset = "utf8mb3") {
  return std::string(name) + " VARCHAR(20) CHARACTER SET " + charset;
}

const std::vector<std::string>& words() {
  static const std::vector<std::string> kSchema = {
      "CREATE TABLE pa (" + key("k") + " PRIMARY KEY, n INT)",
      "CREATE TABLE ch (id INT PRIMARY KEY, " + key("k") +
          ", x INT, ts TIMESTAMP NULL DEFAULT '2001-01-01 00:00:00' ON UPDATE CURRENT_TIMESTAMP, "
          "FOREIGN KEY (k) REFERENCES pa (k) ON UPDATE CASCADE ON DELETE CASCADE)",
      "CREATE TABLE keyless (" + key("k") +
          ", x INT, FOREIGN KEY (k) REFERENCES pa (k) ON UPDATE CASCADE)",
      "CREATE TABLE nu (id INT PRIMARY KEY, " + key("k") +
          ", FOREIGN KEY (k) REFERENCES pa (k) ON UPDATE SET NULL)",
      "CREATE TABLE re (id INT PRIMARY KEY, " + key("k") + ", FOREIGN KEY (k) REFERENCES pa (k))",
      "CREATE TABLE mid (" + key("k") +
          " PRIMARY KEY, x INT, FOREIGN KEY (k) REFERENCES pa (k) ON UPDATE CASCADE)",
      "CREATE TABLE leaf (id INT PRIMARY KEY, " + key("k") +
          ", FOREIGN KEY (k) REFERENCES mid (k) ON UPDATE CASCADE)",
      "CREATE TABLE leaf_nu (id INT PRIMARY KEY, " + key("k") +
          ", FOREIGN KEY (k) REFERENCES mid (k) ON UPDATE SET NULL)",
      "CREATE TABLE wide (" + key("a") + ", " + key("b", "ucs2") + ", n INT, PRIMARY KEY (a, b))",
      "CREATE TABLE wide_ch (id INT PRIMARY KEY, " + key("a") + ", " + key("b", "ucs2") +
          ", FOREIGN KEY (a, b) REFERENCES wide (a, b) ON UPDATE CASCADE)",
      "CREATE TABLE self (" + key("k") + " PRIMARY KEY, " + key("up") +
          ", n INT, FOREIGN KEY (up) REFERENCES self (k) ON UPDATE CASCADE)",
      "CREATE TABLE num (id INT PRIMARY KEY, n INT, " + key("k") + ", UNIQUE (k))",
      "CREATE TABLE num_ch (id INT PRIMARY KEY, num INT, " + key("k") +
          ", FOREIGN KEY (num) REFERENCES num (id) ON UPDATE CASCADE ON DELETE SET NULL, FOREIGN "
          "KEY (k) REFERENCES num (k) ON UPDATE CASCADE)",
  };
  return kSchema;
}

const std::vector<std::string> kRows = {
    "INSERT INTO pa VALUES ('a',1),('b',1),('c',1),('d',1),('e',1),('f',1),('g',1)",
    "INSERT INTO ch (id,k,x) VALUES (1,'a',1),(2,'A',1),(3,'\xc3\xa1',1),(4,'a ',1),(5,'b',1),"
    "(6,'B',1),(7,'c',1),(8,'C',1)",
    "INSERT INTO keyless VALUES ('a',1),('a',1),('A',1),('b',1),('C',2)",
    "INSERT INTO nu VALUES (1,'b'),(2,'B'),(3,'e')",
    "INSERT INTO re VALUES (1,'d')",
    "INSERT INTO mid VALUES ('a',1),('C',1),('f',1)",
    "INSERT INTO leaf VALUES (1,'a'),(2,'A'),(3,'c'),(4,'C'),(5,'F')",
    "INSERT INTO leaf_nu VALUES (1,'a'),(2,'A'),(3,'c'),(4,'C'),(5,'F')",
    "INSERT INTO wide VALUES ('a','x',1),('b','x',1),('c','x',1),('d','x',1)",
    "INSERT INTO wide_ch VALUES (1,'a','x'),(2,'A','X'),(3,'b','X'),(4,'B','x'),(5,'c','X'),"
    "(6,'C','x'),(7,'d','X')",
    "INSERT INTO self VALUES ('a',NULL,1),('b','a',1),('c','c',1)",
    "INSERT INTO num VALUES (1,1,'a'),(2,1,'b'),(3,1,'c')",
    "INSERT INTO num_ch VALUES (1,1,'a'),(2,2,'B'),(3,3,'c'),(4,1,'A')",
};

/// All of one level.
const std::vector<std::string> kNearChanges = {
    "UPDATE wide SET a='A' WHERE a='a'",       "UPDATE wide SET a='z' WHERE a='b'",
    "UPDATE wide SET a='C',b='y' WHERE a='c'", "UPDATE wide SET b='X',n=2 WHERE a='d'",
    "UPDATE self SET k='A' WHERE k='a'",       "UPDATE self SET k='B',n=2 WHERE k='b'",
    "UPDATE num SET k='A',n=2 WHERE id=1",     "UPDATE num SET id=12,k='B' WHERE id=2",
    "UPDATE num SET id=13 WHERE id=3",         "DELETE FROM num WHERE id=2",
};
const std::vector<std::string> kChanges = {
    "UPDATE pa SET k='A' WHERE k='a'",
    "UPDATE ch SET x=2 WHERE k='a'",
    "UPDATE pa SET k='\xc3\x81',n=2 WHERE k='a'",
    "UPDATE pa SET k='B' WHERE k='b'",
    "DELETE FROM keyless WHERE k='b'",
    "BEGIN",
    "UPDATE ch SET k='c' WHERE id=5",
    "UPDATE pa SET k='C ',n=n+1 WHERE k='c'",
    "UPDATE ch SET k='c' WHERE id=8",
    "UPDATE pa SET k='c',n=n+1 WHERE k='c'",
    "COMMIT",
    "UPDATE pa SET k='D' WHERE k='d'",
    "UPDATE pa SET k='E',n=2 WHERE k='e'",
    "UPDATE pa SET k='x' WHERE k='f'",
    "UPDATE pa SET k='y' WHERE k='c'",
    "UPDATE pa SET k='G' WHERE k='g'",
    "DELETE FROM ch WHERE k='a' AND id=1",
    "SET foreign_key_checks=0",
    "UPDATE pa SET k='a' WHERE k='a'",
    "SET foreign_key_checks=1",
};

TEST_P(ApplyCascade, KeysAreCarriedOnAsOnTheSource) {
  recreate_schema(words());
  for (const std::string& sql : kRows) from_.execute(sql);
  changes(kNearChanges);
  changes(kChanges);
  if (!reverse_) {
    EXPECT_EQ(count(from_, name_ + ".ch WHERE id IN (2,3,4) AND BINARY k='\xc3\x81'"), 3U);
    EXPECT_EQ(count(from_, name_ + ".nu WHERE k IS NULL"), 3U);
    EXPECT_EQ(count(from_, name_ + ".leaf_nu WHERE k IS NULL"), 5U);
    EXPECT_EQ(count(from_, name_ + ".leaf WHERE BINARY k='\xc3\x81'"), 2U);
    EXPECT_EQ(count(from_, name_ + ".wide_ch WHERE BINARY b=BINARY CONVERT('X' USING ucs2)"), 3U);
  }
  apply_all(capture(start_));
  expect_equal();
}

TEST_P(ApplyCascade, AlsoWhereTheImagesLackColumns) {
  recreate_schema(words());
  for (const std::string& sql : kRows) from_.execute(sql);
  from_.execute("SET SESSION binlog_row_image=MINIMAL");
  changes(kNearChanges);
  changes(kChanges);
  from_.execute("SET SESSION binlog_row_image=FULL");
  apply_all(capture(start_));
  expect_equal();
}

// The rows were copied behind all of the changes, and in the middle of them.
TEST_P(ApplyCascade, KeysThatStayEqualComeAgainInTheWindow) {
  for (const bool behind_all : {false, true}) {
    SCOPED_TRACE(behind_all);
    forget_link();
    recreate_schema({"CREATE TABLE pa (" + key("k") + " PRIMARY KEY, n INT)",
                     "CREATE TABLE ch (id INT PRIMARY KEY, " + key("k") +
                         ", x INT, FOREIGN KEY (k) REFERENCES pa (k) ON UPDATE CASCADE)",
                     "CREATE TABLE nu (id INT PRIMARY KEY, " + key("k") +
                         ", FOREIGN KEY (k) REFERENCES pa (k) ON UPDATE SET NULL)"});
    changes({"INSERT INTO pa VALUES ('a',1),('b',1),('c',1)",
             "INSERT INTO ch VALUES (1,'a',1),(2,'A',1),(3,'b',1),(4,'B',1)",
             "INSERT INTO nu VALUES (1,'a'),(2,'b')"});
    start_ = stream::current_position(from_);
    changes({"UPDATE pa SET k='A',n=2 WHERE k='a'", "UPDATE ch SET k='a',x=2 WHERE id=1",
             "UPDATE pa SET k='B',n=3 WHERE k='b'", "INSERT INTO ch VALUES (5,'a',7)"});
    if (!behind_all) copy_all();
    changes({"UPDATE pa SET k='a',n=4 WHERE k='a'", "UPDATE pa SET k='b',n=5 WHERE k='b'",
             "UPDATE ch SET k='C' WHERE id=3", "UPDATE pa SET k='C',n=6 WHERE k='c'",
             "INSERT INTO nu VALUES (3,'B')"});
    if (behind_all) copy_all();
    const mysql::BinlogPosition end = stream::current_position(from_);
    changes({"UPDATE pa SET k='B',n=8 WHERE k='b'", "UPDATE pa SET k='q' WHERE k='a'"});
    apply_all(capture(start_), window_until(end));
    expect_equal();
  }
}

// Of three generations the one in the middle was copied behind a delete, the others before: in the
// log of a server before 9.6 nothing says that the grandchild is gone.
TEST_P(ApplyCascade, OverMoreThanOneLevelTheWindowNeedsACopy) {
  recreate_schema({"CREATE TABLE p (id INT PRIMARY KEY, x INT)",
                   "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) "
                   "ON DELETE CASCADE)",
                   "CREATE TABLE g (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id) "
                   "ON DELETE CASCADE)"});
  changes(
      {"INSERT INTO p VALUES (1,0)", "INSERT INTO c VALUES (1,1)", "INSERT INTO g VALUES (1,1)"});
  start_ = stream::current_position(from_);
  to_.execute("SET foreign_key_checks=0");
  to_.execute("INSERT INTO p VALUES (1,0)");
  to_.execute("INSERT INTO g VALUES (1,1)");
  to_.execute("SET foreign_key_checks=1");
  changes({"DELETE FROM p WHERE id=1"});
  const mysql::BinlogPosition end = stream::current_position(from_);
  if (reverse_) {
    apply_all(capture(start_), window_until(end));
    expect_equal();
    return;
  }
  EXPECT_THROW(apply_all(capture(start_), window_until(end)), apply::NeedsCopy);
}

// A child without a key was copied at a moment of its own, behind the delete of its parent's key
// and the new parent under the same.
TEST_P(ApplyCascade, AChildOfALaterMomentNeedsACopy) {
  recreate_schema({"CREATE TABLE p (id INT PRIMARY KEY, x INT)",
                   "CREATE TABLE c (p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)"});
  changes({"INSERT INTO p VALUES (1,0)", "INSERT INTO c VALUES (1)"});
  start_ = stream::current_position(from_);
  changes({"DELETE FROM p WHERE id=1", "INSERT INTO p VALUES (1,1)", "INSERT INTO c VALUES (1)"});
  const mysql::BinlogPosition end = stream::current_position(from_);
  copy_all();
  apply::ApplierOptions window = window_until(end);
  window.cuts[{name_, "c"}] = {.skip_until = end, .idempotent_until = end};
  if (reverse_) {
    apply_all(capture(start_), std::move(window));
    expect_equal();
    return;
  }
  EXPECT_THROW(apply_all(capture(start_), std::move(window)), apply::NeedsCopy);
}

}  // namespace
}  // namespace flyover::test
