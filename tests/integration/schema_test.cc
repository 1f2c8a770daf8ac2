// schema on both real servers: a schema of everything awkward goes from 5.6 to 9.7 and compares
// equal there; every single change made on the target is found.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "integration/servers.h"
#include "schema/control_schema.h"
#include "schema/create.h"
#include "schema/diff.h"
#include "schema/introspect.h"
#include "schema/partition_bounds.h"
#include "schema/schema_collation.h"

namespace flyover::schema {
namespace {

const std::vector<std::string> kSchemas = {"nasty", "odd-na`me é"};

Selection nasty_selection() {
  return {.include = {"nasty.*", "odd-na`me é.*"}, .exclude = {"nasty.archive_skipped"}};
}

void drop_schemas(db::Connection& connection) {
  connection.execute("SET SESSION foreign_key_checks = 0");
  for (const std::string& schema : kSchemas) connection.execute(drop_schema_sql(schema));
  connection.execute("SET SESSION foreign_key_checks = 1");
}

void create_source() {
  db::Connection root = db::Connection::open(integration::root_endpoint(base::Side::source));
  drop_schemas(root);
  root.execute("SET NAMES utf8mb4");
  root.execute("SET sql_mode = ''");
  for (const std::string& sql : integration::read_statements("nasty_schema.sql")) {
    ASSERT_NO_THROW(root.execute(sql)) << sql;
  }
}

// What the migration does, step by step and in its order.
void create_target(db::Connection& connection, const Catalog& catalog) {
  const Dialect dialect = read_dialect(connection);
  DdlOptions options;
  options.without_secondary_indexes = true;
  options.without_foreign_keys = true;
  for (const Schema& schema : catalog.schemas) {
    run_ddl(connection, dialect, create_schema_sql(schema));
  }
  for (const Table& table : catalog.tables) {
    run_ddl(connection, dialect, create_table_sql(table, options));
  }
  for (const Table& table : catalog.tables) {
    for (const std::string& sql : add_indexes_sql(table)) run_ddl(connection, dialect, sql);
  }
  for (const Table& table : catalog.tables) {
    const std::string sql = add_foreign_keys_sql(table);
    if (!sql.empty()) run_ddl(connection, dialect, sql);
  }
  for (const Program& program : catalog.programs) {
    if (program.kind == ProgramKind::procedure || program.kind == ProgramKind::function) {
      create_program(connection, program, dialect);
    }
  }
  for (const View& view : catalog.views) create_view(connection, view);
  for (const Program& program : catalog.programs) {
    if (program.kind == ProgramKind::event) create_program(connection, program, dialect);
  }
}

void create_triggers(db::Connection& connection, const Catalog& catalog) {
  const Dialect dialect = read_dialect(connection);
  for (const Program& program : catalog.programs) {
    if (program.kind == ProgramKind::trigger) create_program(connection, program, dialect);
    if (program.kind == ProgramKind::event) {
      alter_event(connection, program, program.enabled, dialect);
    }
  }
}

std::string listed(const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& difference : differences) text += difference.to_string() + "\n";
  return text;
}

class SchemaOnServers : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    create_source();
    source_ = std::make_unique<db::Connection>(
        db::Connection::open(integration::endpoint(base::Side::source)));
    target_ = std::make_unique<db::Connection>(
        db::Connection::open(integration::endpoint(base::Side::target)));
    drop_schemas(*target_);
    catalog_ = std::make_unique<Catalog>(read_catalog(*source_, nasty_selection()));
    create_target(*target_, *catalog_);
    before_cutover_ = listed(
        diff(*catalog_, read_catalog(*target_, nasty_selection()), {.before_cutover = true}));
    create_triggers(*target_, *catalog_);
  }
  static void TearDownTestSuite() {
    if (target_) drop_schemas(*target_);
    if (source_) drop_schemas(*source_);
    catalog_.reset();
    source_.reset();
    target_.reset();
  }

  static std::string difference_now() {
    return listed(diff(*catalog_, read_catalog(*target_, nasty_selection())));
  }

  static std::unique_ptr<db::Connection> source_;
  static std::unique_ptr<db::Connection> target_;
  static std::unique_ptr<Catalog> catalog_;
  static std::string before_cutover_;
};

