#pragma once
// Real changes on one server, captured from its binlog, applied to the other. Forward is 5.6
// to 9.7, reverse 9.7 to 5.6; most tests run both ways.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "apply/applier.h"
#include "mover_fixture.h"
#include "schema/row_select.h"
#include "stream/binlog_stream.h"
#include "stream/marker.h"

namespace flyover::test {

class ApplyFixture : public ::testing::TestWithParam<bool> {
 protected:
  ApplyFixture()
      : reverse_(GetParam()),
        source_(db::Connection::open(endpoint(base::Side::source))),
        target_(db::Connection::open(endpoint(base::Side::target))),
        from_(reverse_ ? target_ : source_),
        to_(reverse_ ? source_ : target_),
        migration_("apply_test"),
        name_(reverse_ ? "apply_r" : "apply_f") {
    for (const std::string& sql : schema::create_control_schema_sql()) {
      both("/* flyover */ " + sql);
    }
    if (!in_child()) forget_link();
    both("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
  }

  /// An empty schema of this name on both sides.
  void recreate_schema(const std::vector<std::string>& statements) {
    both("SET foreign_key_checks=0");
    both("DROP DATABASE IF EXISTS " + name_);
    both("SET foreign_key_checks=1");
    both("CREATE DATABASE " + name_ + " DEFAULT CHARACTER SET utf8mb4");
    both("USE " + name_);
    for (const std::string& sql : statements) both(sql);
    start_ = stream::current_position(from_);
  }
  ~ApplyFixture() override {
    if (!HasFailure() && !in_child()) {
      both("SET foreign_key_checks=0");
      both("DROP DATABASE IF EXISTS " + name_);
    }
  }

  /// True in a process that a crash test started to be killed.
  static bool in_child() {
    return std::getenv("FLYOVER_APPLY_CHILD") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  }

  void forget_link() {
    to_.execute("DELETE FROM flyover.checkpoint WHERE migration='" + migration_ + "'");
  }

  /// Net changes of everything and of each transaction; transactions in small batches, which run
  /// beside each other where they may.
  std::vector<apply::ApplierOptions> every_way() {
    std::vector<apply::ApplierOptions> ways(3, options());
    ways[1].batch_rows_max = 1;
    ways[2].mode = apply::ApplyMode::transactional;
    ways[2].batch_rows_max = 10;
    return ways;
  }

  std::vector<schema::Table> all_tables() {
    const auto rows =
        from_.query("SELECT TABLE_NAME AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA='" +
                    name_ + "' ORDER BY 1");
    std::vector<schema::Table> out;
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      out.push_back(*schema::read_table(from_, {name_, rows.text(i, "n")}));
    }
    return out;
  }

  /// Every transaction between the two positions.
  std::vector<binlog::Transaction> capture(const mysql::BinlogPosition& begin,
                                           std::size_t part_bytes = 16U << 20) {
    const mysql::BinlogPosition end = stream::current_position(from_);
    std::vector<schema::Table> tables = all_tables();
    for (const char* control : {"marker", "heartbeat"}) {
      tables.push_back(*schema::read_table(from_, {"flyover", control}));
    }
    base::BoundedQueue<binlog::Transaction> queue(std::size_t{1} << 30);
    stream::BinlogStream source(
        {.endpoint = endpoint(reverse_ ? base::Side::target : base::Side::source),
         .start = begin,
         .filter = [&](const mysql::TableName& wanted) -> const schema::Table* {
           for (const schema::Table& each : tables) {
             if (each.name == wanted) return &each;
           }
           return nullptr;
         },
         .part_bytes = part_bytes},
        queue);
    std::vector<binlog::Transaction> out;
    std::exception_ptr failed;
    std::jthread reader([&](std::stop_token stop) {
      try {
        source.run(std::move(stop));
      } catch (...) {
        failed = std::current_exception();
        queue.close();
      }
    });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      auto next = queue.pop_for(std::chrono::milliseconds(50), {});
      if (!next) {
        if (end <= source.streamed_position() || queue.finished()) break;
        continue;
      }
      out.push_back(std::move(*next));
    }
    reader.request_stop();
    reader.join();
    if (failed) std::rethrow_exception(failed);
    while (auto next = queue.try_pop()) out.push_back(std::move(*next));
    return out;
  }

  apply::ApplierOptions options() {
    return {.target = endpoint(reverse_ ? base::Side::source : base::Side::target),
            .migration = migration_,
            .link = reverse_ ? "reverse" : "forward",
            .workers = 3,
            .tables = all_tables(),
            .source_logs_cascades = reverse_,
            .initial_position = start_,
            .checkpoint_interval = std::chrono::milliseconds(50)};
  }

  /// Runs an applier over the transactions to their end.
  apply::ApplierStats apply_all(std::vector<binlog::Transaction> transactions,
                                apply::ApplierOptions applier_options) {
    base::BoundedQueue<binlog::Transaction> queue(std::size_t{1} << 30);
    for (binlog::Transaction& each : transactions) queue.push(std::move(each), 1, {});
    queue.close();
    apply::Applier applier(std::move(applier_options), queue);
    applier.prepare();
    applier.run({});
    return applier.stats();
  }
  apply::ApplierStats apply_all(std::vector<binlog::Transaction> transactions) {
    return apply_all(std::move(transactions), options());
  }
  /// The error that ends the applier.
  base::Error apply_error(std::vector<binlog::Transaction> transactions) {
    try {
      apply_all(std::move(transactions));
    } catch (const base::ErrorException& e) {
      return e.error();
    }
    return {.code = "no error"};
  }

  /// Every row as the load would read it, in an order of their own.
  static std::vector<std::string> contents(db::Connection& server, const schema::Table& table) {
    const auto rows = server.query(
        "SELECT " + schema::make_row_select(table).select_list(schema::JsonTypes::leave) +
        " FROM " + table.name.quoted());
    std::vector<std::string> out;
    for (const auto& row : rows.rows) {
      std::string& text = out.emplace_back();
      for (const auto& field : row) text += (field ? mysql::quote_bytes(*field) : "NULL") + ",";
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  void expect_equal() {
    for (const schema::Table& table : all_tables()) {
      EXPECT_EQ(contents(from_, table), contents(to_, table)) << table.name.to_string();
    }
  }

  void both(const std::string& sql) {
    source_.execute(sql);
    target_.execute(sql);
  }
  static std::uint64_t count(db::Connection& server, const std::string& rows_of) {
    return std::stoull(server.query_value("SELECT COUNT(*) FROM " + rows_of).value());
  }

  const bool reverse_;
  db::Connection source_;
  db::Connection target_;
  db::Connection& from_;
  db::Connection& to_;
  const std::string migration_;
  const std::string name_;
  mysql::BinlogPosition start_;
};

}  // namespace flyover::test
