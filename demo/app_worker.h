#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app_ledger.h"
#include "client.h"

namespace shop {

/// What all connections of the application share. Thread-safe.
struct Tally {
  std::atomic<unsigned> connected = 0;
  std::atomic<std::uint64_t> statements = 0;
  std::atomic<std::uint64_t> commits = 0;
  std::atomic<std::uint64_t> rollbacks = 0;
  std::atomic<std::uint64_t> failed = 0;

  void add_failure(std::string text);
  std::vector<std::string> failures();

 private:
  static constexpr std::size_t kKept = 200;
  std::mutex mutex_;
  std::vector<std::string> failures_;
};

/// How many rows were generated in each table; their ids are 1 to that number.
struct ShopSize {
  std::uint64_t products, customers, addresses, orders, readings, documents, coupons, bins,
      translations, categories, audit, prices;
};

struct AppOptions {
  Endpoint endpoint;
  unsigned connections = 16;
  /// Transactions or single statements per second and connection.
  double rate = 20;
  std::uint64_t seed = 1;
  std::filesystem::path directory = ".";
};

/// A statement failed, or answered what cannot be true.
class Failed : public std::runtime_error {
  using runtime_error::runtime_error;
};

/// One connection of the application and the thread that uses it.
///
/// The application takes its locks in an order that cannot deadlock, since a deadlock would be a
/// failed query of its own making: products by ascending id, then countries (through foreign keys),
/// then rows that only this connection touches (id modulo the number of connections), then the
/// deletion of a parent row, then the ledgers. Nothing is searched for that might be missing, so no
/// gap is locked before the deletion.
class Worker {
 public:
  Worker(const AppOptions& options, const ShopSize& size, unsigned index, std::uint64_t run,
         Tally& tally);

  /// Works until stopped; finishes the transaction it is in.
  void run(const std::stop_token& stop);

  /// The names of the actions, by the number that the latency log holds.
  static std::vector<std::string> action_names();

 private:
  struct Action {
    const char* name;
    unsigned weight;
    void (Worker::*function)();
  };
  static const std::vector<Action>& actions();

  // Session.
  void connect();
  void set_session();
  void prepare(const char* name, const char* sql);
  std::vector<Row> text(const std::string& sql);
  std::vector<Row> prepared(const char* name, std::vector<Parameter> parameters);
  std::vector<Row> timed(const std::function<std::vector<Row>()>& call, const std::string& what);
  [[noreturn]] void wrong(const std::string& what);
  void expect(bool truth, const std::string& what) {
    if (!truth) wrong(what);
  }

  // Transactions and the ledger.
  void transaction(const std::function<void()>& body, bool commit = true);
  void single(const std::function<void()>& body);
  void write_tokens(unsigned mask);
  void settle(unsigned mask);

  // Numbers.
  std::uint64_t any(std::uint64_t count) { return 1 + random_.below(count); }
  /// A row of which this connection is the only writer.
  std::uint64_t own(std::uint64_t count);

  // What the application does; app_writes.cc and app_reads.cc.
  void place_order();
  void cancel_order();
  void change_mind();
  void new_customer();
  void drop_customer();
  void edit_document();
  void browse();
  void advance_order();
  void redeem_coupon();
  void take_reading();
  void small_changes();
  void move_stock();
  void write_text();
  void reward();
  void count_one();
  void note_single_token();
  void import_rows();
  void zero_dates();
  void read_rows();
  void read_prepared();
  void read_views();
  void read_many();
  void read_document();
  void look_at_session();
  void change_schema_and_back();

  const AppOptions& options_;
  const ShopSize& size_;
  unsigned index_;
  Tally& tally_;
  Random random_;
  Ledger ledger_;
  LatencyLog latency_;
  std::unique_ptr<Session> session_;
  std::map<std::string, std::unique_ptr<Statement>> statements_;

  unsigned action_ = 0;
  std::string token_;
  unsigned token_mask_ = 0;
  std::uint64_t last_insert_id_ = 0;
  std::uint64_t counted_ = 0;
  std::uint64_t run_;

  std::deque<std::uint64_t> orders_;
  std::deque<std::uint64_t> customers_;
  std::deque<std::uint64_t> documents_;
  std::deque<std::string> web_sessions_;

  bool autocommit_off_ = false;
  bool latin1_ = false;
  bool read_committed_ = false;
  bool user_variables_ = false;
  bool relaxed_mode_ = false;
};

}  // namespace shop
