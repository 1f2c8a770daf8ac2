#include "app_worker.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <condition_variable>

#include "shop_tables.h"

namespace shop {

namespace {
using Clock = std::chrono::steady_clock;
constexpr auto kReconnectPause = std::chrono::seconds(1);
constexpr std::size_t kShownBytes = 160;

void pause_until(Clock::time_point due, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_until(lock, stop, due, [] { return false; });
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  return fmt::format("{:%F %T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     ms.count() % 1000);
}
}  // namespace

void Tally::add_failure(std::string text) {
  ++failed;
  const std::scoped_lock lock(mutex_);
  if (failures_.size() < kKept) failures_.push_back(std::move(text));
}

std::vector<std::string> Tally::failures() {
  const std::scoped_lock lock(mutex_);
  return failures_;
}

Worker::Worker(const AppOptions& options, const ShopSize& size, unsigned index, std::uint64_t run,
               Tally& tally)
    : options_(options),
      size_(size),
      index_(index),
      tally_(tally),
      random_(options.seed * 1000003 + index),
      ledger_(options.directory, index, run),
      latency_(options.directory, index),
      run_(run) {
  autocommit_off_ = index % 8 == 5;
  latin1_ = index % 8 == 6;
  relaxed_mode_ = index % 8 == 6;
  read_committed_ = index % 8 == 7;
  user_variables_ = index % 8 == 1;
}

std::vector<std::string> Worker::action_names() {
  std::vector<std::string> names;
  for (const Action& action : actions()) names.emplace_back(action.name);
  return names;
}

void Worker::run(const std::stop_token& stop) {
  unsigned total = 0;
  for (const Action& action : actions()) total += action.weight;
  const auto period = std::chrono::duration<double>(1 / options_.rate);
  auto due = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                period * static_cast<double>(index_) / options_.connections);
  while (!stop.stop_requested()) {
    pause_until(due, stop);
    if (stop.stop_requested()) break;
    try {
      if (!session_) connect();
      std::uint64_t chosen = random_.below(total);
      for (action_ = 0; chosen >= actions()[action_].weight; ++action_) {
        chosen -= actions()[action_].weight;
      }
      (this->*actions()[action_].function)();
    } catch (const std::exception& failure) {
      tally_.add_failure(fmt::format("{} connection {} {}: {}", utc_now(), index_,
                                     actions()[action_].name, failure.what()));
      if (!token_.empty()) ledger_.unanswered(token_, token_mask_);
      token_.clear();
      statements_.clear();
      if (session_) --tally_.connected;
      session_.reset();
      pause_until(Clock::now() + kReconnectPause, stop);
    }
    const double jitter = 0.5 + static_cast<double>(random_.below(1000)) / 1000;
    // What a pause held up is not made up for: a user who waits does not click twice.
    due =
        std::max(due + std::chrono::duration_cast<Clock::duration>(period * jitter), Clock::now());
  }
  statements_.clear();
  session_.reset();
}

void Worker::connect() {
  token_.clear();
  session_ = std::make_unique<Session>(options_.endpoint);
  set_session();
  prepare("stock", "UPDATE shop.products SET stock = stock - ? WHERE id = ?");
  prepare("price", "UPDATE shop.products SET price = ?, labels = ? WHERE id = ?");
  prepare("payment",
          "INSERT INTO shop.payments (order_id, reference, amount, method, paid_at) "
          "VALUES (?, ?, ?, ?, ?)");
  prepare("item",
          "INSERT INTO shop.order_items (order_id, line_no, product_id, quantity, price) "
          "VALUES (?, ?, ?, ?, ?)");
  prepare("view",
          "INSERT INTO shop.page_views (viewed_on, product_id, agent, seconds) "
          "VALUES (?, ?, ?, ?)");
  prepare("document",
          "INSERT INTO shop.documents (name, preview, content, body, summary, digest) "
          "VALUES (?, ?, ?, ?, ?, ?)");
  prepare("new session",
          "INSERT INTO shop.web_sessions (id, customer_id, data, hits, expires) "
          "VALUES (?, ?, ?, 1, '2016-01-01 00:00:00')");
  prepare("hit", "UPDATE shop.web_sessions SET hits = hits + 1, data = ? WHERE id = ?");
  prepare("customer",
          "SELECT id, email, name, points, balance, birthday FROM shop.customers "
          "WHERE id = ?");
  prepare("items",
          "SELECT line_no, product_id, quantity, price FROM shop.order_items "
          "WHERE order_id = ? ORDER BY line_no");
  prepare("reading", "SELECT * FROM shop.readings WHERE id = ?");
  prepare("content", "SELECT content, body, digest FROM shop.documents WHERE id = ?");
  prepare("count", "UPDATE shop.shop_stats SET value = value + 1 WHERE name = ?");
  prepare("counted", "SELECT value FROM shop.shop_stats WHERE name = ?");
  const auto rows = prepared("counted", {Parameter::of(fmt::format("connection-{}", index_))});
  expect(rows.size() == 1, "no row of statistics");
  counted_ = std::stoull(rows[0][0]);
  if (autocommit_off_) text("COMMIT");
  ++tally_.connected;
}

void Worker::set_session() {
  text("USE shop");
  text(latin1_ ? "SET NAMES latin1" : "SET NAMES utf8mb4");
  text(fmt::format("SET SESSION group_concat_max_len = {}", 2000 + index_));
  if (index_ % 8 == 3) text("SET time_zone = '+02:00', SESSION net_write_timeout = 99");
  if (relaxed_mode_) text("SET sql_mode = ''");
  if (read_committed_) text("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  if (user_variables_) text(fmt::format("SET @clerk = 'clerk {}', @till := {}", index_, index_));
  if (autocommit_off_) text("SET autocommit = 0");
}

void Worker::prepare(const char* name, const char* sql) {
  timed(
      [&]() -> std::vector<Row> {
        statements_[name] = std::make_unique<Statement>(*session_, sql);
        return {};
      },
      sql);
}

std::vector<Row> Worker::text(const std::string& sql) {
  return timed(
      [&] {
        auto rows = session_->query(sql);
        last_insert_id_ = session_->insert_id();
        return rows;
      },
      sql);
}

std::vector<Row> Worker::prepared(const char* name, std::vector<Parameter> parameters) {
  Statement& statement = *statements_.at(name);
  return timed(
      [&] {
        auto rows = statement.execute(std::move(parameters));
        last_insert_id_ = statement.insert_id();
        return rows;
      },
      name);
}

std::vector<Row> Worker::timed(const std::function<std::vector<Row>()>& call,
                               const std::string& what) {
  const auto wall = std::chrono::system_clock::now();
  const auto begin = Clock::now();
  ++tally_.statements;
  try {
    std::vector<Row> rows = call();
    latency_.add(wall, Clock::now() - begin, action_, false);
    return rows;
  } catch (const ClientError& error) {
    const auto took = Clock::now() - begin;
    latency_.add(wall, took, action_, true);
    throw Failed(fmt::format("{} after {} ms [{}]", error.what(),
                             std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
                             what.substr(0, kShownBytes)));
  }
}

void Worker::wrong(const std::string& what) {
  throw Failed("wrong answer: " + what);
}

std::uint64_t Worker::own(std::uint64_t count) {
  return random_.below(count / options_.connections) * options_.connections + index_ + 1;
}

void Worker::write_tokens(unsigned mask) {
  if ((mask & kLedgerAccount) != 0) {
    text(fmt::format("UPDATE ledger_accounts SET commits = commits + 1 WHERE connection = {}",
                     index_));
  }
  if ((mask & kLedger) != 0) {
    text(fmt::format("INSERT INTO ledger (token) VALUES ('{}')", token_));
  }
  if ((mask & kLedgerNamed) != 0) {
    text(fmt::format("INSERT INTO ledger_named VALUES ('{}', {})", token_, random_.below(1000)));
  }
  // Last, when this transaction waits for no lock any more: LOCK TABLES may be waiting for it.
  if ((mask & kLedgerBare) != 0) {
    text(fmt::format("INSERT INTO ledger_bare VALUES ('{}')", token_));
  }
}

void Worker::settle(unsigned mask) {
  ledger_.acknowledged(token_, mask);
  token_.clear();
  ++tally_.commits;
}

void Worker::transaction(const std::function<void()>& body, bool commit) {
  static constexpr unsigned kAll = kLedger | kLedgerNamed | kLedgerBare | kLedgerAccount;
  if (!autocommit_off_) text(random_.one_in(2) ? "BEGIN" : "START TRANSACTION");
  token_ = ledger_.next_token();
  token_mask_ = kAll;
  body();
  write_tokens(kAll);
  if (commit) {
    text("COMMIT");
    settle(kAll);
    return;
  }
  text("ROLLBACK");
  ledger_.rolled_back(token_);
  token_.clear();
  ++tally_.rollbacks;
}

void Worker::single(const std::function<void()>& body) {
  body();
  if (!autocommit_off_) return;
  // Without autocommit the statement is the beginning of a transaction.
  token_ = ledger_.next_token();
  token_mask_ = kLedger | kLedgerBare;
  write_tokens(token_mask_);
  text("COMMIT");
  settle(token_mask_);
}

}  // namespace shop
