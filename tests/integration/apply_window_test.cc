// The window in which changes may be in the loaded rows already: whatever moment each table's rows
// were read at, at its end both sides are equal.

#include "apply/needs_copy.h"
#include "apply_fixture.h"

namespace flyover::test {
namespace {

class ApplyWindow : public ApplyFixture {
 protected:
  /// Copies the table as it is now, as the load would.
  void copy_table(const std::string& table) {
    const auto rows = from_.query("SELECT * FROM " + table);
    if (rows.empty()) return;
    std::string sql = "INSERT INTO " + table + " VALUES ";
    for (const auto& row : rows.rows) {
      sql += '(';
      for (const auto& field : row) sql += (field ? mysql::quote_bytes(*field) : "NULL") + ",";
      sql.back() = ')';
      sql += ',';
    }
    sql.pop_back();
    to_.execute("SET foreign_key_checks=0");
    to_.execute(sql);
    to_.execute("SET foreign_key_checks=1");
  }

  std::string number(int below) { return std::to_string(random_() % static_cast<unsigned>(below)); }
  /// A statement the source may refuse.
  void attempt(const std::string& sql) {
    try {
      from_.execute(sql);
    } catch (const base::ErrorException& e) {
      if (e.error().mysql_errno == 0) throw;
    }
  }

  /// A delete that cascades over several levels.
  void remove_far(const std::string& sql) {
    if (!near_only_) attempt(sql);
  }

  /// What a history has besides changes of whole rows.
  enum class Kind { whole_rows, partial_images, keys_that_cascade, far_cascades };
  void change_something(Kind kind);
  void change_a_key();
  void run_history(unsigned seed, Kind kind);
  /// How many of the histories ended with equal rows; the others asked for a copy.
  unsigned run_histories(unsigned seeds, Kind kind);

