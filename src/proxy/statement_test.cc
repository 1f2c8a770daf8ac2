#include "proxy/statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/tokenizer.h"

namespace flyover::proxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

StatementEffects read(std::string_view text) {
  return read_statement(text, true);
}

std::vector<std::string> texts(std::string_view text, bool escapes = true) {
  std::vector<Token> tokens;
  tokenize(text, escapes, tokens);
  std::vector<std::string> out;
  for (const Token& token : tokens) out.emplace_back(token.text);
  return out;
}

TEST(Tokenizer, QuotesAndComments) {
  EXPECT_THAT(texts("SELECT 'a''b' , \"c\\\"d\" -- rest\n, `x``y` # more\n;/* c */ 1"),
              ElementsAre("SELECT", "a''b", ",", "c\\\"d", ",", "x``y", ";", "1"));
  EXPECT_THAT(texts("/*!50001 SET x*/ = 1"), ElementsAre("SET", "x", "=", "1"));
  EXPECT_THAT(texts("5--3 a--b"), ElementsAre("5", "-", "-", "3", "a", "-", "-", "b"));
  EXPECT_THAT(texts("@a.b @`c d` @@session.x @'e'"),
              ElementsAre("a.b", "c d", "@@", "session", ".", "x", "e"));
  EXPECT_THAT(texts("'a\\' , b", false), ElementsAre("a\\", ",", "b"));
  EXPECT_THAT(texts("'never ended"), ElementsAre("never ended"));
  EXPECT_THAT(texts("a:=1"), ElementsAre("a", ":=", "1"));
  EXPECT_THAT(texts("/* never ended"), IsEmpty());
  EXPECT_THAT(texts("'\\"), ElementsAre("\\"));
}

TEST(Statement, OrdinaryOnesLeaveStateAlone) {
  for (const char* text :
       {"SELECT * FROM t WHERE a = '@x'", "SELECT '; SET @x=1'", "SHOW TABLES", "BEGIN", "USE shop",
        "SELECT 1 -- SET a=1", "CREATE TABLE temporary_t (a INT)", "", ";;", "SET GLOBAL x = 1",
        "SET PASSWORD = 'x'", "SET PERSIST a = 1", "SET @@global.a = 1",
        "CREATE PROCEDURE p() BEGIN SET @x = 1; SELECT GET_LOCK('a', 1); END"}) {
    EXPECT_TRUE(read(text).leaves_state_alone()) << text;
  }
}

TEST(Statement, Set) {
  EXPECT_THAT(read("SET sql_mode='', @@session.Time_Zone = '+00:00', LOCAL a=1").session_variables,
              ElementsAre("sql_mode", "time_zone", "a"));
  EXPECT_THAT(read("SET GLOBAL a=1, b=2, SESSION c=3, d=4").session_variables,
              ElementsAre("c", "d"));
  EXPECT_THAT(read("SET @@global.a=1, b=2").session_variables, ElementsAre("b"));
  EXPECT_THAT(read("SET a = CONCAT('x', @@a), b = (SELECT 1, 2)").session_variables,
              ElementsAre("a", "b"));
  EXPECT_THAT(read("set names utf8").session_variables,
              ElementsAre("character_set_client", "character_set_results",
                          "character_set_connection", "collation_connection"));
  EXPECT_EQ(read("SET CHARACTER SET latin1").session_variables.size(), 4u);
  EXPECT_THAT(read("SET sql_mode = DEFAULT").session_variables_reset, ElementsAre("sql_mode"));
  EXPECT_THAT(read("SET timestamp=0").session_variables_reset, ElementsAre("timestamp"));
  EXPECT_THAT(read("/*!40101 SET SQL_MODE='' */").session_variables, ElementsAre("sql_mode"));
  EXPECT_THAT(read("SET @a = 1, @`B` := 2").user_variables, ElementsAre("a", "b"));
  EXPECT_EQ(read("SET rand_seed1 = 3").unclassified, "SET rand_seed1");
  EXPECT_FALSE(read("SET something odd").unclassified.empty());
  EXPECT_FALSE(read("SET ROLE admin").unclassified.empty());
  EXPECT_FALSE(read("SET").unclassified.empty() && !read("SET").leaves_state_alone());
}

TEST(Statement, TransactionSettings) {
  EXPECT_TRUE(read("SET TRANSACTION READ ONLY").next_transaction_only);
  EXPECT_TRUE(read("SET @@tx_isolation = 'READ-COMMITTED'").next_transaction_only);
  EXPECT_THAT(read("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE").session_variables,
              ElementsAre("transaction_isolation", "transaction_read_only"));
  EXPECT_THAT(read("SET tx_isolation = 'READ-COMMITTED'").session_variables,
              ElementsAre("tx_isolation"));
  EXPECT_TRUE(read("COMMIT").ends_transaction_setting);
  EXPECT_TRUE(read("XA START 'x'").begins_xa);
  EXPECT_TRUE(read("XA COMMIT 'x'").ends_xa);
}

TEST(Statement, UserVariables) {
  EXPECT_THAT(read("SELECT @A := id, name INTO @b FROM t").user_variables, ElementsAre("a", "b"));
  EXPECT_THAT(read("SELECT @@version, 'x@y'").user_variables, IsEmpty());
}

