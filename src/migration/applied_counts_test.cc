#include "migration/applied_counts.h"

#include <gtest/gtest.h>

namespace flyover::migration {
namespace {

const mysql::TableName kItem{"shop", "it\"em é"};

apply::TableCounts counted(std::uint64_t inserts, std::uint64_t updates, std::uint64_t deletes) {
  return {.name = kItem, .inserts = inserts, .updates = updates, .deletes = deletes};
}

std::string sums(const AppliedCounts& counts, const AppliedCounts::Counted& running) {
  const apply::TableCounts all = counts.with(running).at(kItem);
  return std::to_string(all.inserts) + " " + std::to_string(all.updates) + " " +
         std::to_string(all.deletes);
}

TEST(AppliedCounts, GoOnOverLinksAndProcesses) {
  AppliedCounts counts = AppliedCounts::parse("");
  EXPECT_TRUE(counts.with({}).empty());
  EXPECT_EQ(sums(counts, {counted(1, 2, 3)}), "1 2 3");
  counts.add({counted(1, 2, 3)});
  counts.add_since({counted(1, 2, 3)}, {counted(2, 2, 4)});
  EXPECT_EQ(sums(counts, {}), "2 2 4");
  const AppliedCounts later = AppliedCounts::parse(counts.text({counted(10, 0, 0)}));
  EXPECT_EQ(sums(later, {counted(0, 0, 100)}), "12 2 104");
}

}  // namespace
}  // namespace flyover::migration