std::unique_ptr<db::Connection> SchemaOnServers::source_;
std::unique_ptr<db::Connection> SchemaOnServers::target_;
std::unique_ptr<Catalog> SchemaOnServers::catalog_;
std::string SchemaOnServers::before_cutover_;

TEST_F(SchemaOnServers, ComparesEqualBeforeAndAfterCutover) {
  EXPECT_EQ(before_cutover_, "");
  EXPECT_EQ(difference_now(), "");
}

TEST_F(SchemaOnServers, ReadsTheSourceInFull) {
  const Table* const numbers = catalog_->find_table({"nasty", "numbers"});
  ASSERT_NE(numbers, nullptr);
  EXPECT_EQ(numbers->auto_increment, 4711u);
  EXPECT_EQ(numbers->comment, "it's a \"table\" \\ é");
  EXPECT_EQ(numbers->find_column("b64")->default_value, "b'1010'");
  const Table* const strings = catalog_->find_table({"nasty", "strings"});
  ASSERT_NE(strings, nullptr);
  const std::vector<std::string> members = {"a", "b'c", "d,e", "é", ""};
  EXPECT_EQ(strings->find_column("e")->members, members);
  EXPECT_EQ(strings->find_column("s")->members[3], "fo\\ur");
  EXPECT_EQ(strings->find_column("bi_zero")->default_value, std::string(4, '\0'));
  EXPECT_EQ(catalog_->find_table({"nasty", "keyless"})->row_key(), nullptr);
  EXPECT_EQ(catalog_->find_table({"nasty", "unique_not_null"})->row_key()->name, "ua");
  EXPECT_NE(catalog_->find_table({"odd-na`me é", "táble \"x\""}), nullptr);
  EXPECT_EQ(catalog_->find_table({"nasty", "a_view"}), nullptr);
  EXPECT_EQ(catalog_->programs.size(), 8u);
  ASSERT_EQ(catalog_->views.size(), 6u);
  const auto place = [&](const std::string& name) {
    for (std::size_t i = 0; i < catalog_->views.size(); ++i) {
      if (catalog_->views[i].name.table == name) return i;
    }
    return catalog_->views.size();
  };
  EXPECT_LT(place("z_base"), place("a_view"));
  EXPECT_LT(place("a_view"), place("m_top"));
  EXPECT_LT(place("m_top"), place("v é"));
}

TEST_F(SchemaOnServers, ReadsOneTableLikeTheCatalog) {
  for (const Table& table : catalog_->tables) {
    const std::optional<Table> one = read_table(*source_, table.name);
    ASSERT_TRUE(one) << table.name.to_string();
    Table as_target = table;
    as_target.engine = "InnoDB";
    EXPECT_EQ(listed(diff_table(*one, as_target)), "");
    const std::optional<Table> moved = read_table(*target_, table.name);
    ASSERT_TRUE(moved) << table.name.to_string();
    EXPECT_EQ(listed(diff_table(table, *moved)), "");
  }
  EXPECT_FALSE(read_table(*source_, {"nasty", "a_view"}));
  EXPECT_FALSE(read_table(*source_, {"nasty", "no such table"}));
}

TEST_F(SchemaOnServers, KeepsDefaultsByteByByte) {
  target_->execute("INSERT INTO nasty.strings (id, b, s_u, u8) VALUES (1, '', 1, 'x')");
  source_->execute("INSERT INTO nasty.strings (id, b, s_u, u8) VALUES (1, '', 1, 'x')");
  const std::string sql =
      "SELECT HEX(c), HEX(v), HEX(koi), HEX(sjis), HEX(ucs), HEX(bi), HEX(bi_zero), HEX(vb_text), "
      "HEX(e), HEX(e_bin), HEX(s), HEX(s_u) FROM nasty.strings";
  EXPECT_EQ(source_->query(sql).rows, target_->query(sql).rows);
  for (auto* connection : {source_.get(), target_.get()}) {
    connection->execute("DELETE FROM nasty.strings");
  }
}

