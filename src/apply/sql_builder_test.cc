#include "apply/sql_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apply/literal.h"
#include "apply/test_rows.h"
#include "base/error.h"

namespace flyover::apply {
namespace {

using schema::ValueKind;
using test::column;
using test::f;
using test::index;
using test::n;
using test::null;
using test::s;
using test::t;
using test::transaction;
using test::u;

const mysql::TableName kName{"shop", "t"};

schema::Table table(bool keyed = true) {
  schema::Table out{
      .name = kName,
      .columns = {column("id", "int", ValueKind::integer), column("v", "varchar", ValueKind::text),
                  column("g", "int", ValueKind::integer)}};
  out.columns[2].generated = true;
  if (keyed) out.indexes = {index("PRIMARY", schema::IndexKind::primary, {"id"})};
  return out;
}

std::vector<std::string> build(const PlanSet& plans,
                               const std::vector<binlog::Transaction>& transactions) {
  ScriptBuilder builder(plans);
  for (const binlog::Transaction& one : transactions) builder.add(one);
  std::vector<std::string> sql;
  for (const Statement& statement : builder.take()) sql.push_back(statement.sql);
  return sql;
}

std::string literal(ValueKind kind, binlog::Value value) {
  std::string out;
  append_literal(out, column("c", "x", kind), value);
  return out;
}

binlog::Value document(binlog::ValueType type, std::string_view bytes) {
  binlog::Value value = test::of_type(type);
  value.bytes = bytes;
  return value;
}

TEST(Literal, DocumentsThatAreMoreThanTheirText) {
  using binlog::ValueType;
  EXPECT_EQ(literal(ValueKind::json, document(ValueType::json_sql, "JSON_ARRAY(1.5)")),
            "JSON_ARRAY(1.5)");
  EXPECT_EQ(literal(ValueKind::json, document(ValueType::json_change,
                                              std::string_view("JSON_REMOVE(\0,'$.a')", 20))),
            "JSON_REMOVE(`c`,'$.a')");
  EXPECT_THROW(literal(ValueKind::json, document(ValueType::json_impossible, "why")),
               base::ErrorException);
}

TEST(Literal, DocumentsAreTheSameWhenTextAndTypesAre) {
  const schema::Column column = test::column("c", "json", ValueKind::json);
  std::string plain;
  append_exactly_equal(plain, "`c`", column, test::json("[1]"));
  EXPECT_TRUE(
      plain.starts_with("`c`<=>CAST(_utf8mb4'[1]' AS JSON) AND CAST(`c` AS BINARY)="
                        "CAST(CAST(_utf8mb4'[1]' AS JSON) AS BINARY) AND "));
  EXPECT_TRUE(plain.ends_with(" IS NULL"));
  std::string typed;
  append_exactly_equal(typed, "`c`", column,
                       document(binlog::ValueType::json_sql, "JSON_ARRAY(1.5)"));
  EXPECT_NE(typed.find("FROM (SELECT CAST(JSON_ARRAY(1.5) AS JSON) AS v) AS d)"),
            std::string::npos);
}

TEST(Literal, EveryKind) {
  EXPECT_EQ(literal(ValueKind::integer, n(-5)), "-5");
  EXPECT_EQ(literal(ValueKind::integer, u(18446744073709551615U)), "18446744073709551615");
  EXPECT_EQ(literal(ValueKind::decimal, t("-1.50")), "-1.50");
  EXPECT_EQ(literal(ValueKind::decimal, t("x'; DROP")), "'x\\'; DROP'");
  EXPECT_EQ(literal(ValueKind::double_kind, f(0.1)), "1.0000000000000001e-01");
  EXPECT_EQ(literal(ValueKind::temporal, t("0000-00-00")), "'0000-00-00'");
  EXPECT_EQ(literal(ValueKind::binary, s(std::string_view("a\0'", 3))), "'a\\0\\''");
  EXPECT_EQ(literal(ValueKind::enumeration, u(2)), "2");
  EXPECT_EQ(literal(ValueKind::json, test::json("{\"a\":\"b\\\"\"}")),
            "_utf8mb4'{\"a\":\"b\\\\\"\"}'");
  EXPECT_EQ(literal(ValueKind::text, null()), "NULL");
}

TEST(Literal, ComparisonsWithoutAKeyAreExact) {
  const auto compare = [](ValueKind kind, binlog::Value value, const char* type = "x") {
    std::string out;
    append_exactly_equal(out, "`c`", column("c", type, kind), value);
    return out;
  };
  EXPECT_EQ(compare(ValueKind::float_kind, f(0.5)), "`c`*1e0<=>5.0000000000000000e-01");
  EXPECT_THAT(compare(ValueKind::float_kind, f(0.0)),
              ::testing::EndsWith(" AND LEFT(`c`*1e0,1)<>'-'"));
  EXPECT_THAT(compare(ValueKind::double_kind, f(-0.0)),
              ::testing::EndsWith(" AND LEFT(`c`*1e0,1)='-'"));
  EXPECT_EQ(compare(ValueKind::text, s("a")), "CAST(`c` AS BINARY)<=>'a'");
  EXPECT_EQ(compare(ValueKind::integer, n(0), "year"), "`c`+0<=>0");
  EXPECT_EQ(compare(ValueKind::enumeration, u(1)), "`c`+0<=>1");
  EXPECT_EQ(compare(ValueKind::set, u(18446744073709551615U)),
            "CAST(`c` AS UNSIGNED)<=>18446744073709551615");
  EXPECT_EQ(compare(ValueKind::binary, null()), "`c` IS NULL");
}

TEST(Literal, ASetInAKeyIsComparedAsTheNumberItIs) {
  const auto equal = [](binlog::Value value) {
    std::string out;
    append_key_equal(out, "`c`", column("c", "set", ValueKind::set), value);
    return out;
  };
  EXPECT_EQ(equal(u(9007199254740991U)), "`c`=9007199254740991");
  EXPECT_EQ(equal(u(9007199254740993U)), "CAST(`c` AS UNSIGNED)=9007199254740993");
}

TEST(Literal, BytesThatAnEightBitSetDoesNotDefineAreNotConverted) {
  const auto equal = [](const char* charset, std::uint64_t bytes, const char* value) {
    schema::Column key = column("c", "varchar", ValueKind::text);
    key.charset = charset;
    key.max_length_chars = 10;
    key.max_length_bytes = bytes;
    std::string out;
    append_key_equal(out, "`c`", key, s(value));
    return out;
  };
  EXPECT_EQ(equal("dec8", 10, "\xa6"), "`c`=_dec8'\xa6'");
  EXPECT_EQ(equal("dec8", 10, "a"), "`c`='a'");
  EXPECT_EQ(equal("utf8mb4", 40, "é"), "`c`='é'");
}

TEST(ScriptBuilder, NeighbouringInsertsBecomeOneStatement) {
  const PlanSet plans({table()}, {}, false);
  EXPECT_EQ(build(plans, test::list(transaction(1, test::insert(kName, {{n(1), s("a"), n(0)}})),
                                    transaction(2, test::insert(kName, {{n(2), null(), n(0)}})))),
            (std::vector<std::string>{"INSERT INTO `shop`.`t`(`id`,`v`) VALUES (1,'a'),(2,NULL)"}));
}

TEST(ScriptBuilder, UpdatesAssignEveryColumnAndDeletesMerge) {
  const PlanSet plans({table()}, {}, false);
  EXPECT_EQ(build(plans, test::list(transaction(
                             1, test::update(kName, {{n(1), s("a"), n(0)}}, {{n(2), s("b"), n(0)}}),
                             test::remove(kName, {{n(2), s("b"), n(0)}, {n(3), s("c"), n(0)}})))),
            (std::vector<std::string>{"UPDATE `shop`.`t` SET `id`=2,`v`='b' WHERE `id`=1",
                                      "DELETE /*+ INDEX(`t` `PRIMARY`) */ FROM `shop`.`t` WHERE "
                                      "`id`=2 OR `id`=3"}));
}

TEST(ScriptBuilder, LongUnchangedValuesAreNotSentAgain) {
  const PlanSet plans({table()}, {}, false);
  const std::string long_text(1000, 'x');
  EXPECT_EQ(build(plans, test::list(transaction(1, test::update(kName, {{n(1), s(long_text), n(0)}},
                                                                {{n(5), s(long_text), n(0)}})))),
            (std::vector<std::string>{"UPDATE `shop`.`t` SET `id`=5 WHERE `id`=1"}));
}

TEST(ScriptBuilder, WithoutAKeyOneRowAtATime) {
  const PlanSet plans({table(false)}, {}, false);
  EXPECT_EQ(build(plans, test::list(transaction(1, test::remove(kName, {{n(1), null(), n(0)},
                                                                        {n(1), s("b"), n(0)}})))),
            (std::vector<std::string>{
                "DELETE FROM `shop`.`t` WHERE `id`<=>1 AND `v` IS NULL LIMIT 1",
                "DELETE FROM `shop`.`t` WHERE `id`<=>1 AND CAST(`v` AS BINARY)<=>'b' LIMIT 1"}));
}

TEST(ScriptBuilder, SelfReferencingRowsGoOneByOne) {
  schema::Table tree = table();
  tree.foreign_keys = {test::foreign_key({"g"}, kName, {"id"})};
  const PlanSet plans({tree}, {}, false);
  EXPECT_EQ(build(plans, test::list(transaction(
                             1, test::remove(kName, {{n(2), s("b"), n(1)}, {n(1), s("a"), n(1)}}))))
                .size(),
            2U);
}

TEST(ScriptBuilder, TheEventsForeignKeyFlagIsMirroredAndReset) {
  schema::Table child = table();
  child.foreign_keys = {test::foreign_key({"id"}, {"shop", "p"}, {"id"})};
  const PlanSet plans({child}, {}, false);
  binlog::RowsChange change = test::insert(kName, {{n(1), s("a"), n(0)}});
  change.foreign_key_checks_off = true;
  const auto sql = build(plans, test::list(transaction(1, std::move(change))));
  ASSERT_EQ(sql.size(), 3U);
  EXPECT_TRUE(sql[0].starts_with("SET foreign_key_checks=0"));
  EXPECT_TRUE(sql[2].starts_with("SET foreign_key_checks=1"));
}

TEST(ScriptBuilder, EnumErrorMemberIsWrittenRelaxed) {
  schema::Table with_enum = table();
  with_enum.columns[1] = column("v", "enum", ValueKind::enumeration);
  const PlanSet plans({with_enum}, {}, false);
  const auto sql =
      build(plans, test::list(transaction(1, test::insert(kName, {{n(1), u(0), n(0)}}))));
  ASSERT_EQ(sql.size(), 3U);
  EXPECT_EQ(sql[0].find("STRICT"), std::string::npos);
  EXPECT_NE(sql[2].find("STRICT"), std::string::npos);
}

TEST(ScriptBuilder, SkipsWhatTheLoadedRowsHold) {
  const PlanSet plans({table()}, {{kName, {{"b.1", 10}, {"b.1", 10}}}}, false);
  EXPECT_TRUE(build(plans, test::list(transaction(10, test::insert(kName, {{n(1), s("a"), n(0)}}))))
                  .empty());
  EXPECT_EQ(
      build(plans, test::list(transaction(11, test::insert(kName, {{n(1), s("a"), n(0)}})))).size(),
      1U);
}

TEST(ScriptBuilder, InsertsWithoutSomeColumnsTakeDefaults) {
  schema::Table wide = table();
  wide.columns[1].nullable = true;
  wide.columns.push_back(column("d", "int", ValueKind::integer));
  wide.columns.back().default_value = "7";
  wide.columns.push_back(column("x", "varchar", ValueKind::text));
  wide.columns.push_back(column("y", "datetime", ValueKind::temporal));
  wide.columns.push_back(column("z", "enum", ValueKind::enumeration));
  const PlanSet plans({wide}, {}, false);
  const binlog::Value gone = test::absent();
  EXPECT_EQ(
      build(plans, test::list(transaction(
                       1, test::insert(kName, {{n(1), gone, n(0), gone, gone, gone, gone}})))),
      (std::vector<std::string>{"INSERT INTO `shop`.`t`(`id`,`x`,`y`,`z`) VALUES (1,'',0,1)"}));
}

TEST(ScriptBuilder, FindsRowsByAnyKeyThatIsLogged) {
  const binlog::Value gone = test::absent();
  // The row is known by its primary key here, but only a unique one is logged.
  schema::Table unique = table();
  unique.indexes.push_back(test::index("v", schema::IndexKind::unique, {"v"}));
  const PlanSet plans({unique}, {}, false);
  EXPECT_EQ(
      build(plans, test::list(transaction(1, test::remove(kName, {{gone, s("a"), gone}})))),
      (std::vector<std::string>{"DELETE FROM `shop`.`t` WHERE CAST(`v` AS BINARY)<=>'a' LIMIT 1"}));
  // A key with a prefix is none that finds rows, but the value as a whole is there.
  schema::Table prefix = table(false);
  prefix.indexes.push_back(test::index("PRIMARY", schema::IndexKind::primary, {"v"}));
  prefix.indexes.back().parts[0].prefix = 5;
  const PlanSet by_prefix({prefix}, {}, false);
  EXPECT_EQ(build(by_prefix, test::list(transaction(1, test::update(kName, {{gone, s("a"), gone}},
                                                                    {{n(4), gone, gone}})))),
            (std::vector<std::string>{"UPDATE `shop`.`t` SET `id`=4 WHERE CAST(`v` AS "
                                      "BINARY)<=>'a' LIMIT 1"}));
}

TEST(ScriptBuilder, RefusesWhatItCanNotApply) {
  const PlanSet plans({table()}, {}, false);
  const auto code_of = [&](binlog::RowsChange change) {
    try {
      build(plans, test::list(transaction(1, std::move(change))));
    } catch (const base::ErrorException& e) {
      return e.error().code;
    }
    return std::string();
  };
  EXPECT_EQ(code_of(test::insert(kName, {{n(1), s("a")}})), "apply.column_count");
  EXPECT_EQ(code_of(test::remove(kName, {{test::absent(), s("a"), n(0)}})),
            "apply.incomplete_row_image");
}

TEST(PlanSet, WithoutAKeyTheCutMustBeExact) {
  EXPECT_THROW(PlanSet({table(false)}, {{kName, {{"b.1", 1}, {"b.1", 2}}}}, false),
               base::ErrorException);
}

}  // namespace
}  // namespace flyover::apply
