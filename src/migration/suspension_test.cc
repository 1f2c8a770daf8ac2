#include "migration/suspension.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.h"

namespace flyover::migration {
namespace {

schema::Table table(const std::string& name, const std::vector<std::string>& parents = {}) {
  schema::Table out;
  out.name = {"shop", name};
  for (const std::string& parent : parents) {
    out.foreign_keys.push_back(
        {.name = "to_" + parent, .columns = {"p"}, .parent = {"shop", parent}});
  }
  return out;
}

TEST(Suspension, ReachesWhatForeignKeysTieToATableInBothDirections) {
  const std::vector<schema::Table> tables{table("a"), table("b", {"a"}), table("c", {"b"}),
                                          table("other"), table("d", {"elsewhere"})};
  TableCuts cuts;
  cuts[{"shop", "a"}].skip_until = {"bin.1", 7};
  EXPECT_TRUE(suspend(cuts, tables, {{"shop", "b"}}, "a statement"));
  const std::vector<mysql::TableName> expected{{"shop", "a"}, {"shop", "b"}, {"shop", "c"}};
  EXPECT_EQ(suspended_tables(cuts), expected);
  EXPECT_EQ((cuts[{"shop", "b"}].suspended_why), "a statement");
  EXPECT_EQ((cuts[{"shop", "a"}].suspended_why), "a foreign key ties it to shop.b");
  EXPECT_EQ((cuts[{"shop", "a"}].skip_until), (mysql::BinlogPosition{"bin.1", 7}));
  EXPECT_FALSE(suspend(cuts, tables, {{"shop", "a"}}, "again"));
  // A parent that is not migrated is nobody's business here.
  EXPECT_TRUE(suspend(cuts, tables, {{"shop", "d"}}, "x"));
  EXPECT_FALSE(cuts.contains({"shop", "elsewhere"}));
}

TEST(Suspension, AForeignKeyThatIsNewReachesFurther) {
  TableCuts cuts;
  suspend(cuts, {table("a"), table("b")}, {{"shop", "a"}}, "x");
  EXPECT_FALSE(close_over_foreign_keys(cuts, {table("a"), table("b")}));
  EXPECT_TRUE(close_over_foreign_keys(cuts, {table("a"), table("b", {"a"})}));
  EXPECT_TRUE((cuts[{"shop", "b"}].suspended));
}

TEST(Suspension, ACutIsExactBehindItsUncertainPart) {
  TableCuts cuts;
  cuts[{"shop", "a"}] = {.skip_until = {"bin.1", 7}, .idempotent_until = {"bin.2", 9}};
  schema::Table keyless = table("a");
  schema::Table keyed = keyless;
  keyed.columns = {{.name = "id", .data_type = "int", .nullable = false}};
  keyed.indexes = {{.name = "PRIMARY", .kind = schema::IndexKind::primary}};
  keyed.indexes[0].parts = {{.column = "id"}};
  TableCuts early = cuts;
  EXPECT_FALSE(settle(early, {"bin.2", 8}));
  EXPECT_FALSE(suspend_inexact(early, {keyed}));
  EXPECT_TRUE(suspend_inexact(early, {keyless}));
  EXPECT_TRUE((early[{"shop", "a"}].suspended));
  EXPECT_TRUE(settle(cuts, {"bin.2", 9}));
  EXPECT_EQ((cuts[{"shop", "a"}].skip_until), (mysql::BinlogPosition{"bin.2", 9}));
  EXPECT_FALSE(settle(cuts, {"bin.3", 1}));
  EXPECT_FALSE(suspend_inexact(cuts, {keyless}));
}

TEST(Suspension, SurvivesTheProcess) {
  const auto file =
      std::filesystem::temp_directory_path() / ("flyover-cuts-" + base::random_token() + ".db");
  TableCuts cuts;
  cuts[{"shop", "a"}] = {.skip_until = {"bin.1", 7}, .idempotent_until = {"bin.2", 9}};
  suspend(cuts, {}, {{"shop", "b"}}, "why \"it\" is so");
  // A statement that was cut within a character.
  suspend(cuts, {}, {{"shop", "c"}}, "VALUES ('\xd1");
  {
    store::StateStore state(file);
    record_cuts(state, cuts);
  }
  {
    store::StateStore state(file);
    const TableCuts read = recorded_cuts(state);
    EXPECT_EQ(suspended_tables(read), suspended_tables(cuts));
    EXPECT_EQ((read.at({"shop", "b"}).suspended_why), "why \"it\" is so");
    EXPECT_EQ((read.at({"shop", "c"}).suspended_why), "VALUES ('\xef\xbf\xbd");
    EXPECT_EQ((read.at({"shop", "a"}).idempotent_until), (mysql::BinlogPosition{"bin.2", 9}));
    EXPECT_FALSE((read.at({"shop", "a"}).suspended));
    // What an older process wrote has no such mark.
    state.set("link.cuts", R"([{"schema":"s","table":"t","skip_until":{"file":"b","offset":4},)"
                           R"("idempotent_until":{"file":"b","offset":4}}])");
    EXPECT_TRUE(suspended_tables(recorded_cuts(state)).empty());
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace flyover::migration