  std::mt19937 random_;
  /// In the window: what is deleted may not reach beyond children, unless the history is about it.
  bool near_only_ = false;
};
INSTANTIATE_TEST_SUITE_P(Directions, ApplyWindow, testing::Bool(), [](const auto& direction) {
  return direction.param ? "Reverse" : "Forward";
});

const std::vector<std::string> kSchema = {
    "CREATE TABLE p (id INT PRIMARY KEY, u INT, x INT, UNIQUE (u))",
    "CREATE TABLE c (id INT PRIMARY KEY, p INT, u INT, x INT, UNIQUE (u), FOREIGN KEY (p) "
    "REFERENCES p (id) ON DELETE CASCADE)",
    "CREATE TABLE g (id INT PRIMARY KEY, c INT, x INT, FOREIGN KEY (c) REFERENCES c (id) ON DELETE "
    "CASCADE)",
    "CREATE TABLE n (id INT PRIMARY KEY, p INT, c INT, x INT, FOREIGN KEY (p) REFERENCES p (id) ON "
    "DELETE SET NULL, FOREIGN KEY (c) REFERENCES c (id) ON DELETE SET NULL)",
    "CREATE TABLE r (id INT PRIMARY KEY, p INT, x INT, FOREIGN KEY (p) REFERENCES p (id))",
    "CREATE TABLE tree (id INT PRIMARY KEY, up INT, x INT, FOREIGN KEY (up) REFERENCES tree (id) "
    "ON "
    "DELETE CASCADE)",
    "CREATE TABLE plain (a VARCHAR(5) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci, b INT, u "
    "INT, x INT, PRIMARY KEY (a,b), UNIQUE (u))",
    "CREATE TABLE k (id INT PRIMARY KEY, x INT)",
    "CREATE TABLE kc (id INT PRIMARY KEY, k INT, x INT, FOREIGN KEY (k) REFERENCES k (id) ON "
    "DELETE "
    "SET NULL ON UPDATE CASCADE)"};
const char* const kTables[] = {"p", "c", "g", "n", "r", "tree", "plain", "k", "kc"};

void ApplyWindow::change_a_key() {
  const std::string x = std::to_string(random_() % 1'000'000);
  switch (random_() % 5) {
    case 0:
      return attempt("INSERT INTO k VALUES (" + number(30) + "," + x + ")");
    case 1:
      return attempt("INSERT INTO kc VALUES (" + number(60) + "," + number(30) + "," + x + ")");
    case 2:
      return attempt("UPDATE kc SET x=" + x + " WHERE id=" + number(60));
    case 3:
      return attempt("UPDATE k SET id=" + number(30) + " WHERE id=" + number(30));
    default:
      return attempt("DELETE FROM k WHERE id=" + number(30));
  }
}

void ApplyWindow::change_something(Kind kind) {
  if (kind == Kind::partial_images) {
    const char* const images[] = {"FULL", "MINIMAL", "NOBLOB"};
    from_.execute(std::string("SET SESSION binlog_row_image=") + images[random_() % 3]);
  }
  if (kind == Kind::keys_that_cascade && random_() % 8 == 0) return change_a_key();
  const std::string x = std::to_string(random_() % 1'000'000);
  const char* const letters[] = {"a", "A", "b", "\xc3\xa1", "B ", "c"};
  const auto letter = [&] { return std::string("'") + letters[random_() % 6] + "'"; };
  switch (random_() % 20) {
    case 0:
    case 1:
      return attempt("INSERT INTO p VALUES (" + number(8) + "," + number(12) + "," + x + ")");
    case 2:
      return remove_far("DELETE FROM p WHERE id=" + number(8));
    case 3:
      return attempt("UPDATE p SET u=" + number(12) + ",x=" + x + " WHERE id=" + number(8));
    case 4:
    case 5:
      return attempt("INSERT INTO c VALUES (" + number(12) + "," + number(8) + "," + number(14) +
                     "," + x + ")");
    case 6:
      return attempt("UPDATE c SET p=" + number(8) + ",x=" + x + " WHERE id=" + number(12));
    case 7:
      return attempt("DELETE FROM c WHERE id=" + number(12));
    case 8:
      return attempt("INSERT INTO g VALUES (" + number(16) + "," + number(12) + "," + x + ")");
    case 9:
      return attempt("UPDATE g SET c=" + number(12) + ",x=" + x + " WHERE id=" + number(16));
    case 10:
      return attempt("INSERT INTO n VALUES (" + number(16) + "," + number(8) + "," + number(12) +
                     "," + x + ")");
    case 11:
      return attempt("UPDATE n SET x=" + x + " WHERE id=" + number(16));
    case 12:
      return attempt("REPLACE INTO r VALUES (" + number(6) + "," + number(8) + "," + x + ")");
    case 13:
      return attempt("DELETE FROM r WHERE id<" + number(6));
    case 14:
      return attempt("INSERT INTO tree VALUES (" + number(12) + "," + number(12) + "," + x + ")");
    case 15:
      return attempt("INSERT INTO tree VALUES (" + number(12) + ",NULL," + x + ")");
    case 16:
      return attempt("UPDATE tree SET x=" + x + " WHERE id=" + number(12));
    case 17:
      return remove_far("DELETE FROM tree WHERE id=" + number(12));
    case 18:
      return attempt("REPLACE INTO plain VALUES (" + letter() + "," + number(3) + "," + number(9) +
                     "," + x + ")");
    default:
      return attempt("UPDATE plain SET a=" + letter() + ",u=" + number(9) + ",x=" + x +
                     " WHERE b=" + number(3) + " AND a=" + letter());
  }
}

void ApplyWindow::run_history(unsigned seed, Kind kind) {
  random_.seed(seed);
  forget_link();
  recreate_schema(kSchema);
  for (int i = 0; i < 120; ++i) change_something(kind);
  // The first marker: what came before is in every snapshot.
  start_ = stream::current_position(from_);
  constexpr int kChanges = 80;
  std::map<std::string, int> copied_at;
  for (const char* table : kTables) {
    // Those whose keys change on update only where a history changes them.
    const bool still = table[0] == 'k' && kind != Kind::keys_that_cascade;
    copied_at[table] = still ? 0 : static_cast<int>(random_() % (kChanges + 1));
  }
  // Without their log, what cascades over several levels asks for a copy.
  near_only_ = !reverse_ && kind != Kind::far_cascades;
  for (int i = 0; i <= kChanges; ++i) {
    for (const auto& [table, at] : copied_at) {
      if (at == i) copy_table(table);
    }
    if (i == kChanges) break;
    const bool several = random_() % 3 == 0;
    if (several) from_.execute("BEGIN");
    for (int j = 0; j < (several ? 3 : 1); ++j) change_something(kind);
    if (several) from_.execute("COMMIT");
  }
  // The second marker; behind it, changes are applied strictly.
  const mysql::BinlogPosition window_end = stream::current_position(from_);
  near_only_ = false;
  for (int i = 0; i < 60; ++i) change_something(kind);

  apply::ApplierOptions window = options();
  for (const char* table : kTables) {
    window.cuts[{name_, table}] = {.skip_until = start_, .idempotent_until = window_end};
  }
  apply_all(capture(start_), std::move(window));
  expect_equal();
}

unsigned ApplyWindow::run_histories(unsigned seeds, Kind kind) {
  // A run of its own may try more.
  const char* const more = std::getenv("FLYOVER_WINDOW_SEEDS");  // NOLINT(concurrency-mt-unsafe)
  if (more != nullptr) seeds = static_cast<unsigned>(std::stoul(more));
  unsigned equal = 0;
  for (unsigned seed = 1; seed <= seeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    try {
      run_history(seed, kind);
      ++equal;
    } catch (const apply::NeedsCopy&) {
      EXPECT_NE(kind, Kind::whole_rows);
    } catch (const base::ErrorException& e) {
      ADD_FAILURE() << e.what();
    }
  }
  from_.execute("SET SESSION binlog_row_image=FULL");
  return equal;
}

TEST_P(ApplyWindow, EveryHistoryConverges) {
  run_histories(6, Kind::whole_rows);
}

TEST_P(ApplyWindow, HistoriesOfPartialImagesConvergeOrAskForACopy) {
  EXPECT_GT(run_histories(5, Kind::partial_images), 0U);
}

TEST_P(ApplyWindow, KeysThatCascadeConvergeOrAskForACopy) {
  EXPECT_GT(run_histories(5, Kind::keys_that_cascade), 0U);
}

TEST_P(ApplyWindow, CascadesOverLevelsConvergeOrAskForACopy) {
  const unsigned equal = run_histories(3, Kind::far_cascades);
  EXPECT_GE(equal, reverse_ ? 3U : 0U);
}

// A child that was loaded when another parent had the key that its own one has by then.
TEST_P(ApplyWindow, AKeyThatCascadesAndWasAnothersNeedsACopy) {
  recreate_schema(
      {"CREATE TABLE p (id INT PRIMARY KEY, x INT)",
       "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON "
       "DELETE CASCADE ON UPDATE CASCADE)"});
  from_.execute("INSERT INTO p VALUES (1,0),(3,0)");
  from_.execute("INSERT INTO c VALUES (10,1),(30,3)");
  start_ = stream::current_position(from_);
  from_.execute("DELETE FROM p WHERE id=1");
  from_.execute("UPDATE p SET id=1 WHERE id=3");
  copy_table("p");
  copy_table("c");
  apply::ApplierOptions window = options();
  const auto end = stream::current_position(from_);
  for (const char* table : {"p", "c"}) {
    window.cuts[{name_, table}] = {.skip_until = start_, .idempotent_until = end};
  }
  // A source that logs what cascades do brings the child back.
  if (reverse_) {
    apply_all(capture(start_), std::move(window));
    expect_equal();
  } else {
    EXPECT_THROW(apply_all(capture(start_), std::move(window)), apply::NeedsCopy);
  }
}

TEST_P(ApplyWindow, SkipsWhatTheLockedTableHolds) {
  recreate_schema({"CREATE TABLE nokey (a INT)"});
  from_.execute("INSERT INTO nokey VALUES (1),(1)");
  const mysql::BinlogPosition cut = stream::current_position(from_);
  copy_table("nokey");
  from_.execute("INSERT INTO nokey VALUES (1)");
  from_.execute("DELETE FROM nokey LIMIT 1");
  apply::ApplierOptions exact = options();
  exact.cuts[{name_, "nokey"}] = {.skip_until = cut, .idempotent_until = cut};
  apply_all(capture(start_), std::move(exact));
  expect_equal();
  EXPECT_EQ(count(to_, name_ + ".nokey"), 2U);
}

TEST_P(ApplyWindow, KeysThatCascadeOnUpdate) {
  recreate_schema(
      {"CREATE TABLE p (id INT PRIMARY KEY, x INT)",
       "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON "
       "DELETE CASCADE ON UPDATE CASCADE)"});
  from_.execute("INSERT INTO p VALUES (1,0),(2,0)");
  from_.execute("INSERT INTO c VALUES (10,1)");
  start_ = stream::current_position(from_);
  from_.execute("INSERT INTO c VALUES (11,1),(20,2)");
  from_.execute("UPDATE p SET id=5 WHERE id=1");
  copy_table("p");
  from_.execute("UPDATE p SET id=6, x=1 WHERE id=5");
  copy_table("c");
  from_.execute("UPDATE p SET x=2");
  apply::ApplierOptions window = options();
  const auto end = stream::current_position(from_);
  for (const char* table : {"p", "c"}) {
    window.cuts[{name_, table}] = {.skip_until = start_, .idempotent_until = end};
  }
  apply_all(capture(start_), std::move(window));
  expect_equal();
}

}  // namespace
}  // namespace flyover::test
