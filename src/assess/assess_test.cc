// The pure parts of assess: grants and the report.

#include "assess/assess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "assess/grants.h"
#include "assess/registry.h"
#include "assess/report.h"
#include "assess/tryout.h"

namespace flyover::assess {
namespace {

using ::testing::HasSubstr;

TEST(Selection, APatternThatMatchesNothingIsNoticed) {
  schema::Catalog catalog;
  catalog.tables.emplace_back().name = {"shop", "orders"};
  EXPECT_EQ(patterns_without_tables({.include = {"shop.*", "shop.odrers", "wiki"}}, catalog),
            (std::vector<std::string>{"shop.odrers", "wiki"}));
  EXPECT_TRUE(patterns_without_tables({}, catalog).empty());
}

TEST(GrantPattern, HasItsOwnWildcards) {
  EXPECT_TRUE(matches_grant_pattern("shop\\_%", "shop_eu"));
  EXPECT_FALSE(matches_grant_pattern("shop\\_%", "shopXeu"));
  EXPECT_TRUE(matches_grant_pattern("shop_eu", "shopXeu"));
  EXPECT_FALSE(matches_grant_pattern("shop", "shop2"));
  EXPECT_EQ(grant_pattern_of("a_b%"), "a\\_b\\%");
}

TEST(Grants, ReadsBothVersions) {
  Grants grants;
  grants.add(
      "GRANT SELECT, REPLICATION SLAVE ON *.* TO 'f'@'%' IDENTIFIED BY PASSWORD '*AB' WITH "
      "GRANT OPTION");
  grants.add("GRANT ALL PRIVILEGES ON `shop\\_%`.* TO 'f'@'%'");
  grants.add("GRANT SET_ANY_DEFINER,SYSTEM_USER ON *.* TO `f`@`%`");
  grants.add("GRANT `role`@`%` TO `f`@`%`");
  grants.add("GRANT INSERT ON `other`.`one_table` TO `f`@`%`");
  grants.add("GRANT UPDATE (`a`) ON `other`.`one_table` TO `f`@`%`");
  grants.add("REVOKE SELECT ON `secret`.* FROM `f`@`%`");
  EXPECT_TRUE(grants.has_global("REPLICATION SLAVE"));
  EXPECT_TRUE(grants.has_global("SET_ANY_DEFINER"));
  EXPECT_FALSE(grants.has_global("INSERT"));
  EXPECT_TRUE(grants.has("SELECT", "any"));
  EXPECT_FALSE(grants.has("SELECT", "secret"));
  EXPECT_TRUE(grants.has("DROP", "shop_eu"));
  EXPECT_FALSE(grants.has("DROP", "shop"));
  EXPECT_FALSE(grants.has("INSERT", "other"));
}

TEST(Grants, AllIsEverything) {
  Grants grants;
  grants.add("GRANT ALL PRIVILEGES ON *.* TO 'root'@'%'");
  EXPECT_TRUE(grants.has_global("SUPER"));
  EXPECT_TRUE(grants.has("TRIGGER", "any"));
}

TEST(Report, PutsBlockersFirst) {
  Report report;
  report.checks_run = {"a", "b"};
  report.findings = {{Severity::notice, "a", "source", "it is so", ""},
                     {Severity::blocker, "b", "table s.t", "first\nsecond", "ALTER"}};
  EXPECT_TRUE(report.has_blockers());
  const std::string text = report.text();
  EXPECT_LT(text.find("table s.t"), text.find("source"));
  EXPECT_THAT(text, HasSubstr("fix:     ALTER"));
  EXPECT_THAT(text, HasSubstr("2 checks: 1 blockers, 0 warnings, 1 notices"));
  const auto json = nlohmann::json::parse(report.json());
  EXPECT_EQ(json["blockers"], 1);
  EXPECT_EQ(json["findings"][0]["severity"], "blocker");
  EXPECT_EQ(json["findings"][0]["fix"], "ALTER");
}

TEST(Report, SurvivesBytesThatAreNoText) {
  Report report;
  report.findings = {{Severity::blocker, "proof", "\xff", "\xe9", ""}};
  EXPECT_NO_THROW(nlohmann::json::parse(report.json()));
}

schema::Table table_of(const std::string& name, const std::string& data_type = "int") {
  schema::Column id{.name = "id", .data_type = data_type, .column_type = data_type};
  return {.name = {"shop", name}, .engine = "InnoDB", .columns = {id}};
}

TEST(Tryout, TemporaryTablesTellButForOneOfEachSchema) {
  schema::Catalog catalog;
  catalog.tables = {table_of("a1"), table_of("a2"),        table_of("other", "bigint"),
                    table_of("a3"), table_of("caf\u00e9"), table_of("A1")};
  EXPECT_EQ(temporary_tells(catalog), (std::vector{false, true, true, true, false, false}));
  catalog.tables[3].name.schema = "wiki";
  EXPECT_FALSE(temporary_tells(catalog)[3]);
  catalog.tables[2].checks = {{.name = "positive", .expression = "id > 0"}};
  EXPECT_FALSE(temporary_tells(catalog)[2]) << "names of constraints are the schema's";
  catalog.tables[2] = table_of("other");
  EXPECT_TRUE(temporary_tells(catalog)[2]);
  catalog.tables[2].indexes = {{.name = "words", .kind = schema::IndexKind::fulltext}};
  EXPECT_FALSE(temporary_tells(catalog)[2]);
  catalog.tables[1].create_options = "row_format=COMPRESSED KEY_BLOCK_SIZE=8";
  EXPECT_FALSE(temporary_tells(catalog)[1]);
}

TEST(Tryout, WhatOthersNeedByNameIsNoTemporaryTable) {
  schema::Catalog catalog;
  catalog.tables = {table_of("first"),   table_of("parent"),    table_of("child"),
                    table_of("watched"), table_of("triggered"), table_of("b")};
  catalog.tables[2].foreign_keys = {{.name = "fk", .parent = {"shop", "parent"}}};
  catalog.views.emplace_back().definition = "select `id` from `shop`.`Watched`";
  schema::Program trigger{.kind = schema::ProgramKind::trigger, .name = {"shop", "t"}};
  trigger.table = "triggered";
  catalog.programs.push_back(trigger);
  EXPECT_EQ(temporary_tells(catalog), (std::vector{false, false, false, false, false, true}));
}

TEST(Registry, HasDistinctIds) {
  std::set<std::string_view> ids;
  for (const Check& check : all_checks()) {
    EXPECT_TRUE(ids.insert(check.id).second) << check.id;
    EXPECT_FALSE(check.title.empty());
  }
}

}  // namespace
}  // namespace flyover::assess
