#include "schema/chunk.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "schema/row_select.h"

namespace flyover::schema {
namespace {

const mysql::Version kOld{5, 6, 24};
const mysql::Version kNew{9, 7, 4};

Column column(const std::string& name, const std::string& type, ValueKind kind) {
  Column out;
  out.name = name;
  out.data_type = type;
  out.column_type = type;
  out.kind = kind;
  out.nullable = false;
  return out;
}

Table table(std::vector<Column> columns, const std::vector<std::string>& key) {
  Table out;
  out.name = {"s", "t"};
  out.columns = std::move(columns);
  Index index{.name = "PRIMARY", .kind = IndexKind::primary};
  for (const std::string& name : key) index.parts.push_back({.column = name});
  if (!key.empty()) out.indexes.push_back(index);
  return out;
}

TEST(ChunkSql, OneIntegerColumn) {
  const Table t = table({column("id", "int", ValueKind::integer)}, {"id"});
  const ChunkSql sql(t);
  EXPECT_EQ(sql.select_rows("`id`", {}, kOld), "SELECT `id` FROM `s`.`t` FORCE INDEX (`PRIMARY`)");
  EXPECT_EQ(sql.where({Bound{"-5"}, Bound{"18446744073709551615"}}, kOld),
            " WHERE ((`id`>-5)) AND ((`id`<=18446744073709551615))");
  EXPECT_EQ(sql.select_bound(Bound{"7"}, 100, kOld),
            "SELECT `id` FROM `s`.`t` FORCE INDEX (`PRIMARY`) WHERE ((`id`>7)) ORDER BY `id` "
            "LIMIT 99,1");
}

TEST(ChunkSql, WholeNumbersAreCertain) {
  const Column id = column("id", "bigint", ValueKind::integer);
  const Column name = column("n", "varchar", ValueKind::text);
  const Table numbers = table({id, name}, {"id"});
  const Table mixed = table({id, name}, {"id", "n"});
  const Table years = table({column("y", "year", ValueKind::integer)}, {"y"});
  const Table keyless = table({name}, {});
  EXPECT_TRUE(ChunkSql(numbers).ranges_are_certain());
  EXPECT_FALSE(ChunkSql(mixed).ranges_are_certain());
  EXPECT_FALSE(ChunkSql(years).ranges_are_certain());
  EXPECT_TRUE(ChunkSql(keyless).ranges_are_certain()) << "there is one range only";
  EXPECT_EQ(ChunkSql(mixed).count_rows(),
            "SELECT HIGH_PRIORITY COUNT(*) FROM `s`.`t` FORCE INDEX (`PRIMARY`)");
}

TEST(ChunkSql, CompositeKeysAreWrittenOut) {
  const Table t =
      table({column("a", "int", ValueKind::integer), column("b", "datetime", ValueKind::temporal)},
            {"a", "b"});
  EXPECT_EQ(ChunkSql(t).where({Bound{"1", "2020-00-00 00:00:00"}, Bound{"2", "x"}}, kOld),
            " WHERE `a`>=1 AND ((`a`>1) OR (`a`=1 AND `b`>'2020-00-00 00:00:00'))"
            " AND `a`<=2 AND ((`a`<2) OR (`a`=2 AND `b`<='x'))");
}

TEST(ChunkSql, TextKeepsItsCollationAndTheServersSpelling) {
  Column name = column("n", "varchar", ValueKind::text);
  name.charset = "utf8";
  name.collation = "utf8_general_ci";
  const Table t = table({name}, {"n"});
  EXPECT_EQ(ChunkSql(t).where({Bound{"a'\\"}, {}}, kOld),
            " WHERE ((`n`>_utf8 0x61275c COLLATE utf8_general_ci))");
  EXPECT_EQ(ChunkSql(t).where({Bound{""}, {}}, kNew),
            " WHERE ((`n`>_utf8mb3 '' COLLATE utf8mb3_general_ci))");
  name.charset = "utf8mb4";
  name.collation = "utf8mb4_bin";
  const Table four = table({name}, {"n"});
  EXPECT_EQ(ChunkSql(four).where({Bound{"a"}, {}}, kNew),
            " WHERE ((`n`>_utf8mb4 0x61 COLLATE utf8mb4_bin))");
}

TEST(ChunkSql, BoundsEndBeforeAnEnum) {
  const Table t =
      table({column("a", "int", ValueKind::integer), column("e", "enum", ValueKind::enumeration),
             column("b", "int", ValueKind::integer)},
            {"a", "e", "b"});
  EXPECT_EQ(ChunkSql(t).columns(), std::vector<std::size_t>{0});
  const Table first = table({column("e", "enum", ValueKind::enumeration)}, {"e"});
  EXPECT_FALSE(ChunkSql(first).splittable());
  EXPECT_EQ(ChunkSql(first).select_rows("1", {}, kOld), "SELECT 1 FROM `s`.`t`");
  EXPECT_FALSE(ChunkSql(table({column("a", "int", ValueKind::integer)}, {})).splittable());
}

TEST(Bound, ComesBackFromItsRecord) {
  rc::check([](const std::vector<std::string>& fields) {
    RC_PRE(!fields.empty());
    RC_ASSERT(decode_bound(encode_bound(fields)) == fields);
  });
  EXPECT_EQ(encode_bound({"1", "", "ab"}), "31,,6162");
  EXPECT_EQ(decode_bound(""), Bound{""});
}

TEST(ChunkPlanner, FollowsTheSizeOfTheRows) {
  Table t = table({column("id", "int", ValueKind::integer)}, {"id"});
  t.rows_estimated = 1000;
  t.data_bytes = 1000 * 160;
  ChunkPlanner planner(t, 1 << 20);
  EXPECT_EQ(planner.rows_per_chunk(), (1U << 20) / 160);
  planner.observe(100, 100 * 1024);
  EXPECT_EQ(planner.rows_per_chunk(), 800U);  // Grows step by step …
  planner.observe(900, 900 * 1024);
  EXPECT_EQ(planner.rows_per_chunk(), 1024U);  // … up to the budget.
  t.rows_estimated = 1;                        // Estimates may be absurd.
  t.data_bytes = 1ULL << 40;
  EXPECT_EQ(ChunkPlanner(t, 1 << 20).rows_per_chunk(), 4U);
  t.data_bytes = 0;
  EXPECT_LE(ChunkPlanner(t, 1 << 20).rows_per_chunk(), 25'000U);
}

TEST(RowSelect, EveryKindHasItsForm) {
  Column zerofill = column("z", "int", ValueKind::integer);
  zerofill.zerofill = true;
  Column plain_enum = column("e", "enum", ValueKind::enumeration);
  plain_enum.members = {"a", "", "x5"};
  Column number_enum = column("n", "enum", ValueKind::enumeration);
  number_enum.members = {"a", "5"};
  Column hidden = column("h", "int", ValueKind::integer);
  hidden.invisible = true;
  Column computed = column("g", "int", ValueKind::integer);
  computed.generated = true;
  const Table t = table(
      {column("f", "float", ValueKind::float_kind), zerofill, plain_enum, computed, number_enum,
       column("s", "set", ValueKind::set), column("j", "json", ValueKind::json), hidden},
      {});
  const RowSelect select = make_row_select(t);
  EXPECT_EQ(select.select_list(JsonTypes::leave),
            "`f`*1e0,`z`+0,CAST(`e` AS UNSIGNED),CAST(`n` AS UNSIGNED),CAST(`s` AS UNSIGNED),`j`,"
            "`h`");
  EXPECT_EQ(select.load_columns(),
            "(`f`,`z`,`e`,@v4,@v5,@v6,`h`) SET `n`=CAST(@v4 AS UNSIGNED),"
            "`s`=CAST(@v5 AS UNSIGNED),`j`=CONVERT(@v6 USING utf8mb4)");
  EXPECT_EQ(select.insert_columns(), "(`f`,`z`,`e`,`n`,`s`,`j`,`h`)");
  EXPECT_EQ(select.skipped, std::vector<std::string>{"g"});
  EXPECT_FALSE(select.columns[2].zero_warns);
  EXPECT_TRUE(select.columns[3].zero_warns);
}

}  // namespace
}  // namespace flyover::schema