TEST(Statement, Pins) {
  EXPECT_THAT(read("create temporary table if not exists Db.`T` (a int)").temporary_tables_created,
              ElementsAre("db.t"));
  EXPECT_THAT(read("DROP TEMPORARY TABLE IF EXISTS a, db.b").tables_dropped,
              ElementsAre("a", "db.b"));
  EXPECT_THAT(read("SELECT GET_LOCK('L', 10)").locks_taken, ElementsAre("L"));
  EXPECT_THAT(read("DO RELEASE_LOCK('L')").locks_released, ElementsAre("L"));
  EXPECT_THAT(read("SELECT GET_LOCK(?, 10)").locks_taken, ElementsAre(""));
  EXPECT_THAT(read("SELECT GET_LOCK(CONCAT('a', b), 1)").locks_taken, ElementsAre(""));
  EXPECT_TRUE(read("SELECT RELEASE_ALL_LOCKS()").all_locks_released);
  EXPECT_TRUE(read("LOCK TABLES a WRITE").locks_tables);
  EXPECT_TRUE(read("FLUSH TABLES WITH READ LOCK").locks_tables);
  EXPECT_FALSE(read("FLUSH LOGS").locks_tables);
  EXPECT_TRUE(read("UNLOCK TABLES").unlocks_tables);
  EXPECT_THAT(read("HANDLER db.t OPEN").handlers_opened, ElementsAre("t"));
  EXPECT_THAT(read("HANDLER t OPEN AS x").handlers_opened, ElementsAre("x"));
  EXPECT_THAT(read("HANDLER x CLOSE").handlers_closed, ElementsAre("x"));
  EXPECT_THAT(read("PREPARE S FROM 'SELECT 1'").statements_prepared, ElementsAre("s"));
  EXPECT_THAT(read("DEALLOCATE PREPARE s").statements_deallocated, ElementsAre("s"));
  EXPECT_TRUE(read("CALL p()").calls_routine);
}

TEST(Statement, Diagnostics) {
  EXPECT_TRUE(read("SELECT FOUND_ROWS()").only_reads_diagnostics);
  EXPECT_TRUE(read("show warnings").only_reads_diagnostics);
  EXPECT_TRUE(read("SHOW COUNT(*) ERRORS").only_reads_diagnostics);
  EXPECT_TRUE(read("GET DIAGNOSTICS @n = NUMBER").only_reads_diagnostics);
  EXPECT_TRUE(read("SELECT @@warning_count").only_reads_diagnostics);
  EXPECT_FALSE(read("SELECT FOUND_ROWS() FROM t").only_reads_diagnostics);
  EXPECT_FALSE(read("SELECT FOUND_ROWS(); DELETE FROM t").only_reads_diagnostics);
  EXPECT_TRUE(read("INSERT INTO t SELECT ROW_COUNT()").reads_diagnostics);
  EXPECT_FALSE(read("INSERT INTO t VALUES (1); SELECT ROW_COUNT()").reads_diagnostics);
  EXPECT_TRUE(read("SELECT SQL_CALC_FOUND_ROWS * FROM t").leaves_diagnostics);
  EXPECT_TRUE(read("UPDATE t SET a=1").leaves_diagnostics);
}

TEST(Statement, Several) {
  const auto effects = read("SET @a=1; SET b=2;");
  EXPECT_FALSE(effects.single);
  EXPECT_THAT(effects.user_variables, ElementsAre("a"));
  EXPECT_THAT(effects.session_variables, ElementsAre("b"));
  EXPECT_TRUE(read("SELECT 1;").single);
}

TEST(Statement, Kill) {
  const auto effects = read("KILL QUERY 1000000001");
  ASSERT_TRUE(effects.kill.has_value());
  EXPECT_EQ(effects.kill->connection_id, 1000000001u);
  EXPECT_EQ(effects.kill->at, 11u);
  EXPECT_EQ(effects.kill->size, 10u);
  EXPECT_FALSE(read("KILL @x").kill.has_value());
}

bool suspicious(std::string_view text, std::size_t piece) {
  LongTextScanner scanner(true);
  for (std::size_t at = 0; at < text.size(); at += piece) scanner.feed(text.substr(at, piece));
  return scanner.suspicious();
}

TEST(LongText, SeesThroughPieces) {
  for (const std::size_t piece : {1u, 2u, 7u, 1000u}) {
    EXPECT_FALSE(suspicious("INSERT INTO t VALUES ('a@b;c', \"x\\\"@\", `@`) -- @\n ; ", piece));
    EXPECT_FALSE(suspicious("INSERT INTO t VALUES (1) /* @x; y */;\n", piece));
    EXPECT_TRUE(suspicious("INSERT INTO t VALUES (@x)", piece));
    EXPECT_TRUE(suspicious("INSERT INTO t VALUES (1); SET a=1", piece));
    EXPECT_TRUE(suspicious("INSERT INTO t VALUES (get_lock('a',1))", piece));
    EXPECT_TRUE(suspicious("INSERT INTO t VALUES (1) /*! x */", piece));
  }
}

}  // namespace
}  // namespace flyover::proxy
