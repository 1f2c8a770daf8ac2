// Every row belongs to exactly one chunk, whatever the key's type and collation, on both servers.

#include "schema/chunk.h"

#include <limits>
#include <random>
#include <set>

#include "mover_fixture.h"

namespace flyover::test {
namespace {

struct KeyCase {
  const char* label;
  const char* columns;  ///< definitions of the key columns
  const char* key;
  /// Values of one row, made with {0}: a number that counts up, {1}: a random number.
  std::vector<std::string> values;
  /// Key columns that bounds are made of.
  std::size_t chunk_columns;
  /// Not on 5.6.
  bool target_only = false;
};

const std::vector<KeyCase>& key_cases() {
  static const std::vector<std::string> kWords = {"'a{0}'",
                                                  "'A{0} '",
                                                  "'ab{0}  '",
                                                  "'Ä{0}'",
                                                  "'ä{0}x'",
                                                  "'ß{0}'",
                                                  "'ss{0}'",
                                                  "CONCAT('b',{0})",
                                                  "CONCAT({0},'é')",
                                                  "'{0}_\\\\%'",
                                                  "CONCAT({0},'''')",
                                                  "CONCAT(' ',{0})",
                                                  "CONCAT({0},'\\t')",
                                                  "''",
                                                  "'\\0{0}'"};
  static const std::vector<KeyCase> kCases = {
      {"int", "k INT NOT NULL", "k", {"{0}", "-{0}", "2147483647", "-2147483648"}, 1},
      {"bigint",
       "k BIGINT NOT NULL",
       "k",
       {"{0}", "-9223372036854775808", "9223372036854775807"},
       1},
      {"unsigned",
       "k BIGINT UNSIGNED NOT NULL",
       "k",
       {"{0}", "18446744073709551615-{0}", "9223372036854775808+{0}"},
       1},
      {"zerofill", "k INT(6) UNSIGNED ZEROFILL NOT NULL", "k", {"{0}", "4294967295-{0}"}, 1},
      {"decimal",
       "k DECIMAL(40,10) NOT NULL",
       "k",
       {"{0}.{1}", "-{0}.{1}", "123456789012345678901234567890.{0}", "-99999999999999999999.{1}"},
       1},
      {"bit", "k BIT(64) NOT NULL", "k", {"{0}", "18446744073709551615-{0}"}, 1},
      {"year",
       "y YEAR NOT NULL, k INT NOT NULL",
       "y,k",
       {"'0000',{0}", "'1901',{0}", "'2000',{0}", "'2155',{0}", "'1999',{0}"},
       2},
      {"date",
       "k DATE NOT NULL",
       "k",
       {"'0000-00-00'", "'2020-00-00' + {0}", "DATE('1000-01-01') + INTERVAL {0} DAY",
        "'2021-02-31'", "'9999-12-31'"},
       1},
      {"datetime",
       "k DATETIME(6) NOT NULL",
       "k",
       {"'0000-00-00 00:00:00'", "'2020-01-01 00:00:00.000001' + INTERVAL {0} SECOND",
        "'2020-01-00 00:00:{0}'", "'9999-12-31 23:59:59.999999'"},
       1},
      {"timestamp",
       "k TIMESTAMP(3) NOT NULL DEFAULT '2000-01-01 00:00:00'",
       "k",
       {"'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'",
        "'2020-10-25 00:30:00.5' + INTERVAL {0} SECOND", "'2038-01-19 03:14:07'"},
       1},
      {"time",
       "k TIME(6) NOT NULL",
       "k",
       {"'-838:59:59'", "'838:59:59'", "SEC_TO_TIME({0})", "SEC_TO_TIME(-{0})",
        "'-00:00:00.00000{0}'"},
       1},
      {"latin1", "k VARCHAR(40) CHARACTER SET latin1 NOT NULL", "k", kWords, 1},
      {"latin1_bin", "k CHAR(40) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL", "k", kWords, 1},
      {"german2", "k VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_german2_ci NOT NULL", "k",
       kWords, 1},
      {"utf8", "k VARCHAR(40) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL", "k", kWords, 1},
      {"utf8_unicode", "k CHAR(40) CHARACTER SET utf8 COLLATE utf8_unicode_ci NOT NULL", "k",
       kWords, 1},
      {"utf8mb4", "k VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL", "k",
       kWords, 1},
      {"utf8mb4_bin", "k VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL", "k",
       kWords, 1},
      {"czech", "k VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_czech_ci NOT NULL", "k",
       kWords, 1},
      {"ucs2", "k VARCHAR(40) CHARACTER SET ucs2 NOT NULL", "k", kWords, 1},
      {"utf16le", "k VARCHAR(40) CHARACTER SET utf16le NOT NULL", "k", kWords, 1},
      {"utf32", "k CHAR(40) CHARACTER SET utf32 NOT NULL", "k", kWords, 1},
      {"sjis",
       "k VARCHAR(40) CHARACTER SET sjis NOT NULL",
       "k",
       {"'表{0}'", "'a{0}'", "'ソ{0} '"},
       1},
      {"0900", "k VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci NOT NULL", "k",
       kWords, 1, true},
      {"binary",
       "k BINARY(8) NOT NULL",
       "k",
       {"'{0}'", "UNHEX('00')", "''", "CONCAT({0},UNHEX('FF00'))", "CONCAT(UNHEX('5C27'),{0})"},
       1},
      {"varbinary",
       "k VARBINARY(40) NOT NULL",
       "k",
       {"'{0}'", "UNHEX('00')", "''", "'{0} '", "CONCAT({0},UNHEX('FF00'))"},
       1},
      {"composite",
       "a INT NOT NULL, s VARCHAR(20) CHARACTER SET latin1 NOT NULL, d DATE NOT NULL",
       "a,s,d",
       {"{0}%7,'x{0}','2020-01-01'", "{0}%5,'X{0} ','2020-01-01' + INTERVAL {0} DAY",
        "-1,'q',DATE('1000-01-01') + INTERVAL {0} DAY"},
       3},
      {"enum_second",
       "a INT NOT NULL, e ENUM('z','a','5') NOT NULL",
       "a,e",
       {"{0},'z'", "{0},'a'", "{0},3"},
       1},
      {"enum_first", "e ENUM('z','a') NOT NULL, a INT NOT NULL", "e,a", {"'z',{0}", "'a',{0}"}, 0},
      {"set", "s SET('z','a') NOT NULL, a INT NOT NULL", "s,a", {"'z,a',{0}", "'',{0}"}, 0},
  };
  return kCases;
}

class Chunks : public MoverFixture {};

// Fills the table with a fixed seed; rows whose key is taken are left out.
void fill(db::Connection& server, const std::string& table, const KeyCase& key, int rows) {
  server.execute("SET SESSION character_set_client = utf8mb4, character_set_connection = utf8mb4");
  server.execute("START TRANSACTION");
  std::mt19937 random(7);
  for (int i = 0; i < rows; ++i) {
    for (const std::string& values : key.values) {
      server.execute(fmt::format("INSERT IGNORE INTO {} ({},filler) VALUES ({},'{}')", table,
                                 key.key, fmt::format(fmt::runtime(values), i, random() % 1000),
                                 i));
    }
  }
  server.execute("COMMIT");
  server.execute("SET SESSION character_set_client = binary, character_set_connection = binary");
}

void check_walk(db::Connection& server, const mysql::TableName& name, std::size_t chunk_columns) {
  server.execute("ANALYZE TABLE " + name.quoted());
  const auto table = schema::read_table(server, name);
  ASSERT_TRUE(table);
  ASSERT_NE(table->row_key(), nullptr);
  schema::ChunkPlanner planner(*table, 300);
  ASSERT_EQ(planner.sql().columns().size(), chunk_columns);
  planner.observe(10, 10 * 37);
  const std::string keys = fmt::format("CONCAT_WS('|',HEX(CONCAT({})))", [&] {
    std::string list;
    for (const auto& part : table->row_key()->parts) {
      list += (list.empty() ? "" : ")),HEX(CONCAT(") + mysql::quote_name(part.column);
    }
    return list;
  }());
  std::set<std::string> seen;
  std::uint64_t total = 0;
  std::optional<schema::Bound> lower;
  std::size_t chunks = 0;
  while (true) {
    auto upper = planner.next_bound(server, lower, std::numeric_limits<std::uint64_t>::max());
    const auto rows =
        server.query(planner.sql().select_rows(keys, {lower, upper}, server.version()));
    for (const auto& row : rows.rows) seen.insert(row[0].value());
    total += rows.rows.size();
    ++chunks;
    ASSERT_LT(chunks, 100'000U);
    if (!upper) break;
    // What the record of chunks keeps comes back.
    ASSERT_EQ(schema::decode_bound(schema::encode_bound(*upper)), *upper);
    lower = std::move(upper);
  }
  const std::uint64_t expected =
      std::stoull(server.query_value("SELECT COUNT(*) FROM " + name.quoted()).value());
  EXPECT_EQ(total, expected);
  EXPECT_EQ(seen.size(), expected);
  EXPECT_GT(expected, 20U);
  if (chunk_columns > 0) {
    EXPECT_GE(chunks, expected / 9);
  }
}

TEST_F(Chunks, EveryRowIsInExactlyOne) {
  for (const KeyCase& key : key_cases()) {
    for (db::Connection* server : {&source_, &target_}) {
      if (key.target_only && server == &source_) continue;
      SCOPED_TRACE(fmt::format("{} on {}", key.label, server->version_text()));
      const std::string table = std::string("k_") + key.label;
      server->execute(fmt::format("CREATE TABLE {} ({}, filler INT, PRIMARY KEY ({}))", table,
                                  key.columns, key.key));
      fill(*server, table, key, 25);
      check_walk(*server, name(table), key.chunk_columns);
    }
  }
}

TEST_F(Chunks, BothEndsOfACompositeChunkAreOneRange) {
  both("CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, c INT NOT NULL, PRIMARY KEY (a,b,c))");
  for (db::Connection* server : {&source_, &target_}) {
    std::string values;
    for (int i = 0; i < 4000; ++i) {
      values += fmt::format("{}({},{},{})", i == 0 ? "" : ",", i / 100, i % 100, i);
    }
    server->execute("INSERT INTO t VALUES " + values);
    server->execute("ANALYZE TABLE t");
    const auto table = schema::read_table(*server, name("t"));
    const schema::ChunkSql sql(*table);
    server->execute("FLUSH STATUS");
    const auto rows = server->query(
        sql.select_rows("a", {schema::Bound{"3", "50", "350"}, schema::Bound{"5", "10", "510"}},
                        server->version()));
    EXPECT_EQ(rows.rows.size(), 160U);
    const auto handler = server->query("SHOW SESSION STATUS LIKE 'Handler_read%'");
    std::uint64_t reads = 0;
    for (const auto& row : handler.rows) reads += std::stoull(row[1].value());
    EXPECT_LT(reads, 600U) << server->version_text();
  }
}

}  // namespace
}  // namespace flyover::test