// In empty tables, where no row could tell, and moved both ways.
TEST_F(SchemaOnServers, BinaryDefaultsAreNoText) {
  const std::vector<std::string> values = {std::string("\x28\x9b\xfd\x92\0\0\0\0", 8),
                                           "\x80",
                                           std::string("\0", 1),
                                           std::string("a\0\xff\\'\0", 6),
                                           "",
                                           "\xc3\xa9 \xf0\x9f\x98\x80"};
  for (auto* from : {source_.get(), target_.get()}) {
    auto* const to = from == source_.get() ? target_.get() : source_.get();
    const mysql::TableName name{"nasty", from == source_.get() ? "táble `d" : "dé `f"};
    std::string columns;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string literal = mysql::hex_literal(values[i]);
      columns += ", v" + std::to_string(i) + " VARBINARY(20) NOT NULL DEFAULT " + literal;
      columns += ", n" + std::to_string(i) + " BINARY(16) DEFAULT " + literal;
    }
    from->execute("CREATE TABLE " + name.quoted() + " (id INT PRIMARY KEY" + columns + ")");
    const std::optional<Table> table = read_table(*from, name);
    ASSERT_TRUE(table);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string padded = values[i] + std::string(16 - values[i].size(), '\0');
      EXPECT_EQ(table->find_column("v" + std::to_string(i))->default_value, values[i]) << i;
      EXPECT_EQ(table->find_column("n" + std::to_string(i))->default_value, padded) << i;
    }
    run_ddl(*to, read_dialect(*to), create_table_sql(*table));
    const std::optional<Table> moved = read_table(*to, name);
    ASSERT_TRUE(moved);
    EXPECT_EQ(listed(diff_table(*table, *moved)), "");
    for (auto* connection : {from, to}) {
      connection->execute("INSERT INTO " + name.quoted() + " (id) VALUES (1)");
    }
    const std::string all = "SELECT * FROM " + name.quoted();
    EXPECT_EQ(from->query(all).rows, to->query(all).rows);
    for (auto* connection : {from, to}) connection->execute(drop_table_sql(name));
  }
}

// Servers print a character for several codes, '?' for what has none, and six digits of a FLOAT.
TEST_F(SchemaOnServers, KeepsDefaultsThatArePrintedOtherwise) {
  for (auto* from : {source_.get(), target_.get()}) {
    auto* const to = from == source_.get() ? target_.get() : source_.get();
    const mysql::TableName name{"nasty", "printed otherwise"};
    from->execute(
        "CREATE TABLE " + name.quoted() +
        " (id INT PRIMARY KEY, f FLOAT DEFAULT 16777215, one FLOAT NOT NULL DEFAULT 1.00000012, "
        "wide FLOAT(20,4) DEFAULT 0.12345, none FLOAT DEFAULT 0, nothing FLOAT, "
        "v VARCHAR(3) CHARACTER SET cp932 NOT NULL DEFAULT _cp932 x'EEE0', "
        "plain VARCHAR(3) CHARACTER SET cp932 DEFAULT _cp932 x'FBFC', "
        "g CHAR(3) CHARACTER SET greek DEFAULT _greek x'D23F', "
        "e ENUM(x'EEE0', x'FBFC', 'b') CHARACTER SET cp932 DEFAULT _cp932 x'EEE0', "
        "s SET(x'EEE0', 'b') CHARACTER SET cp932 NOT NULL DEFAULT _cp932 x'EEE0')");
    from->execute("INSERT INTO " + name.quoted() + " (id) VALUES (1)");
    const std::optional<Table> table = read_table(*from, name);
    ASSERT_TRUE(table);
    EXPECT_EQ(table->find_column("f")->exact_default, "16777215");
    EXPECT_EQ(table->find_column("v")->exact_default, "\xee\xe0");
    EXPECT_FALSE(table->find_column("plain")->exact_default);
    run_ddl(*to, read_dialect(*to), create_table_sql(*table));
    const std::optional<Table> moved = read_table(*to, name);
    ASSERT_TRUE(moved);
    EXPECT_EQ(listed(diff_table(*table, *moved)), "");
    to->execute("INSERT INTO " + name.quoted() + " (id) VALUES (1)");
    EXPECT_EQ(listed(diff_table(*table, *read_table(*to, name))), "");
    const std::string all =
        "SELECT f + 0e0, one + 0e0, wide + 0e0, none, nothing, HEX(v), HEX(plain), HEX(g), "
        "HEX(e), HEX(s) FROM " +
        name.quoted();
    EXPECT_EQ(from->query(all).rows, to->query(all).rows);
    // Another code for the same character is another default.
    to->execute("ALTER TABLE " + name.quoted() + " ALTER v SET DEFAULT _cp932 x'FBFC'");
    const std::optional<Table> other = read_table(*to, name);
    EXPECT_NE(listed(diff_table(*table, *other)), "");
    for (auto* connection : {from, to}) connection->execute(drop_table_sql(name));
  }
}

