#include "migration/ddl_policy.h"

#include <gtest/gtest.h>

#include "migration/ddl_session.h"
#include "migration/structure.h"

namespace flyover::migration {
namespace {

binlog::StatementChange statement(const std::string& sql, const std::string& schema = "shop") {
  binlog::StatementChange change;
  change.sql = sql;
  change.schema = schema;
  return change;
}

DdlPolicy policy() {
  return DdlPolicy({.include = {"shop.*", "crm.cust*"}, .exclude = {"shop.tmp_*"}},
                   {{"create_table", "apply"},
                    {"alter_table", "stop"},
                    {"drop_table", "ignore"},
                    {"view", "apply"},
                    {"database", "apply"}});
}

bool concerns(const std::string& sql, const std::string& schema = "shop") {
  const binlog::StatementChange change = statement(sql, schema);
  return policy().concerns(change, policy().read(change));
}

DdlAction action(const std::string& sql) {
  return policy().action(policy().read(statement(sql)));
}

TEST(DdlPolicy, ConcernsWhatIsSelected) {
  EXPECT_TRUE(concerns("CREATE TABLE t (id INT)"));
  EXPECT_FALSE(concerns("CREATE TABLE tmp_t (id INT)"));
  EXPECT_TRUE(concerns("RENAME TABLE tmp_t TO t"));
  EXPECT_FALSE(concerns("CREATE TABLE t (id INT)", "other"));
  EXPECT_TRUE(concerns("ALTER TABLE crm.customer ADD c INT", "other"));
  EXPECT_FALSE(concerns("ALTER TABLE crm.supplier ADD c INT", "other"));
  EXPECT_TRUE(concerns("CREATE PROCEDURE p() SELECT 1"));
  EXPECT_TRUE(concerns("CREATE PROCEDURE crm.p() SELECT 1", "other"));
  EXPECT_TRUE(concerns("DROP DATABASE shop", ""));
  EXPECT_FALSE(concerns("DROP DATABASE other"));
  EXPECT_TRUE(concerns("ALTER TABLE SHOP.T ADD c INT", "other"));
}

TEST(DdlPolicy, LeavesOutWhatIsNoDdlOrItsOwn) {
  EXPECT_FALSE(concerns("INSERT INTO t VALUES (1)"));
  EXPECT_FALSE(concerns("DROP TEMPORARY TABLE t"));
  EXPECT_FALSE(concerns("CREATE USER a"));
  EXPECT_FALSE(concerns("ANALYZE TABLE t"));
  EXPECT_FALSE(concerns("/* flyover */ ALTER TABLE t AUTO_INCREMENT = 5"));
}

TEST(DdlPolicy, AnUnreadableTextConcernsItsSchemas) {
  EXPECT_TRUE(concerns("FROBNICATE TABLE x"));
  EXPECT_FALSE(concerns("FROBNICATE TABLE x", "other"));
  EXPECT_TRUE(concerns("FROBNICATE TABLE shop.x", "other"));
}

TEST(DdlPolicy, ActsByClassAndStopsAtWhatIsNotConfigured) {
  EXPECT_EQ(action("CREATE TABLE t (id INT)"), DdlAction::apply);
  EXPECT_EQ(action("ALTER TABLE t ADD c INT"), DdlAction::stop);
  EXPECT_EQ(action("DROP TABLE t"), DdlAction::ignore);
  EXPECT_EQ(action("TRUNCATE TABLE t"), DdlAction::stop);
  EXPECT_EQ(action("FROBNICATE TABLE x"), DdlAction::stop);
}

TEST(DdlSession, ModesThatTheServerLacksAreLeftOut) {
  schema::Dialect dialect;
  dialect.sql_modes = {"ANSI_QUOTES", "STRICT_TRANS_TABLES", "NO_ENGINE_SUBSTITUTION"};
  const std::uint64_t bits = 1U << 2 | 1U << 8 | 1U << 21 | 1U << 28 | 1U << 30;
  EXPECT_EQ(sql_mode_of(bits, dialect), "ANSI_QUOTES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION");
  EXPECT_EQ(sql_mode_of(0, dialect), "");
}

schema::Table stamped(bool nullable, const std::string& on_update, const std::string& engine) {
  schema::Table table;
  table.name = {"shop", "t"};
  table.engine = engine;
  table.columns.push_back({.name = "id", .data_type = "int", .column_type = "int"});
  table.columns.push_back({.name = "at",
                           .data_type = "timestamp",
                           .column_type = "timestamp",
                           .kind = schema::ValueKind::temporal,
                           .nullable = nullable,
                           .on_update = on_update});
  return table;
}

TEST(Structure, FollowsWhatAServerMadeOfATimestamp) {
  const schema::Table source = stamped(true, "", "MyISAM");
  EXPECT_EQ(follow_sql(source, stamped(false, "CURRENT_TIMESTAMP", "InnoDB"), true),
            std::vector<std::string>{
                "ALTER TABLE `shop`.`t` MODIFY COLUMN `at` timestamp NULL DEFAULT NULL"});
  EXPECT_EQ(
      follow_sql(source, stamped(true, "", "MyISAM"), true),
      std::vector<std::string>{"ALTER TABLE `shop`.`t` ENGINE = InnoDB, ROW_FORMAT = DYNAMIC"});
  EXPECT_TRUE(follow_sql(source, stamped(true, "", "MyISAM"), false).empty());
  // The source has moved on.
  schema::Table wider = source;
  wider.columns.push_back({.name = "more", .data_type = "int"});
  EXPECT_TRUE(follow_sql(wider, stamped(false, "", "InnoDB"), true).empty());
}

TEST(Structure, OldServersHaveNoUtf8mb3) {
  schema::Dialect dialect;
  dialect.version = mysql::Version::parse("5.6.24");
  EXPECT_EQ(
      sql_for(dialect, "`utf8mb3` CHARACTER SET utf8mb3 COLLATE utf8mb3_bin DEFAULT 'utf8mb3'"),
      "`utf8mb3` CHARACTER SET utf8 COLLATE utf8_bin DEFAULT 'utf8mb3'");
  dialect.version = mysql::Version::parse("9.7.4");
  EXPECT_EQ(sql_for(dialect, "CHARACTER SET utf8mb3"), "CHARACTER SET utf8mb3");
}

}  // namespace
}  // namespace flyover::migration
