// Bytes that change between the server and the stream: a relay on the loopback changes one.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "integration/servers.h"
#include "stream/binlog_stream.h"
#include "stream/marker.h"

namespace flyover::stream {
namespace {

using namespace std::chrono_literals;
using binlog::RowsChange;

constexpr char kBefore[] = "change the next byte:";

/// Passes connections on to a server. In what the server says the byte behind kBefore is changed,
/// at most `times` times.
class Relay {
 public:
  Relay(const db::Endpoint& server, int times) : server_(server), times_(times) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { accept_all(stop); });
  }
  ~Relay() {
    thread_.request_stop();
    thread_.join();
    connections_.clear();
    close(listener_);
  }

  db::Endpoint endpoint() const {
    db::Endpoint through = server_;
    through.host = "127.0.0.1";
    through.port = port_;
    through.tls = db::TlsMode::disabled;
    return through;
  }
  int changed() const { return changed_; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  static bool readable(int socket) {
    pollfd wait{.fd = socket, .events = POLLIN, .revents = 0};
    return poll(&wait, 1, 50) > 0;
  }

  static bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void accept_all(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!readable(listener_)) continue;
      const int client = accept(listener_, nullptr, nullptr);
      const int server = socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address = loopback(server_.port);
      if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ADD_FAILURE() << "the relay does not reach the server";
      }
      connections_.emplace_back(
          [this, client, server](std::stop_token end) { pass(client, server, end); });
    }
  }

  void pass(int client, int server, const std::stop_token& stop) {
    std::string seen;
    char buffer[16384];
    while (!stop.stop_requested()) {
      pollfd wait[2] = {{.fd = client, .events = POLLIN, .revents = 0},
                        {.fd = server, .events = POLLIN, .revents = 0}};
      if (poll(wait, 2, 50) <= 0) continue;
      const bool from_server = wait[0].revents == 0;
      const ssize_t size = recv(from_server ? server : client, buffer, sizeof buffer, 0);
      if (size <= 0) break;
      std::string bytes(buffer, static_cast<std::size_t>(size));
      if (from_server) change(seen, bytes);
      if (!send_all(from_server ? client : server, bytes)) break;
    }
    close(client);
    close(server);
  }

  // `seen`: the end of what came before.
  void change(std::string& seen, std::string& bytes) {
    const std::string both = seen + bytes;
    const std::size_t at = both.find(kBefore);
    const std::size_t target = at + sizeof kBefore - 1;
    if (at != std::string::npos && target < both.size() && changed_ < times_) {
      bytes[target - seen.size()] = static_cast<char>(bytes[target - seen.size()] ^ 0x10);
      ++changed_;
    }
    seen = both.substr(both.size() - std::min(both.size(), sizeof kBefore - 1));
  }

  const db::Endpoint server_;
  const int times_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> changed_ = 0;
  std::vector<std::jthread> connections_;
  std::jthread thread_;
};

/// The rows of table damage.t of one side, streamed through a relay.
class Damaged {
 public:
  Damaged(base::Side side, int times)
      : writer_(db::Connection::open(integration::root_endpoint(side))),
        relay_(integration::endpoint(side), times) {
    writer_.execute("DROP DATABASE IF EXISTS damage");
    writer_.execute("CREATE DATABASE damage");
    writer_.execute("CREATE TABLE damage.t (id INT PRIMARY KEY, v VARCHAR(100)) ENGINE=InnoDB");
    table_.name = {"damage", "t"};
    table_.engine = "InnoDB";
    table_.columns = {{.name = "id", .data_type = "int", .column_type = "int"},
                      {.name = "v",
                       .data_type = "varchar",
                       .column_type = "varchar(100)",
                       .max_length_bytes = 400}};
    start_ = current_position(writer_);
    for (int id = 1; id <= 3; ++id) {
      writer_.execute(
          fmt::format("INSERT INTO damage.t VALUES ({}, '{}x')", id, id == 2 ? kBefore : "plain "));
    }
  }

  /// The text of the rows that arrive until there are `count` or the stream ends.
  std::vector<std::string> read(std::size_t count) {
    BinlogStream::Queue queue(1 << 20);
    BinlogStream stream({.endpoint = relay_.endpoint(),
                         .start = start_,
                         .filter = [this](const mysql::TableName& name) -> const schema::Table* {
                           return name == table_.name ? &table_ : nullptr;
                         }},
                        queue);
    std::jthread thread([&](std::stop_token stop) {
      try {
        stream.run(stop);
      } catch (const base::ErrorException& e) {
        error = e.error();
      }
      queue.close();
    });
    std::vector<std::string> texts;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (texts.size() < count && std::chrono::steady_clock::now() < deadline) {
      const auto transaction = queue.pop_for(100ms, {});
      if (!transaction && queue.finished()) break;
      if (!transaction) continue;
      for (const binlog::Change& change : transaction->changes) {
        texts.emplace_back(std::get<RowsChange>(change).after(0)[1].bytes);
      }
    }
    thread.request_stop();
    thread.join();
    return texts;
  }
  int changed() const { return relay_.changed(); }

  std::optional<base::Error> error;

 private:
  db::Connection writer_;
  Relay relay_;
  schema::Table table_;
  mysql::BinlogPosition start_;
};

class Damage : public testing::TestWithParam<base::Side> {};

TEST_P(Damage, OnTheWayIsReadAgain) {
  Damaged damaged(GetParam(), 2);
  EXPECT_EQ(damaged.read(3),
            (std::vector<std::string>{"plain x", std::string(kBefore) + "x", "plain x"}));
  EXPECT_EQ(damaged.changed(), 2);
  EXPECT_FALSE(damaged.error) << damaged.error->text();
}

TEST_P(Damage, ThatStaysEndsTheStream) {
  Damaged damaged(GetParam(), 1000);
  EXPECT_EQ(damaged.read(3), (std::vector<std::string>{"plain x"}));
  EXPECT_EQ(damaged.changed(), 3);
  ASSERT_TRUE(damaged.error);
  EXPECT_EQ(damaged.error->code, "binlog.checksum_mismatch");
  EXPECT_EQ(damaged.error->action, base::Action::fail);
  EXPECT_EQ(damaged.error->side, GetParam());
  const std::string& message = damaged.error->message;
  EXPECT_NE(message.find("checksum of a write_rows event"), std::string::npos) << message;
  EXPECT_NE(message.find("binlog.0"), std::string::npos) << message;
  EXPECT_NE(message.find("read 3 times"), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(BothServers, Damage,
                         testing::Values(base::Side::source, base::Side::target),
                         [](const auto& i) {
                           return i.param == base::Side::source ? "From56" : "From97";
                         });

}  // namespace
}  // namespace flyover::stream
