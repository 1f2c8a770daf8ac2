#include "apply/conflict_keys.h"

#include <gtest/gtest.h>

#include "apply/test_rows.h"

namespace flyover::apply {
namespace {

using test::column;
using test::foreign_key;
using test::index;
using test::n;
using test::null;
using test::s;
using test::transaction;

schema::Table users(std::string collation = "utf8_general_ci") {
  schema::Column name = column("name", "varchar", schema::ValueKind::text);
  name.charset = "utf8";
  name.collation = std::move(collation);
  return {.name = {"shop", "users"},
          .columns = {column("id", "int", schema::ValueKind::integer), name,
                      column("price", "decimal", schema::ValueKind::decimal)},
          .indexes = {index("PRIMARY", schema::IndexKind::primary, {"id"}),
                      index("name", schema::IndexKind::unique, {"name"})}};
}

ConflictKeys insert_user(const PlanSet& plans, int id, binlog::Value name) {
  return conflict_keys(transaction(1, test::insert({"shop", "users"}, {{n(id), name, s("1")}})),
                       plans);
}

TEST(ConflictKeys, RowsOfDifferentKeysAreFree) {
  const PlanSet plans({users()}, {}, false);
  EXPECT_FALSE(conflict(insert_user(plans, 1, s("ann")), insert_user(plans, 2, s("bob"))));
  EXPECT_TRUE(conflict(insert_user(plans, 1, s("ann")), insert_user(plans, 1, s("bob"))));
}

TEST(ConflictKeys, BothImagesOfEveryUniqueKeyCount) {
  const PlanSet plans({users()}, {}, false);
  const auto renamed =
      conflict_keys(transaction(1, test::update({"shop", "users"}, {{n(1), s("ann"), s("1")}},
                                                {{n(1), s("eve"), s("1")}})),
                    plans);
  EXPECT_TRUE(conflict(renamed, insert_user(plans, 2, s("ann"))));
  EXPECT_TRUE(conflict(renamed, insert_user(plans, 3, s("eve"))));
  EXPECT_FALSE(conflict(renamed, insert_user(plans, 4, s("bob"))));
}

TEST(ConflictKeys, NullInAUniqueKeyCollidesWithNothing) {
  const PlanSet plans({users()}, {}, false);
  EXPECT_FALSE(conflict(insert_user(plans, 1, null()), insert_user(plans, 2, null())));
}

TEST(ConflictKeys, TextEqualByCollationConflicts) {
  const PlanSet plans({users()}, {}, false);
  const auto ann = insert_user(plans, 1, s("ann"));
  for (const char* equal : {"ANN", "Ann ", "ann   "}) {
    EXPECT_TRUE(conflict(ann, insert_user(plans, 2, s(equal)))) << equal;
  }
  // é = e in this collation, so anything that is not ASCII may equal anything.
  EXPECT_TRUE(conflict(ann, insert_user(plans, 2, s("\xc3\xa1nn"))));
  EXPECT_TRUE(conflict(insert_user(plans, 3, s("\xc3\xa9")), insert_user(plans, 2, s("\xc3\xa8"))));
  EXPECT_TRUE(conflict(ann, insert_user(plans, 2, s(std::string_view("ann\x01", 4)))));
}

TEST(ConflictKeys, BinaryCollationsCompareBytesButNotPadding) {
  const PlanSet plans({users("utf8_bin")}, {}, false);
  const auto ann = insert_user(plans, 1, s("ann"));
  EXPECT_FALSE(conflict(ann, insert_user(plans, 2, s("ANN"))));
  EXPECT_FALSE(conflict(ann, insert_user(plans, 2, s("\xc3\xa1nn"))));
  EXPECT_TRUE(conflict(ann, insert_user(plans, 2, s("ann "))));
}

TEST(ConflictKeys, TailoredCollationsAreOneToken) {
  // i = y in Lithuanian.
  const PlanSet plans({users("utf8_lithuanian_ci")}, {}, false);
  EXPECT_TRUE(conflict(insert_user(plans, 1, s("i")), insert_user(plans, 2, s("y"))));
  schema::Table wide = users("ucs2_general_ci");
  wide.columns[1].charset = "ucs2";
  const PlanSet ucs2({wide}, {}, false);
  EXPECT_TRUE(conflict(insert_user(ucs2, 1, s("0A")), insert_user(ucs2, 2, s("0B"))));
}

TEST(ConflictKeys, PrefixKeysCompareThePrefix) {
  schema::Table table = users();
  table.indexes[1].parts[0].prefix = 3;
  const PlanSet plans({table}, {}, false);
  EXPECT_TRUE(conflict(insert_user(plans, 1, s("abcdef")), insert_user(plans, 2, s("ABCxyz"))));
  EXPECT_TRUE(conflict(insert_user(plans, 1, s("ab")), insert_user(plans, 2, s("ab  z"))));
  EXPECT_FALSE(conflict(insert_user(plans, 1, s("abd")), insert_user(plans, 2, s("abc"))));
}

TEST(ConflictKeys, DecimalAndFloatKeys) {
  schema::Table table = users();
  table.indexes[1] = index("price", schema::IndexKind::unique, {"price"});
  const auto with_price = [](const PlanSet& plans, int id, binlog::Value price) {
    return conflict_keys(transaction(1, test::insert({"shop", "users"}, {{n(id), s("x"), price}})),
                         plans);
  };
  const PlanSet decimal({table}, {}, false);
  EXPECT_TRUE(conflict(with_price(decimal, 1, s("01.50")), with_price(decimal, 2, s("1.5"))));
  EXPECT_FALSE(conflict(with_price(decimal, 1, s("1.5")), with_price(decimal, 2, s("1.6"))));
  table.columns[2] = column("price", "double", schema::ValueKind::double_kind);
  const PlanSet floating({table}, {}, false);
  EXPECT_TRUE(conflict(with_price(floating, 1, test::f(1)), with_price(floating, 2, test::f(2))));
}

TEST(ConflictKeys, WithoutAKeyTheTableKeepsItsOrder) {
  schema::Table table = users();
  table.indexes.clear();
  const PlanSet plans({table}, {}, false);
  EXPECT_TRUE(conflict(insert_user(plans, 1, s("a")), insert_user(plans, 2, s("b"))));
}

TEST(ConflictKeys, CanonicalDecimal) {
  EXPECT_EQ(canonical_decimal("007.50"), "7.5");
  EXPECT_EQ(canonical_decimal("-0.00"), "0");
  EXPECT_EQ(canonical_decimal("100"), "100");
  EXPECT_EQ(canonical_decimal("-0.10"), "-0.1");
  EXPECT_EQ(canonical_decimal("0"), "0");
}

class ForeignKeys : public testing::Test {
 protected:
  static schema::Table table(std::string name, std::vector<schema::ForeignKey> keys) {
    return {.name = {"shop", std::move(name)},
            .columns = {column("id", "int", schema::ValueKind::integer),
                        column("parent", "int", schema::ValueKind::integer),
                        column("x", "int", schema::ValueKind::integer)},
            .indexes = {index("PRIMARY", schema::IndexKind::primary, {"id"})},
            .foreign_keys = std::move(keys)};
  }
  static ConflictKeys insert(const PlanSet& plans, const char* name, int id, int parent) {
    return conflict_keys(transaction(1, test::insert({"shop", name}, {{n(id), n(parent), n(0)}})),
                         plans);
  }
  static ConflictKeys remove(const PlanSet& plans, const char* name, int id, int parent) {
    return conflict_keys(transaction(1, test::remove({"shop", name}, {{n(id), n(parent), n(0)}})),
                         plans);
  }
  static ConflictKeys update(const PlanSet& plans, const char* name, int id, int parent) {
    return conflict_keys(transaction(1, test::update({"shop", name}, {{n(id), n(parent), n(0)}},
                                                     {{n(id), n(parent), n(1)}})),
                         plans);
  }
};

TEST_F(ForeignKeys, ChildrenShareTheirParent) {
  const PlanSet plans(
      {table("p", {}), table("c", {foreign_key({"parent"}, {"shop", "p"}, {"id"})})}, {}, false);
  EXPECT_TRUE(conflict(insert(plans, "p", 1, 0), insert(plans, "c", 7, 1)));
  EXPECT_TRUE(conflict(remove(plans, "c", 7, 1), remove(plans, "p", 1, 0)));
  EXPECT_FALSE(conflict(insert(plans, "c", 7, 1), insert(plans, "c", 8, 1)));
  EXPECT_FALSE(conflict(insert(plans, "p", 2, 0), insert(plans, "c", 7, 1)));
  // The parent's other columns do not matter to the child.
  EXPECT_FALSE(conflict(update(plans, "p", 1, 0), insert(plans, "c", 7, 1)));
}

TEST_F(ForeignKeys, ACascadeExcludesTheWholeComponent) {
  const PlanSet plans(
      {table("p", {}), table("c", {foreign_key({"parent"}, {"shop", "p"}, {"id"}, "CASCADE")}),
       table("g", {foreign_key({"parent"}, {"shop", "c"}, {"id"}, "CASCADE")}), table("other", {})},
      {}, false);
  // Two levels below, and a child whose key a cascaded row gave free.
  EXPECT_TRUE(conflict(update(plans, "g", 100, 50), remove(plans, "p", 1, 0)));
  EXPECT_TRUE(conflict(remove(plans, "p", 1, 0), insert(plans, "c", 50, 2)));
  EXPECT_FALSE(conflict(insert(plans, "g", 100, 50), insert(plans, "c", 51, 2)));
  EXPECT_FALSE(conflict(remove(plans, "p", 1, 0), insert(plans, "other", 1, 0)));
  EXPECT_TRUE(plans.find({"shop", "g"})->cascade_ancestors[0]);
}

TEST_F(ForeignKeys, DoNotMatterWhenTheSourceLogsCascades) {
  const PlanSet plans(
      {table("p", {}), table("c", {foreign_key({"parent"}, {"shop", "p"}, {"id"}, "CASCADE")})}, {},
      true);
  EXPECT_FALSE(conflict(remove(plans, "p", 1, 0), insert(plans, "c", 50, 1)));
}

TEST(ConflictKeys, PartsWindowsStatementsAndThinImagesAreSerial) {
  const mysql::TableName name{"shop", "users"};
  const std::map<mysql::TableName, TableCut> cuts{
      {name, {.skip_until = {"b.1", 100}, .idempotent_until = {"b.1", 200}}}};
  const PlanSet plans({users()}, cuts, false);
  const auto at = [&](std::uint64_t end) {
    return conflict_keys(transaction(end, test::insert(name, {{n(1), s("a"), s("1")}})), plans);
  };
  EXPECT_TRUE(at(100).keys.empty());
  EXPECT_FALSE(at(100).serial);
  EXPECT_TRUE(at(101).serial);
  EXPECT_TRUE(at(200).serial);
  EXPECT_FALSE(at(201).serial);
  EXPECT_FALSE(at(201).keys.empty());

  const PlanSet suspended(
      {users()}, {{name, {.skip_until = {"b.1", 100}, .suspended = true, .suspended_why = "x"}}},
      false);
  const auto dropped =
      conflict_keys(transaction(300, test::insert(name, {{n(1), s("a"), s("1")}})), suspended);
  EXPECT_FALSE(dropped.serial);
  EXPECT_TRUE(dropped.keys.empty());

  binlog::Transaction part = transaction(300, test::insert(name, {{n(1), s("a"), s("1")}}));
  part.last = false;
  EXPECT_TRUE(conflict_keys(part, plans).serial);
  const auto thin = transaction(300, test::remove(name, {{n(1), test::absent(), test::absent()}}));
  EXPECT_TRUE(conflict_keys(thin, plans).serial);
  const auto thin_update =
      transaction(300, test::update(name, {{n(1), test::absent(), test::absent()}},
                                    {{test::absent(), test::absent(), s("2")}}));
  EXPECT_FALSE(conflict_keys(thin_update, plans).serial);
  EXPECT_TRUE(conflict(conflict_keys(thin_update, plans), at(300)));
}

}  // namespace
}  // namespace flyover::apply
