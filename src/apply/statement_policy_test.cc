#include "apply/statement_policy.h"

#include <gtest/gtest.h>

namespace flyover::apply {
namespace {

StatementVerdict judge(std::string sql, std::string schema = "", std::uint64_t sql_mode = 0) {
  return judge_statement({.schema = std::move(schema), .sql = std::move(sql), .sql_mode = sql_mode},
                         [](std::string_view name) { return name == "shop"; });
}

TEST(StatementPolicy, HarmlessStatementsAreIgnored) {
  for (const char* sql : {"FLUSH TABLES", "flush logs", "GRANT ALL ON shop.* TO 'a'@'%'",
                          "REVOKE ALL ON shop.* FROM a", "CREATE USER 'a'@'%' IDENTIFIED BY 'x'",
                          "DROP USER a", "SET PASSWORD FOR a = 'x'", "ANALYZE TABLE shop.t",
                          "OPTIMIZE TABLE t", "DROP TEMPORARY TABLE IF EXISTS `shop`.`t`",
                          "DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`",
                          "CREATE TEMPORARY TABLE t (a INT)", "", "  /* only a comment */ "}) {
    EXPECT_EQ(judge(sql, "shop"), StatementVerdict::ignore) << sql;
  }
}

TEST(StatementPolicy, OtherSchemasAreIgnored) {
  EXPECT_EQ(judge("ALTER TABLE t ADD shop INT", "blog"), StatementVerdict::ignore);
  EXPECT_EQ(judge("CREATE TABLE blog.t (a INT)"), StatementVerdict::ignore);
  EXPECT_EQ(judge("CREATE TABLE IF NOT EXISTS `flyover`.`marker` (a INT)"),
            StatementVerdict::ignore);
  EXPECT_EQ(judge("CREATE DATABASE blog", "shop"), StatementVerdict::ignore);
}

TEST(StatementPolicy, WhatMayTouchASelectedSchemaStops) {
  for (const char* sql :
       {"ALTER TABLE shop.t ADD a INT", "ALTER TABLE `shop` . `t` ADD a INT",
        "CREATE TABLE blog.t LIKE shop.t", "DROP DATABASE shop", "DROP SCHEMA IF EXISTS `shop`",
        "TRUNCATE shop.t", "RENAME TABLE blog.a TO shop.a", "ALTER EVENT shop.e DISABLE",
        "/*!50003 CREATE TRIGGER x BEFORE INSERT ON shop.t FOR EACH ROW SET @a = 1 */",
        "/* c */ ALTER TABLE SHOP.t ADD a INT", "-- x\nDROP TABLE shop.t"}) {
    EXPECT_EQ(judge(sql), StatementVerdict::ddl) << sql;
  }
  EXPECT_EQ(judge("ALTER TABLE t ADD a INT", "shop"), StatementVerdict::ddl);
  EXPECT_EQ(judge("FROBNICATE t", "shop"), StatementVerdict::ddl);
  EXPECT_EQ(judge("DROP TABLE \"shop\".\"t\"", "", 4), StatementVerdict::ddl);
  EXPECT_EQ(judge("DROP TABLE x -- '\\'", "blog", 1U << 20), StatementVerdict::ddl);
}

TEST(StatementPolicy, StatementFormatDmlStops) {
  for (const char* sql : {"INSERT INTO t VALUES (1)", "update t set a = 1", "DELETE FROM t",
                          "REPLACE INTO t VALUES (1)", "LOAD DATA INFILE 'x' INTO TABLE t"}) {
    EXPECT_EQ(judge(sql, "shop"), StatementVerdict::statement_dml) << sql;
    EXPECT_EQ(judge(sql, "blog"), StatementVerdict::ignore) << sql;
  }
}

TEST(StatementPolicy, OwnStatementsAreIgnored) {
  EXPECT_EQ(judge("/* flyover */ ALTER EVENT shop.e DISABLE", "shop"), StatementVerdict::ignore);
}

TEST(StatementPolicy, ErrorsNameStatementAndPosition) {
  const binlog::StatementChange statement{.schema = "shop", .sql = "DROP TABLE t"};
  const base::Error error =
      statement_error(StatementVerdict::ddl, statement, {.file = "binlog.000007", .offset = 42});
  EXPECT_EQ(error.code, "source.ddl");
  EXPECT_EQ(error.action, base::Action::fail);
  EXPECT_NE(error.message.find("binlog.000007:42"), std::string::npos);
  EXPECT_NE(error.message.find("DROP TABLE t"), std::string::npos);
  const base::Error dml = statement_error(StatementVerdict::statement_dml, statement, {});
  EXPECT_EQ(dml.code, "source.statement_dml");
  EXPECT_NE(dml.hint.find("apply.statement_dml = \"reload\""), std::string::npos);
}

}  // namespace
}  // namespace flyover::apply
