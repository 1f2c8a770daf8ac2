#include <gtest/gtest.h>

#include "mysql/identifier.h"
#include "mysql/position.h"
#include "mysql/version.h"

namespace flyover::mysql {
namespace {

TEST(BinlogPosition, ComparesFilesByNumber) {
  const BinlogPosition before{"binlog.999999", 900};
  const BinlogPosition after{"binlog.1000000", 4};
  EXPECT_LT(before, after);
  EXPECT_LT((BinlogPosition{"binlog.1000000", 4}), (BinlogPosition{"binlog.1000000", 5}));
  EXPECT_EQ(after.to_string(), "binlog.1000000:4");
}

TEST(Version, ReadsWhatServersAnswer) {
  EXPECT_EQ(Version::parse("5.6.24-log").to_string(), "5.6.24");
  EXPECT_TRUE(Version::parse("26.10.1.2").at_least(9, 7));
  EXPECT_FALSE(Version::parse("8.0.36-0ubuntu0").at_least(8, 4));
  EXPECT_TRUE(Version::parse("10.11.6-MariaDB-log").mariadb);
}

TEST(Identifier, Quotes) {
  EXPECT_EQ(quote_name("a`b"), "`a``b`");
  EXPECT_EQ(quote_bytes(std::string_view("a'\\\0\n", 5)), "'a\\'\\\\\\0\\n'");
  EXPECT_EQ(hex_literal("\x01\xff"), "0x01ff");
  EXPECT_EQ((TableName{"s", "t"}).quoted(), "`s`.`t`");
}

}  // namespace
}  // namespace flyover::mysql
