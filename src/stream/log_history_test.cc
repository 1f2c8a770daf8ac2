#include "stream/log_history.h"

#include <gtest/gtest.h>

namespace flyover::stream {
namespace {

const db::Endpoint kSource{.side = base::Side::source, .host = "db", .port = 3306};

TEST(LogHistory, LearnsOnceAndThenKnows) {
  LogHistory history;
  EXPECT_FALSE(learn_server(history, "a", kSource));
  EXPECT_FALSE(learn_server(history, "a", kSource));
  EXPECT_FALSE(learn_file(history, "binlog.000001", 100, kSource));
  EXPECT_FALSE(learn_file(history, "binlog.000002", 200, kSource));
  EXPECT_FALSE(learn_file(history, "binlog.000001", 100, kSource));
  EXPECT_EQ(history.begun_s.size(), 2U);
}

TEST(LogHistory, AnotherServerOrFileIsAnError) {
  LogHistory history{.server_uuid = "a", .begun_s = {{"binlog.000001", 100}}};
  const auto server = learn_server(history, "b", kSource);
  ASSERT_TRUE(server);
  EXPECT_EQ(server->code, "source.other_server");
  EXPECT_EQ(server->action, base::Action::fail);
  const auto file = learn_file(history, "binlog.000001", 160, kSource);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->code, "source.log_reset");
  EXPECT_NE(file->message.find("1970-01-01 00:01:40 UTC"), std::string::npos) << file->message;
  // What was known stays.
  EXPECT_EQ(history, (LogHistory{.server_uuid = "a", .begun_s = {{"binlog.000001", 100}}}));
}

}  // namespace
}  // namespace flyover::stream