// Bounds that are no order for a session with another character set: the table is read without.
TEST_F(SchemaOnServers, ReadsTablesWhosePartitionsCanNotBeShown) {
  const mysql::TableName name{"nasty", "gbk bounds"};
  {
    const SessionScope gbk(*target_, "SET NAMES gbk");
    target_->execute("CREATE TABLE " + name.quoted() +
                     " (k VARCHAR(9) CHARACTER SET gbk PRIMARY KEY) PARTITION BY RANGE COLUMNS (k) "
                     "(PARTITION a VALUES LESS THAN ('\xb0\xa2'), "
                     "PARTITION b VALUES LESS THAN ('\xb8\xdf'), "
                     "PARTITION c VALUES LESS THAN (MAXVALUE))");
  }
  EXPECT_THROW(target_->query("SHOW CREATE TABLE " + name.quoted()), base::ErrorException);
  const std::optional<Table> table = read_table(*target_, name);
  target_->execute(drop_table_sql(name));
  ASSERT_TRUE(table);
  EXPECT_TRUE(has_bounds_of_the_session(*table));
}

TEST_F(SchemaOnServers, ProgramsAnswerTheSame) {
  for (auto* connection : {source_.get(), target_.get()}) {
    EXPECT_EQ(connection->query_value("SELECT HEX(nasty.f_latin())"), "E9");
    connection->execute("CALL nasty.`p ansi`('x', @out)");
    EXPECT_EQ(connection->query_value("SELECT HEX(@out)"), "78E9");
  }
}

const std::string kAnswer =
    "DETERMINISTIC BEGIN DECLARE v VARCHAR(9) DEFAULT 'a'; RETURN CONCAT_WS(' ', COLLATION(p), "
    "COLLATION(q), COLLATION(v)); END";

