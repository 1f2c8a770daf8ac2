#include "migration/snapshot_groups.h"

#include <gmock/gmock.h>

namespace flyover::migration {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

mysql::TableName name(const std::string& table) {
  return {"shop", table};
}

schema::Table table(const std::string& of, const std::string& parent = "", bool keyed = true) {
  schema::Table out;
  out.name = name(of);
  out.engine = "InnoDB";
  out.columns.push_back({.name = "id", .data_type = "int", .kind = schema::ValueKind::integer});
  out.columns.back().nullable = false;
  if (keyed) {
    schema::Index primary{.name = "PRIMARY", .kind = schema::IndexKind::primary};
    primary.parts.push_back({.column = "id"});
    out.indexes.push_back(primary);
  }
  if (parent.empty()) return out;
  out.foreign_keys.push_back({.name = "fk",
                              .columns = {"id"},
                              .parent = name(parent),
                              .parent_columns = {"id"},
                              .on_delete = "CASCADE",
                              .on_update = "RESTRICT"});
  return out;
}

TEST(SnapshotGroups, LocksTablesWithoutAKeyAndWhereCascadesBegin) {
  const std::vector<schema::Table> tables = {table("p"),
                                             table("c", "p"),
                                             table("g", "c"),
                                             table("near"),
                                             table("near_child", "near"),
                                             table("bag", "", false)};
  EXPECT_THAT(tables_to_lock(tables, false), ElementsAre(name("p"), name("bag")));
  EXPECT_THAT(tables_to_lock(tables, true), ElementsAre(name("bag")));
}

TEST(SnapshotGroups, WhatIsTiedToATableThatBeginsAnewBeginsAnew) {
  const std::vector<schema::Table> tables = {table("p"), table("c", "p"), table("bag", "c", false),
                                             table("other"), table("alone", "", false)};
  TableCuts cuts;
  EXPECT_THAT(tables_to_load_anew(tables, cuts, {name("bag"), name("alone")}), IsEmpty());
  for (const schema::Table& one : tables) cuts[one.name] = {};
  EXPECT_THAT(tables_to_load_anew(tables, cuts, {name("bag"), name("alone")}),
              UnorderedElementsAre(name("p"), name("c"), name("bag"), name("alone")));
  EXPECT_THAT(tables_to_load_anew(tables, cuts, {name("alone")}), IsEmpty());
  EXPECT_THAT(tables_to_load_anew(tables, cuts, {}), IsEmpty());
}

}  // namespace
}  // namespace flyover::migration
