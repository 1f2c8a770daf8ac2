#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "net/json_socket.h"
#include "net/route_file.h"

namespace flyover::net {
namespace {

using namespace std::chrono_literals;

class Net : public testing::Test {
 protected:
  Net() {
    std::string pattern = (std::filesystem::temp_directory_path() / "flyover-net-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~Net() override { std::filesystem::remove_all(directory_); }

  template <typename Function>
  std::string code_of(Function&& function) {
    try {
      function();
    } catch (const base::ErrorException& error) {
      return error.error().code;
    }
    return "no error";
  }

  std::filesystem::path directory_;
};

TEST_F(Net, RouteBeginsAtTheSource) {
  const RouteFile file(directory_);
  EXPECT_EQ(*file.read(), (Route{0, base::Side::source}));
  EXPECT_EQ(*file.compare_and_set(0, base::Side::target), (Route{1, base::Side::target}));
  EXPECT_EQ(*file.read(), (Route{1, base::Side::target}));
  const auto late = file.compare_and_set(0, base::Side::source);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, "route.conflict");
  EXPECT_EQ(*file.read(), (Route{1, base::Side::target}));
}

TEST_F(Net, RouteNeverGuesses) {
  std::ofstream(directory_ / "route.json") << "{\"epoch\":";
  EXPECT_EQ(RouteFile(directory_).read().error().code, "route.unreadable");
  EXPECT_EQ(RouteFile(directory_).compare_and_set(0, base::Side::target).error().code,
            "route.unreadable");
}

TEST_F(Net, OneOfManyFlipsWins) {
  std::atomic<int> won = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t epoch = 0; epoch < 5; ++epoch) {
        if (RouteFile(directory_).compare_and_set(epoch, base::Side::target)) ++won;
      }
    });
  }
  threads.clear();
  const auto route = RouteFile(directory_).read();
  EXPECT_EQ(static_cast<std::uint64_t>(won), route->epoch);
}

TEST_F(Net, JsonTextTakesAnyBytes) {
  const nlohmann::json value{{"message", "Cannot convert '\xa6'"}};
  EXPECT_EQ(json_text(value), "{\"message\":\"Cannot convert '\uFFFD'\"}");
}

TEST_F(Net, JsonCall) {
  const auto path = directory_ / "s.sock";
  EXPECT_EQ(code_of([&] { json_call(path, {{"op", "x"}}, 1s); }), "socket.nobody");
  JsonServer server(path, [](const nlohmann::json& request) -> nlohmann::json {
    if (request.value("op", "") == "fail") {
      base::throw_error({.code = "test.code", .action = base::Action::retry, .message = "no"});
    }
    if (request.value("op", "") == "sleep") std::this_thread::sleep_for(300ms);
    return {{"got", request}, {"bytes", std::string(100'000, 'x')}};
  });
  EXPECT_EQ(json_call(path, {{"op", "x"}}, 1s)["got"]["op"], "x");
  EXPECT_EQ(code_of([&] { json_call(path, {{"op", "fail"}}, 1s); }), "test.code");
  EXPECT_EQ(code_of([&] { json_call(path, {{"op", "sleep"}}, 20ms); }), "socket.timeout");
  EXPECT_EQ(code_of([&] { JsonServer(path, [](const auto& r) { return r; }); }), "socket.in_use");
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
}

TEST_F(Net, JsonServerTakesOverADeadSocketAndALongPath) {
  auto deep = directory_;
  for (int i = 0; i < 4; ++i) deep /= std::string(40, 'd');
  std::filesystem::create_directories(deep);
  const auto path = deep / "s.sock";
  std::ofstream(path) << "";
  std::vector<std::jthread> clients;
  std::atomic<int> answered = 0;
  {
    JsonServer server(path, [](const nlohmann::json& request) { return request; });
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        for (int n = 0; n < 20; ++n) {
          if (json_call(path, {{"n", n}}, 5s)["n"] == n) ++answered;
        }
      });
    }
    clients.clear();
  }
  EXPECT_EQ(answered, 160);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace flyover::net
