#include "apply/statement_reach.h"

#include <gtest/gtest.h>

namespace flyover::apply {
namespace {

using Kind = StoredText::Kind;

schema::Table table(const std::string& schema, const std::string& name) {
  schema::Table out;
  out.name = {schema, name};
  return out;
}

StatementReach shop() {
  return {
      {table("shop", "a"), table("shop", "b"), table("shop", "log"), table("shop", "Mixed"),
       table("other", "a")},
      {{.kind = Kind::view, .name = {"shop", "v"}, .text = "select `x`.`id` from `shop`.`b` `x`"},
       {.kind = Kind::trigger, .name = {"shop", "b"}, .text = "INSERT INTO log VALUES (NEW.id)"},
       {.kind = Kind::trigger, .name = {"shop", "outside"}, .text = "UPDATE a SET n = n + 1"},
       {.kind = Kind::routine, .name = {"shop", "next_id"}, .text = "UPDATE a SET n = n + 1"},
       {.kind = Kind::routine, .name = {"shop", "secret"}, .unknown = true}}};
}

std::vector<std::string> reach(const std::string& sql, std::uint64_t sql_mode = 0,
                               const std::string& schema = "shop") {
  binlog::StatementChange statement;
  statement.schema = schema;
  statement.sql = sql;
  statement.sql_mode = sql_mode;
  std::vector<std::string> names;
  for (const mysql::TableName& name : shop().tables_of(statement)) {
    names.push_back(name.to_string());
  }
  return names;
}

using Names = std::vector<std::string>;
const Names kAll{"shop.a", "shop.b", "shop.log", "shop.Mixed", "other.a"};

TEST(StatementReach, AnInsertWritesItsOneTable) {
  EXPECT_EQ(reach("INSERT INTO a SELECT id FROM Mixed"), (Names{"shop.a"}));
  EXPECT_EQ(reach("insert /*! low_priority */ ignore `a` values (1)"), (Names{"shop.a"}));
  EXPECT_EQ(reach("REPLACE other . a VALUES (1)"), (Names{"other.a"}));
  EXPECT_EQ(reach("INSERT INTO a VALUES (1)", 0, "other"), (Names{"other.a"}));
  EXPECT_EQ(reach("INSERT INTO mixed VALUES ('b')"), (Names{"shop.Mixed"}));
  EXPECT_EQ(reach("INSERT INTO t_tmp SELECT * FROM a"), Names{});
  EXPECT_EQ(reach("LOAD DATA LOCAL INFILE '/tmp/x-INTO TABLE b' IGNORE INTO TABLE `a` FIELDS "
                  "TERMINATED BY 'b' (`id`)"),
            (Names{"shop.a"}));
}

TEST(StatementReach, FollowsViewsTriggersAndFunctions) {
  EXPECT_EQ(reach("INSERT INTO v VALUES (1)"), (Names{"shop.b", "shop.log"}));
  EXPECT_EQ(reach("INSERT INTO b VALUES (1)"), (Names{"shop.b", "shop.log"}));
  EXPECT_EQ(reach("INSERT INTO log VALUES (next_id())"), (Names{"shop.a", "shop.log", "other.a"}));
  EXPECT_EQ(reach("DELETE FROM outside"), (Names{"shop.a", "other.a"}));
  EXPECT_EQ(reach("INSERT INTO outside VALUES (1)"), (Names{"shop.a", "other.a"}));
  EXPECT_EQ(reach("UPDATE v SET id = 2"), (Names{"shop.b", "shop.log"}));
  EXPECT_EQ(reach("INSERT INTO a VALUES (secret())"), kAll);
}

TEST(StatementReach, OtherStatementsReachAllTheyName) {
  EXPECT_EQ(reach("UPDATE b, mixed AS m SET m.x = 1 WHERE b.id = m.id"),
            (Names{"shop.b", "shop.log", "shop.Mixed"}));
  EXPECT_EQ(reach("DELETE QUICK FROM `log` WHERE t = 'a'"), (Names{"shop.log"}));
  EXPECT_EQ(reach("UPDATE nothing SET x = 1"), Names{});
}

TEST(StatementReach, WhatCanNotBeReadReachesEverything) {
  constexpr std::uint64_t kNoBackslashEscapes = 1U << 20;
  EXPECT_EQ(reach("INSERT INTO a VALUES ('\\')", kNoBackslashEscapes), kAll);
  EXPECT_EQ(reach("INSERT INTO a VALUES ('x')", kNoBackslashEscapes), (Names{"shop.a"}));
  EXPECT_EQ(reach("INSERT INTO a VALUES ('\x95\\')"), kAll);
  EXPECT_EQ(reach("INSERT INTO `t\xe4"
                  "ble` VALUES (1)"),
            kAll);
  EXPECT_EQ(reach("INSERT INTO a VALUES ('caf\xc3\xa9')"), (Names{"shop.a"}));
}

TEST(StatementReach, QuotesAreNamesWhenTheModeSaysSo) {
  constexpr std::uint64_t kAnsiQuotes = 1U << 2;
  EXPECT_EQ(reach("UPDATE \"b\" SET id = 1", kAnsiQuotes), (Names{"shop.b", "shop.log"}));
  EXPECT_EQ(reach("UPDATE log SET t = \"b\""), (Names{"shop.log"}));
}

TEST(StatementReach, NamesInADefinition) {
  const StatementReach all = shop();
  const auto named = [&](const std::string& sql) {
    binlog::StatementChange statement;
    statement.sql = sql;
    return all.tables_named(statement).size();
  };
  EXPECT_EQ(named("ALTER TABLE b ADD x INT"), 1U);
  EXPECT_EQ(named("RENAME TABLE b TO c, log TO l2"), 2U);
  EXPECT_EQ(named("TRUNCATE TABLE other.a"), 2U);
  EXPECT_EQ(named("DROP DATABASE shop"), 4U);
  EXPECT_EQ(named("CREATE TABLE z (id INT)"), 0U);
}

}  // namespace
}  // namespace flyover::apply
