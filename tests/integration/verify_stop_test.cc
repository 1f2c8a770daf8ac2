// What an interrupted comparison has asked of a server does not go on there.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/task_group.h"
#include "db/session_name.h"
#include "mover_fixture.h"
#include "verify/verifier.h"

namespace flyover::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kWithin = 60s;

/// Polls; false when it does not come about in time.
template <typename Condition>
bool comes_about(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kWithin;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

class Interrupted : public MoverFixture {
 protected:
  /// How many sessions of flyover's account execute something with the text, but for `server`.
  static std::uint64_t executing(db::Connection& server, const std::string& text) {
    return count(server, fmt::format("information_schema.PROCESSLIST WHERE INFO LIKE '%{}%' AND "
                                     "ID <> CONNECTION_ID()",
                                     text));
  }

  static bool lives(db::Connection& server, std::uint64_t number) {
    return count(server, fmt::format("information_schema.PROCESSLIST WHERE ID = {}", number)) > 0;
  }
};

/// A COUNT(*) that takes ages.
struct LongCount {
  LongCount(base::Side side, const std::string& schema)
      : session(db::Connection::open(endpoint(side))),
        name(db::name_session(session)),
        number(session.thread_id()),
        thread([this, schema] {
          try {
            session.query(
                fmt::format("SELECT /* {} ages */ COUNT(*) FROM {}.k a, {}.k b, {}.k c, {}.k d, "
                            "{}.k e WHERE a.id + b.id + c.id + d.id < e.id",
                            schema, schema, schema, schema, schema, schema));
          } catch (const base::ErrorException& e) {
            lost = db::session_lost(e.error());
          }
        }) {}

  db::Connection session;
  std::string name;
  std::uint64_t number;
  bool lost = false;
  std::jthread thread;
};

TEST_F(Interrupted, SessionsAreEndedAndNoOthers) {
  both("CREATE TABLE k (id INT PRIMARY KEY)");
  std::string values;
  for (int i = 0; i < 500; ++i) values += fmt::format("{}({})", i == 0 ? "" : ",", i);
  both("INSERT INTO k VALUES " + values);
  for (const base::Side side : {base::Side::source, base::Side::target}) {
    db::Connection& server = side == base::Side::source ? source_ : target_;
    db::Connection unnamed = db::Connection::open(endpoint(side));
    db::Connection named = db::Connection::open(endpoint(side));
    const std::string other_name = db::name_session(named);
    LongCount ended(side, schema_);
    LongCount kept(side, schema_);
    ASSERT_TRUE(comes_about([&] { return executing(server, schema_ + " ages") == 2; }));
    ended.session.interrupt();
    kept.session.interrupt();
    ended.thread.join();
    kept.thread.join();
    EXPECT_TRUE(ended.lost && kept.lost);
    // The reason for all this: the server does not look after its client.
    EXPECT_EQ(executing(server, schema_ + " ages"), 2U);
    db::end_sessions(endpoint(side), {ended.name, "flyover.session.of nobody"});
    EXPECT_TRUE(comes_about([&] { return !lives(server, ended.number); }));
    EXPECT_TRUE(lives(server, kept.number));
    EXPECT_EQ(executing(server, schema_ + " ages"), 1U);
    db::end_sessions(endpoint(side), {ended.name, kept.name});
    EXPECT_TRUE(comes_about([&] { return executing(server, schema_ + " ages") == 0; }));
    EXPECT_TRUE(comes_about([&] { return !lives(server, kept.number); }));
    unnamed.ping();
    named.ping();
    db::end_sessions(endpoint(side), {other_name});
    EXPECT_TRUE(comes_about([&] { return !lives(server, named.thread_id()); }));
    unnamed.ping();
  }
}

TEST_F(Interrupted, NobodyWaitsForAServerThatDoesNotAnswer) {
  // Connections are accepted by the kernel alone.
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, any, size), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  ASSERT_EQ(::getsockname(listener, any, &size), 0);
  db::Endpoint silent = endpoint(base::Side::source);
  silent.host = "127.0.0.1";
  silent.port = ntohs(address.sin_port);
  silent.read_timeout = 0s;
  // It would hang here.
  db::end_sessions(silent, {"flyover.session.somebody"});
  ::close(listener);
  silent.port = 1;
  db::end_sessions(silent, {"flyover.session.somebody"});
}

/// Locks the table on both servers as soon as the snapshots are open: what reads it waits.
class LockingInstant : public verify::Instant {
 public:
  explicit LockingInstant(std::string table)
      : table_(std::move(table)),
        source_(db::Connection::open(endpoint(base::Side::source))),
        target_(db::Connection::open(endpoint(base::Side::target))) {}

  void at_one_instant(const std::vector<mysql::TableName>& /*locked_tables*/,
                      const std::function<void()>& open_source_snapshots,
                      const std::function<void()>& open_target_snapshots) override {
    open_source_snapshots();
    open_target_snapshots();
    for (db::Connection* server : {&source_, &target_}) {
      server->execute("LOCK TABLES " + table_ + " WRITE");
    }
  }
  void while_still(const schema::Table& /*table*/, const std::function<void()>& /*open_source*/,
                   const std::function<void()>& /*open_target*/,
                   const std::function<void()>& /*compare*/) override {
    ADD_FAILURE() << "the table has snapshots";
  }

 private:
  std::string table_;
  db::Connection source_;
  db::Connection target_;
};

TEST_F(Interrupted, ComparisonLeavesNoStatementBehind) {
  // Without a key, a chunk is the whole table: both sides' sessions wait for its rows.
  both("CREATE TABLE waits_here (id INT)");
  both("INSERT INTO waits_here VALUES (1)");
  LockingInstant instant(name("waits_here").quoted());
  verify::Verifier verifier({.source = endpoint(base::Side::source),
                             .target = endpoint(base::Side::target),
                             .tables = tables({"waits_here"}),
                             .lanes = 2},
                            instant);
  std::stop_source stop;
  verify::Report report;
  {
    std::jthread comparing([&] { report = verifier.run(stop.get_token()); });
    const bool waiting = comes_about([&] {
      return executing(source_, "waits_here") == 1 && executing(target_, "waits_here") == 1;
    });
    EXPECT_TRUE(waiting);
    stop.request_stop();
  }
  EXPECT_TRUE(report.stopped);
  // The lock is still held: nothing else would let them go.
  EXPECT_TRUE(comes_about([&] { return executing(source_, "waits_here") == 0; }));
  EXPECT_TRUE(comes_about([&] { return executing(target_, "waits_here") == 0; }));
}

}  // namespace
}  // namespace flyover::test
