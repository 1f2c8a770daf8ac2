// A live stream into the applier, while an application writes from several sessions.

#include <atomic>

#include "apply_fixture.h"
#include "base/random.h"

namespace flyover::test {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces)

class ApplyStream : public ApplyFixture {
 protected:
  /// One session of the application: transactions over all tables, refusals included.
  void write(unsigned seed, int transactions) {
    db::Connection session = db::Connection::open(from_.endpoint());
    session.execute("USE " + name_);
    std::mt19937 random(seed);
    const auto pick = [&](unsigned below) { return std::to_string(random() % below); };
    const auto attempt = [&](const std::string& sql) {
      try {
        session.execute(sql);
      } catch (const base::ErrorException& e) {
        if (e.error().mysql_errno == 0) throw;
      }
    };
    for (int i = 0; i < transactions; ++i) {
      attempt("BEGIN");
      for (unsigned j = 0, end = 1 + random() % 4; j < end; ++j) {
        const std::string x = pick(1'000'000);
        switch (random() % 10) {
          case 0:
            attempt("INSERT INTO customer (name, x) VALUES ('c" + pick(400) + "'," + x + ")");
            break;
          case 1:
            attempt("UPDATE customer SET x=" + x + ", name='C" + pick(400) +
                    "' WHERE id=" + pick(200));
            break;
          case 2:
            attempt("DELETE FROM customer WHERE id=" + pick(200));
            break;
          case 3:
          case 4:
          case 5:
            attempt("INSERT INTO orders (customer, x) VALUES (" + pick(200) + "," + x + ")");
            break;
          case 6:
            attempt("UPDATE orders SET x=" + x + " WHERE id=" + pick(1000));
            break;
          case 7:
            attempt("DELETE FROM orders WHERE id=" + pick(1000));
            break;
          case 8:
            attempt("INSERT INTO log VALUES (" + pick(3) + ",'" + pick(5) + "')");
            break;
          default:
            attempt("DELETE FROM log WHERE a=" + pick(3) + " LIMIT 2");
            attempt("UPDATE log SET b='" + pick(5) + "' WHERE a=" + pick(3) + " LIMIT 1");
        }
      }
      attempt(random() % 10 == 0 ? "ROLLBACK" : "COMMIT");
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Directions, ApplyStream, testing::Bool(), [](const auto& direction) {
  return direction.param ? "Reverse" : "Forward";
});

TEST_P(ApplyStream, FollowsALiveServer) {
  recreate_schema(
      {"CREATE TABLE customer (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) CHARACTER SET "
       "latin1, x INT, UNIQUE (name))",
       "CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT, x INT, touched "
       "TIMESTAMP(3) NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP(3), FOREIGN KEY (customer) "
       "REFERENCES customer (id) ON DELETE CASCADE)",
       "CREATE TABLE log (a INT, b VARCHAR(10))"});
  std::vector<schema::Table> tables = all_tables();
  tables.push_back(*schema::read_table(from_, {"flyover", "marker"}));
  base::BoundedQueue<binlog::Transaction> queue(8U << 20);
  apply::Applier applier(options(), queue);
  stream::BinlogStream source(
      {.endpoint = from_.endpoint(),
       .start = applier.prepare(),
       .filter = [&](const mysql::TableName& wanted) -> const schema::Table* {
         for (const schema::Table& each : tables) {
           if (each.name == wanted) return &each;
         }
         return nullptr;
       }},
      queue);
  std::jthread reader([&](std::stop_token stop) { source.run(std::move(stop)); });
  std::exception_ptr failed;
  std::jthread runner([&](std::stop_token stop) {
    try {
      applier.run(std::move(stop));
    } catch (...) {
      failed = std::current_exception();
    }
  });
  {
    std::vector<std::jthread> writers;
    for (unsigned seed = 1; seed <= 4; ++seed) {
      writers.emplace_back([this, seed] { write(seed, 400); });
    }
  }
  const std::string token = base::random_token();
  from_.execute("INSERT INTO flyover.marker VALUES ('" + migration_ + "','test','" + token +
                "',1)");
  const auto begin = std::chrono::steady_clock::now();
  applier.wait_marker_applied(token, begin + 60s, {});
  const apply::ApplierStats stats = applier.stats();
  reader.request_stop();
  reader.join();
  queue.close();
  runner.join();
  if (failed) ADD_FAILURE() << base::to_error(failed).text();
  expect_equal();
  EXPECT_GT(stats.transactions, 800U);
  RecordProperty("transactions", static_cast<int>(stats.transactions));
  RecordProperty("commits", static_cast<int>(stats.commits));
  RecordProperty("retries", static_cast<int>(stats.retries));
}

}  // namespace
}  // namespace flyover::test
