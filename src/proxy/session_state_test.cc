#include "proxy/session_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mysql/response.h"

namespace flyover::proxy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint8_t kLong = 8, kDouble = 5, kDecimal = 246, kText = 253;

const mysql::Version k56 = mysql::Version::parse("5.6.24-log");
const mysql::Version k97 = mysql::Version::parse("9.7.0");

class State : public testing::Test {
 protected:
  void run(std::string_view text, bool ok = true) { state_.apply(read_statement(text, true), ok); }
  SessionState state_;
};

TEST_F(State, AskedAndSetAgain) {
  run("SET sql_mode='ANSI', tx_isolation='READ-COMMITTED'");
  run("SET @n=1, @s='x'");
  run("SET sql_mode='TRADITIONAL'");
  EXPECT_EQ(state_.state_query(k56),
            "SELECT DATABASE(), LAST_INSERT_ID(), @@session.`tx_isolation`, @@session.`sql_mode`, "
            "@`n`, HEX(@`n`), COLLATION(@`n`), @`s`, HEX(@`s`), COLLATION(@`s`)");
  const auto carried = state_.carry({{kText, "shop"},
                                     {kLong, "12"},
                                     {kText, "READ-COMMITTED"},
                                     {kText, "STRICT_ALL_TABLES,NO_AUTO_CREATE_USER"},
                                     {kLong, "1"},
                                     {kText, "1"},
                                     {kText, "binary"},
                                     {kText, "x"},
                                     {kText, "78"},
                                     {kText, "utf8_general_ci"}},
                                    false, k97);
  ASSERT_TRUE(carried.ok());
  EXPECT_EQ(carried->schema, "shop");
  EXPECT_EQ(carried->set_statement,
            "SET @@session.`transaction_isolation` = 'READ-COMMITTED', "
            "@@session.`sql_mode` = 'STRICT_ALL_TABLES', @`n` = 1, "
            "@`s` = _utf8mb3 X'78' COLLATE utf8mb3_general_ci, @@session.last_insert_id = 12, "
            "@@session.autocommit = 0");
}

TEST_F(State, NothingToSet) {
  const auto carried = state_.carry({{kText, std::nullopt}, {kLong, "0"}}, true, k97);
  ASSERT_TRUE(carried.ok());
  EXPECT_EQ(carried->schema, "");
  EXPECT_EQ(carried->set_statement, "");
  EXPECT_FALSE(state_.carry({}, true, k97).ok()) << "no row: the state is unknown";
}

TEST_F(State, TypesOfUserVariables) {
  run("SET @a=1");
  const auto set = [&](Cell value, Cell hex, Cell collation) {
    return state_.carry({{kText, std::nullopt}, {kLong, "0"}, value, hex, collation}, true, k97)
        ->set_statement;
  };
  const Cell none{kText, std::nullopt};
  EXPECT_EQ(set({kDouble, "1.5"}, none, none), "SET @`a` = 1.5e0");
  EXPECT_EQ(set({kDouble, "1e300"}, none, none), "SET @`a` = 1e300");
  EXPECT_EQ(set({kDecimal, "1.50"}, none, none), "SET @`a` = 1.50");
  EXPECT_EQ(set(none, none, none), "SET @`a` = NULL");
  EXPECT_EQ(set({kText, "?"}, {kText, "00FF"}, {kText, "binary"}), "SET @`a` = _binary X'00FF'");
  EXPECT_FALSE(
      state_.carry({none, {kLong, "0"}, {kText, "long"}, none, {kText, "binary"}}, true, k97).ok());
}

TEST_F(State, ValuesThatCanNotBeQuoted) {
  run("SET a=1");
  EXPECT_EQ(state_.carry({{}, {kLong, "0"}, {kText, "it's"}}, true, k97)->set_statement,
            "SET @@session.`a` = 'it''s'");
  EXPECT_FALSE(state_.carry({{}, {kLong, "0"}, {kText, "a\\b"}}, true, k97).ok());
}

TEST_F(State, PinsComeAndGo) {
  run("CREATE TEMPORARY TABLE t (a INT)");
  EXPECT_THAT(state_.pins(), ElementsAre("temporary table"));
  run("DROP TABLE t", false);
  EXPECT_THAT(state_.pins(), ElementsAre("temporary table"));
  run("DROP TABLE t");
  EXPECT_THAT(state_.pins(), IsEmpty());

  run("SELECT GET_LOCK('a', 1)");
  run("SELECT GET_LOCK('a', 1)");
  run("SELECT RELEASE_LOCK('a')");
  EXPECT_THAT(state_.pins(), ElementsAre("user lock"));
  run("SELECT RELEASE_LOCK('a')");
  EXPECT_THAT(state_.pins(), IsEmpty());
  run("SELECT GET_LOCK(@x, 1)");
  run("SELECT RELEASE_LOCK(@x)");
  EXPECT_THAT(state_.pins(), ElementsAre("user lock")) << "it may be another lock";
  run("SELECT RELEASE_ALL_LOCKS()");
  EXPECT_THAT(state_.pins(), IsEmpty());

  run("CREATE TEMPORARY TABLE t (a INT)", false);
  EXPECT_THAT(state_.pins(), IsEmpty());
  run("CREATE TEMPORARY TABLE t (a INT); SELECT nonsense", false);
  EXPECT_THAT(state_.pins(), ElementsAre("temporary table")) << "the first one may have run";
  state_.clear();
  EXPECT_THAT(state_.pins(), IsEmpty());
}

TEST_F(State, Draining) {
  run("LOCK TABLES t READ");
  EXPECT_THAT(state_.draining(), ElementsAre("table locks"));
  run("UNLOCK TABLES");
  run("SET TRANSACTION READ ONLY");
  EXPECT_THAT(state_.draining(), ElementsAre("SET TRANSACTION for the next transaction"));
  state_.on_status(mysql::status::kInTransaction, mysql::status::kInTransaction);
  EXPECT_FALSE(state_.draining().empty());
  state_.on_status(mysql::status::kInTransaction, 0);
  EXPECT_THAT(state_.draining(), IsEmpty());
}

TEST_F(State, NamesOnEitherServer) {
  EXPECT_EQ(variable_on(k97, "tx_isolation"), "transaction_isolation");
  EXPECT_EQ(variable_on(k56, "transaction_read_only"), "tx_read_only");
  EXPECT_EQ(variable_on(k97, "query_cache_type"), "");
  EXPECT_EQ(value_on(k56, "character_set_client", "utf8mb3"), "utf8");
  EXPECT_EQ(value_on(k56, "collation_connection", "utf8mb3_bin"), "utf8_bin");
  EXPECT_EQ(value_on(k56, "collation_connection", "utf8mb4_0900_ai_ci"), "utf8mb4_general_ci");
  EXPECT_EQ(value_on(k97, "collation_connection", "utf8_general_ci"), "utf8mb3_general_ci");
  EXPECT_EQ(value_on(k97, "collation_connection", "utf8mb4_bin"), "utf8mb4_bin");
}

}  // namespace
}  // namespace flyover::proxy
