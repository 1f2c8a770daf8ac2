#include "migration/index_builder.h"

#include <gtest/gtest.h>

namespace flyover::migration {
namespace {

schema::Table table_with(std::vector<schema::Index> indexes) {
  schema::Table table;
  table.name = {"shop", "item"};
  table.data_bytes = 16 << 10;
  table.indexes = std::move(indexes);
  return table;
}

schema::Index index(const std::string& name, schema::IndexKind kind) {
  return {.name = name, .kind = kind, .parts = {{.column = "a"}}};
}

const schema::Index kPrimary = index("PRIMARY", schema::IndexKind::primary);
const schema::Index kUnique = index("u", schema::IndexKind::unique);
const schema::Index kPlain = index("p", schema::IndexKind::plain);
const schema::Index kFulltext = index("f", schema::IndexKind::fulltext);

TEST(IsMadeWhole, OnlySmallTablesWithoutIndexesThatAreBuiltBehindTheRows) {
  EXPECT_TRUE(is_made_whole(table_with({kPrimary, kUnique, kPlain})));
  EXPECT_FALSE(is_made_whole(table_with({kPrimary, kFulltext})));
  EXPECT_FALSE(is_made_whole(table_with({index("s", schema::IndexKind::spatial)})));
  schema::Table large = table_with({kPrimary, kPlain});
  large.data_bytes = 2 << 20;
  EXPECT_FALSE(is_made_whole(large));
}

TEST(MissingPart, IsWhatTheTargetLacksAndTheKey) {
  const schema::Table missing =
      missing_part(table_with({kPrimary, kUnique, kPlain}), table_with({kPrimary, kPlain}));
  ASSERT_EQ(missing.indexes.size(), 2U);
  EXPECT_EQ(missing.indexes[0].name, "PRIMARY");
  EXPECT_EQ(missing.indexes[1].name, "u");
}

TEST(MissingPart, NothingIsMissingOfATableThatWasMadeWhole) {
  const schema::Table whole = table_with({kPrimary, kUnique});
  EXPECT_EQ(missing_part(whole, whole).indexes.size(), 1U);
}

}  // namespace
}  // namespace flyover::migration