// Programs that were made when their schema had another collation, and on the new server, which
// goes by the session there, parameters of a third one.
TEST_F(SchemaOnServers, ProgramsKeepAnEarlierCollation) {
  const auto set_up = [](db::Connection& connection) {
    for (const std::string& sql : create_control_schema_sql()) connection.execute(sql);
    for (const std::string schema : {"earlier", "third"})
      connection.execute(drop_schema_sql(schema));
  };
  for (auto* from : {source_.get(), target_.get()}) {
    set_up(*from);
    for (const std::string& sql :
         {std::string("CREATE DATABASE earlier CHARACTER SET latin2"),
          std::string("CREATE DATABASE third COLLATE cp1250_croatian_ci"), std::string("USE third"),
          std::string("CREATE TABLE earlier.t (a VARCHAR(99) CHARACTER SET utf8)"),
          "CREATE FUNCTION earlier.f(p VARCHAR(9), q CHAR(3) CHARACTER SET ucs2) RETURNS "
          "VARCHAR(99) CHARACTER SET ascii " +
              kAnswer,
          std::string(
              "CREATE TRIGGER earlier.tr BEFORE INSERT ON earlier.t FOR EACH ROW BEGIN DECLARE v "
              "VARCHAR(9); SET v = 'a', NEW.a = COLLATION(v); END"),
          std::string("CREATE EVENT earlier.e ON SCHEDULE EVERY 1 DAY DISABLE DO SET @a = 1"),
          std::string("ALTER DATABASE earlier COLLATE koi8r_bin"), std::string("USE mysql"),
          std::string("DROP DATABASE third")}) {
      from->execute(sql);
    }
    const Selection selection{.include = {"earlier.*"}};
    const Catalog catalog = read_catalog(*from, selection);
    ASSERT_EQ(catalog.programs.size(), 3u);
    const auto answer = [](db::Connection& connection) {
      connection.execute("INSERT INTO earlier.t VALUES (NULL)");
      return *connection.query_value(
          "SELECT CONCAT(earlier.f('a', 'b'), ' ', MAX(a)) FROM earlier.t");
    };
    EXPECT_EQ(answer(*from),
              from == source_.get()
                  ? "latin2_general_ci ucs2_general_ci latin2_general_ci latin2_general_ci"
                  : "cp1250_croatian_ci ucs2_general_ci latin2_general_ci latin2_general_ci");
    set_up(*target_);
    const Dialect dialect = read_dialect(*target_);
    run_ddl(*target_, dialect, create_schema_sql(catalog.schemas[0]));
    run_ddl(*target_, dialect, create_table_sql(catalog.tables[0]));
    for (const Program& program : catalog.programs) create_program(*target_, program, dialect);
    for (const Program& program : catalog.programs) {
      if (program.kind != ProgramKind::event) continue;
      alter_event(*target_, program, true, dialect);
      alter_event(*target_, program, program.enabled, dialect);
    }
    EXPECT_EQ(listed(diff(catalog, read_catalog(*target_, selection))), "");
    EXPECT_EQ(answer(*target_), answer(*from));
    EXPECT_EQ(target_->query_value("SELECT COUNT(*) FROM flyover.borrowed_collation"), "0");
  }
  // What a process that was killed leaves.
  target_->execute("ALTER DATABASE earlier COLLATE latin2_general_ci");
  target_->execute(
      "INSERT INTO flyover.borrowed_collation VALUES ('earlier', 'koi8r_bin'), ('gone', "
      "'koi8r_bin')");
  return_collations(*target_);
  EXPECT_EQ(
      target_->query_value("SELECT default_collation_name FROM information_schema.schemata WHERE "
                           "schema_name = 'earlier'"),
      "koi8r_bin");
  EXPECT_EQ(target_->query_value("SELECT COUNT(*) FROM flyover.borrowed_collation"), "0");
  for (auto* connection : {source_.get(), target_.get()}) {
    for (const std::string schema : {"earlier", "flyover"})
      connection->execute(drop_schema_sql(schema));
  }
}

struct Change {
  std::string name{};
  std::vector<std::string> make{};
  std::vector<std::string> undo{};
  std::string expected{};
};

void PrintTo(const Change& change, std::ostream* out) {
  *out << change.name;
}

class OneChange : public SchemaOnServers, public ::testing::WithParamInterface<Change> {};

