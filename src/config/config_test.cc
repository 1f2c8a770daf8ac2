#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "base/error.h"
#include "config/options.h"

namespace flyover::config {
namespace {

using testing::HasSubstr;

constexpr const char* kGood = R"(name = "shop"
state_dir = "state/shop"
[source]
host = "127.0.0.1"
port = 3306
user = "flyover"
password = { env = "CONFIG_TEST_PASSWORD" }
[target]
host = "127.0.0.1"
port = 3307
user = "flyover"
password = "plain"
[tables]
include = ["shop.*"]
[[proxy.users]]
name = "app"
password = { file = "app.password" }
)";

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "/config_test";
    std::filesystem::create_directories(dir_);
    std::ofstream(dir_ / "app.password") << "app-secret\n";
    setenv("CONFIG_TEST_PASSWORD", "source-secret", 1);  // NOLINT(concurrency-mt-unsafe)
  }
  Config read(const std::string& text) {
    std::ofstream(dir_ / "upgrade.toml") << text;
    return load(dir_ / "upgrade.toml");
  }
  std::string error_of(const std::string& text) {
    try {
      read(text);
    } catch (const base::ErrorException& e) {
      EXPECT_EQ(e.error().code, "config.invalid");
      return e.what();
    }
    return "no error";
  }
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  }
  std::filesystem::path dir_;
};

TEST_F(ConfigTest, ReadsAFileWithDefaultsAndSecrets) {
  const Config config = read(kGood);
  EXPECT_EQ(config.name, "shop");
  EXPECT_EQ(config.state_dir, dir_ / "state/shop");
  EXPECT_EQ(config.source.password.reveal(), "source-secret");
  EXPECT_EQ(config.target.password.reveal(), "plain");
  EXPECT_EQ(config.target.tls, "preferred");
  EXPECT_EQ(config.proxy_listen, "127.0.0.1:6033");
  ASSERT_EQ(config.proxy_users.size(), 1U);
  EXPECT_EQ(config.proxy_users[0].password.reveal(), "app-secret");
  EXPECT_EQ(config.apply_workers, 4);
}

TEST_F(ConfigTest, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_THAT(error_of(replaced(kGood, "port = 3306", "prot = 3306")),
              AllOf(HasSubstr("upgrade.toml:5:"), HasSubstr("unknown key source.prot")));
  EXPECT_THAT(error_of(replaced(kGood, "port = 3306", "port = \"3306\"")),
              AllOf(HasSubstr("upgrade.toml:5:"), HasSubstr("an integer from 1 to 65535")));
  EXPECT_THAT(error_of(replaced(kGood, "CONFIG_TEST_PASSWORD", "NOT_SET_AT_ALL")),
              AllOf(HasSubstr("upgrade.toml:7:"), HasSubstr("NOT_SET_AT_ALL is not set")));
  EXPECT_THAT(error_of(replaced(kGood, "app.password", "missing.password")),
              HasSubstr("missing.password can not be read"));
  EXPECT_THAT(error_of(replaced(kGood, "[tables]", "[tabels]")), HasSubstr("unknown key tabels"));
  EXPECT_THAT(error_of(replaced(kGood, "user = \"flyover\"\n", "")),
              HasSubstr("source.user is missing"));
  EXPECT_THAT(error_of(replaced(kGood, "port = 3307", "tls = \"maybe\"")),
              HasSubstr("one of disabled, preferred"));
  EXPECT_THAT(error_of(replaced(kGood, "port = 3307", "port = 3306")),
              HasSubstr("the same server"));
  EXPECT_THAT(error_of(std::string(kGood) + "[proxy]\nlisten = \"here\"\n"),
              AllOf(HasSubstr("upgrade.toml:19:"), HasSubstr("proxy.listen must be host:port")));
  EXPECT_THAT(error_of("name = \n"), HasSubstr("upgrade.toml:1:"));
}

TEST_F(ConfigTest, AMissingFileIsNamed) {
  EXPECT_THROW(load(dir_ / "nowhere.toml"), base::ErrorException);
}

TEST(Options, EachIsDocumented) {
  for (const Option& option : options()) {
    EXPECT_FALSE(option.doc.empty()) << option.key;
    EXPECT_THAT(reference(), HasSubstr(option.key + " ("));
  }
}

}  // namespace
}  // namespace flyover::config
