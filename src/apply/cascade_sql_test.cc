#include "apply/cascade_sql.h"

#include <gtest/gtest.h>

#include "apply/sql_builder.h"
#include "apply/test_rows.h"

namespace flyover::apply {
namespace {

using schema::IndexKind;
using schema::ValueKind;
using test::foreign_key;
using test::n;
using test::s;
using test::transaction;

schema::Table table(const std::string& name, std::vector<schema::ForeignKey> keys) {
  schema::Table out;
  out.name = {"shop", name};
  out.engine = "InnoDB";
  out.columns = {test::column("id", "int", ValueKind::integer),
                 test::column("k", "varchar", ValueKind::text)};
  out.columns[1].charset = "utf8";
  out.columns[1].collation = "utf8_general_ci";
  out.indexes = {test::index("PRIMARY", IndexKind::primary, {"id"}),
                 test::index("k", IndexKind::unique, {"k"})};
  out.foreign_keys = std::move(keys);
  return out;
}

schema::ForeignKey to(const std::string& parent, const char* on_update,
                      const char* on_delete = "RESTRICT") {
  return foreign_key({"k"}, {"shop", parent}, {"k"}, on_delete, on_update);
}

std::vector<std::string> sql(const PlanSet& plans, const binlog::RowsChange& change) {
  return update_cascade_sql(plans, *plans.find(change.table), change.before(0), change.after(0));
}

TEST(CascadeSql, DeepestTablesFirstAndOnlyWhatHasOtherBytes) {
  const PlanSet plans(
      {table("p", {}), table("c", {to("p", "CASCADE")}), table("g", {to("c", "SET NULL")})}, {},
      false);
  const auto statements =
      sql(plans, test::update({"shop", "p"}, {{n(1), s("a")}}, {{n(1), s("A")}}));
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0],
            "UPDATE `shop`.`p` AS `f0` STRAIGHT_JOIN `shop`.`c` AS `f1` ON `f1`.`k`=`f0`.`k` "
            "STRAIGHT_JOIN `shop`.`g` AS `f2` ON `f2`.`k`=`f1`.`k` SET `f2`.`k`=NULL WHERE "
            "`f0`.`id`=1 AND NOT (CAST(`f0`.`k` AS BINARY)<=>'A') AND NOT (CAST(`f1`.`k` AS "
            "BINARY)<=>'A')");
  EXPECT_EQ(statements[1],
            "UPDATE `shop`.`p` AS `f0` STRAIGHT_JOIN `shop`.`c` AS `f1` ON `f1`.`k`=`f0`.`k` SET "
            "`f1`.`k`='A' WHERE `f0`.`id`=1 AND NOT (CAST(`f0`.`k` AS BINARY)<=>'A')");
}

TEST(CascadeSql, NothingWhereTheKeyStaysOrTheForeignKeyDoesNotAct) {
  const PlanSet plans({table("p", {}), table("c", {to("p", "RESTRICT", "CASCADE")}), table("q", {}),
                       table("d", {to("q", "CASCADE")})},
                      {}, false);
  const auto of_p = test::update({"shop", "p"}, {{n(1), s("a")}}, {{n(1), s("A")}});
  EXPECT_FALSE(update_cascades(*plans.find({"shop", "p"}), of_p.before(0), of_p.after(0)));
  const auto of_q = test::update({"shop", "q"}, {{n(1), s("a")}}, {{n(2), s("a")}});
  EXPECT_FALSE(update_cascades(*plans.find({"shop", "q"}), of_q.before(0), of_q.after(0)));
  EXPECT_TRUE(sql(plans, of_q).empty());
}

TEST(CascadeSql, ATableIsNotReachedAgain) {
  schema::Table self = table("p", {});
  self.foreign_keys = {to("p", "CASCADE"), to("c", "CASCADE")};
  const PlanSet plans({std::move(self), table("c", {to("p", "CASCADE")})}, {}, false);
  EXPECT_EQ(sql(plans, test::update({"shop", "p"}, {{n(1), s("a")}}, {{n(1), s("A")}})).size(), 1U);
}

TEST(CascadeSql, TimestampsOfTheChildStay) {
  schema::Table child = table("c", {to("p", "CASCADE")});
  child.columns.push_back(test::column("ts", "timestamp", ValueKind::temporal));
  child.columns.back().on_update_current_timestamp = true;
  const PlanSet plans({table("p", {}), std::move(child)}, {}, false);
  const auto statements =
      sql(plans, test::update({"shop", "p"}, {{n(1), s("a")}}, {{n(1), s("b")}}));
  ASSERT_EQ(statements.size(), 1U);
  EXPECT_NE(statements[0].find("SET `f1`.`k`='b',`f1`.`ts`=`f1`.`ts` WHERE"), std::string::npos);
}

std::vector<std::string> script(const PlanSet& plans, binlog::RowsChange change) {
  const binlog::Transaction one = transaction(1, std::move(change));
  ScriptBuilder builder(plans);
  builder.add(one);
  std::vector<std::string> texts;
  for (const Statement& statement : builder.take()) texts.push_back(statement.sql);
  return texts;
}

TEST(CascadeSql, RunsUncheckedBeforeTheRowsOwnUpdate) {
  const auto tables = [] {
    return std::vector<schema::Table>{table("p", {}), table("c", {to("p", "CASCADE")})};
  };
  const auto change = [] {
    return test::update({"shop", "p"}, {{n(1), s("a")}}, {{n(1), s("A")}});
  };
  const auto texts = script(PlanSet(tables(), {}, false), change());
  ASSERT_EQ(texts.size(), 4U);
  EXPECT_TRUE(texts[0].starts_with("SET foreign_key_checks=0"));
  EXPECT_TRUE(texts[1].starts_with("UPDATE `shop`.`p` AS `f0` STRAIGHT_JOIN"));
  EXPECT_TRUE(texts[2].starts_with("UPDATE `shop`.`p` SET"));
  EXPECT_TRUE(texts[3].starts_with("SET foreign_key_checks=1"));
  // A session that did not check, and a source that logs the children's changes.
  binlog::RowsChange unchecked = change();
  unchecked.foreign_key_checks_off = true;
  EXPECT_EQ(script(PlanSet(tables(), {}, false), std::move(unchecked)).size(), 3U);
  EXPECT_EQ(script(PlanSet(tables(), {}, true), change()).size(), 3U);
}

TEST(CascadeSql, WhatReachesBeyondChildren) {
  const PlanSet plans(
      {table("p", {}), table("c", {to("p", "CASCADE", "SET NULL")}),
       table("g", {to("c", "RESTRICT", "CASCADE")}), table("q", {}),
       table("d", {to("q", "SET NULL", "CASCADE")}), table("e", {to("d", "CASCADE", "CASCADE")})},
      {}, false);
  const auto& p = *plans.find({"shop", "p"});
  EXPECT_FALSE(p.delete_reaches_far);  // The child stays, and its own key may not change.
  EXPECT_FALSE(p.update_reaches_far);
  const auto& q = *plans.find({"shop", "q"});
  EXPECT_TRUE(q.delete_reaches_far);
  EXPECT_TRUE(q.update_reaches_far);
  EXPECT_FALSE(plans.find({"shop", "d"})->delete_reaches_far);
  schema::Table tree = table("t", {to("t", "RESTRICT", "CASCADE")});
  EXPECT_TRUE(PlanSet({std::move(tree)}, {}, false).at(0).delete_reaches_far);
}

}  // namespace
}  // namespace flyover::apply