TEST_P(OneChange, IsFound) {
  target_->execute("SET SESSION foreign_key_checks = 0");
  for (const std::string& sql : GetParam().make) target_->execute(sql);
  const std::string found = difference_now();
  for (const std::string& sql : GetParam().undo) target_->execute(sql);
  target_->execute(neutral_session_sql());
  EXPECT_NE(found.find(GetParam().expected), std::string::npos) << found;
  EXPECT_EQ(difference_now(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Changes, OneChange,
    ::testing::Values(
        Change{"type",
               {"ALTER TABLE nasty.auto_keyless MODIFY v BIGINT"},
               {"ALTER TABLE nasty.auto_keyless MODIFY v INT"},
               "nasty.auto_keyless: column v: type"},
        Change{"collation",
               {"ALTER TABLE nasty.keyless MODIFY y VARCHAR(20) COLLATE latin1_bin"},
               {"ALTER TABLE nasty.keyless MODIFY y VARCHAR(20) COLLATE latin1_german1_ci"},
               "nasty.keyless: column y: collation"},
        Change{"default",
               {"ALTER TABLE nasty.temporals ALTER t6 SET DEFAULT '00:00:01'"},
               {"ALTER TABLE nasty.temporals ALTER t6 SET DEFAULT '-838:59:58.000001'"},
               "nasty.temporals: column t6: default"},
        Change{"column",
               {"ALTER TABLE nasty.keyless ADD z INT"},
               {"ALTER TABLE nasty.keyless DROP z"},
               "nasty.keyless: column z: only on the target"},
        Change{"column_order",
               {"ALTER TABLE nasty.keyless MODIFY y VARCHAR(20) FIRST"},
               {"ALTER TABLE nasty.keyless MODIFY y VARCHAR(20) AFTER x"},
               "nasty.keyless: column order"},
        Change{"index",
               {"DROP INDEX vw ON nasty.auto_keyless"},
               {"CREATE INDEX vw ON nasty.auto_keyless (v, w)"},
               "nasty.auto_keyless: index vw: missing"},
        Change{"prefix",
               {"ALTER TABLE nasty.strings DROP KEY blob_key, ADD KEY blob_key (b(17))"},
               {"ALTER TABLE nasty.strings DROP KEY blob_key, ADD KEY blob_key (b(16))"},
               "nasty.strings: index blob_key"},
        Change{"foreign_key",
               {"ALTER TABLE nasty.child DROP FOREIGN KEY fk_parent"},
               {"ALTER TABLE nasty.child ADD CONSTRAINT fk_parent FOREIGN KEY (pa, pb) REFERENCES "
                "nasty.parent (a, b) ON DELETE CASCADE ON UPDATE CASCADE"},
               "nasty.child: foreign key fk_parent: missing"},
        Change{"partitions",
               {"ALTER TABLE nasty.part_hash COALESCE PARTITION 1"},
               {"ALTER TABLE nasty.part_hash ADD PARTITION PARTITIONS 1"},
               "nasty.part_hash: partitions"},
        Change{"comment",
               {"ALTER TABLE nasty.parent COMMENT 'other'"},
               {"ALTER TABLE nasty.parent COMMENT ''"},
               "nasty.parent: comment"},
        Change{"schema",
               {"ALTER DATABASE nasty COLLATE latin1_bin"},
               {"ALTER DATABASE nasty COLLATE latin1_german1_ci"},
               "schema nasty: collation"},
        Change{"view",
               {"ALTER VIEW nasty.m_top AS SELECT 1 AS `COUNT(*)`, 2 AS `MAX(``a b``)`"},
               {"SET NAMES utf8mb4 COLLATE utf8mb4_general_ci",
                "ALTER ALGORITHM=TEMPTABLE DEFINER=`root`@`%` VIEW nasty.m_top AS SELECT "
                "COUNT(*) AS `COUNT(*)`, MAX(`a b`) AS `MAX(``a b``)` FROM nasty.a_view"},
               "view nasty.m_top: definition"},
        Change{"event",
               {"ALTER DEFINER=`app`@`%` EVENT nasty.ev_every DISABLE"},
               {"SET NAMES utf8mb4 COLLATE utf8mb4_general_ci",
                "ALTER DEFINER=`app`@`%` EVENT nasty.ev_every ENABLE"},
               "event nasty.ev_every: enabled"}),
    [](const auto& change) { return change.param.name; });

TEST_F(SchemaOnServers, FindsAMissingTrigger) {
  target_->execute("DROP TRIGGER nasty.`t after`");
  EXPECT_EQ(difference_now(),
            "trigger nasty.t after: missing on the target: source 'there', target ''\n");
  for (const Program& program : catalog_->programs) {
    if (program.name.table == "t after") {
      create_program(*target_, program, read_dialect(*target_));
    }
  }
  EXPECT_EQ(difference_now(), "");
}

}  // namespace
}  // namespace flyover::schema
