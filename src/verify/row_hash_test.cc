#include "verify/row_hash.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "verify/result.h"
#include "verify/value_text.h"

namespace flyover::verify {
namespace {

using Fields = std::vector<std::optional<std::string>>;

Hash128 hash(const Fields& fields) {
  std::vector<db::Field> row(fields.begin(), fields.end());
  return RowHasher().hash(row);
}

TEST(RowHasher, TellsRowsApart) {
  const std::vector<Fields> rows = {{"ab", "c"},
                                    {"a", "bc"},
                                    {"", "abc"},
                                    {"abc", ""},
                                    {"abc", std::nullopt},
                                    {"abc"},
                                    {std::nullopt, "abc"},
                                    {std::nullopt},
                                    {""},
                                    {"", ""},
                                    {std::string(1, '\0')}};
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (const Fields& row : rows) {
    const Hash128 each = hash(row);
    seen.insert({each.low, each.high});
  }
  EXPECT_EQ(seen.size(), rows.size());
}

TEST(RowHasher, LongRowsFeelEveryBitAndTheirBorders) {
  std::string text(200'000, 'x');
  const Hash128 before = hash({text, "y"});
  EXPECT_EQ(before, hash({text, "y"}));
  for (const std::size_t at : {std::size_t{0}, std::size_t{65'535}, std::size_t{199'999}}) {
    text[at] ^= 1;
    EXPECT_NE(hash({text, "y"}), before);
    text[at] ^= 1;
  }
  EXPECT_NE(hash({text + "y", ""}), before);
}

TEST(RowHasher, ChosenFieldsOnly) {
  const std::vector<db::Field> row = {"a", std::nullopt, "b"};
  RowHasher hasher;
  const std::vector<std::size_t> positions = {2, 0};
  EXPECT_EQ(hasher.hash(row, positions), hash({"b", "a"}));
  EXPECT_EQ(hasher.last_bytes(), 2U);
}

TEST(Digest, IsASumThatCarries) {
  Hash128 sum{~std::uint64_t{0}, 1};
  sum += {1, 0};
  EXPECT_EQ(sum, (Hash128{0, 2}));
  Digest once;
  once.add({5, 6}, 10);
  Digest twice = once;
  twice.add({5, 6}, 10);
  EXPECT_FALSE(once.same_rows(twice));
  Digest nothing;
  EXPECT_FALSE(nothing.same_rows(twice));  // A row that is there twice does not cancel itself.
}

TEST(Digest, DoesNotDependOnOrder) {
  rc::check([](std::vector<std::string> texts) {
    Digest forward;
    for (const std::string& text : texts) forward.add(hash({text}), text.size());
    std::reverse(texts.begin(), texts.end());
    Digest backward;
    for (const std::string& text : texts) backward.add(hash({text}), text.size());
    RC_ASSERT(forward.same_rows(backward));
  });
}

TEST(ValueText, ShowsWhereValuesDiffer) {
  EXPECT_EQ(value_text(std::nullopt), "NULL");
  EXPECT_EQ(value_text("abc"), "'abc'");
  EXPECT_EQ(value_text(std::string_view("\0\xff", 2)), "0x00ff");
  const std::string a = std::string(1000, 'a');
  std::string b = a;
  b[500] = 'b';
  EXPECT_EQ(first_difference(a, b), 500U);
  EXPECT_EQ(value_text(b, 500), "'aaaaaaaab" + std::string(39, 'a') + "' (from byte 492 of 1000)");
  EXPECT_EQ(first_difference("ab", "abc"), 2U);
}

TEST(Report, NothingComparedIsNotEqual) {
  Report report;
  EXPECT_FALSE(report.equal());
  report.tables.push_back({.state = ValidationState::validated});
  EXPECT_TRUE(report.equal());
  report.tables.push_back({.state = ValidationState::pending_revalidation});
  EXPECT_FALSE(report.equal());
}

}  // namespace
}  // namespace flyover::verify
