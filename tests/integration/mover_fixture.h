#pragma once
// Two real servers for tests of load and verify: SOURCE_HOST, SOURCE_PORT, SOURCE_USER,
// SOURCE_PASSWORD and the same with TARGET_. Without them the tests fail.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "db/connection.h"
#include "schema/control_schema.h"
#include "schema/introspect.h"
#include "schema/model.h"

namespace flyover::test {

inline std::string environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) throw std::runtime_error(name + " is not set: these tests need servers");
  return value;
}

inline db::Endpoint endpoint(base::Side side) {
  const std::string prefix = side == base::Side::source ? "SOURCE_" : "TARGET_";
  return {.side = side,
          .host = environment(prefix + "HOST"),
          .port = static_cast<std::uint16_t>(std::stoi(environment(prefix + "PORT"))),
          .user = environment(prefix + "USER"),
          .password = base::Secret(environment(prefix + "PASSWORD"))};
}

/// A session on each server and an empty schema named after the test on both.
class MoverFixture : public ::testing::Test {
 protected:
  MoverFixture()
      : source_(db::Connection::open(endpoint(base::Side::source))),
        target_(db::Connection::open(endpoint(base::Side::target))),
        schema_(std::string("t_") +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    for (const std::string& sql : schema::create_control_schema_sql()) target_.execute(sql);
    target_.execute("DELETE FROM flyover.load_chunk WHERE migration='" + schema_ + "'");
    both("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
    both("DROP DATABASE IF EXISTS " + schema_);
    both("CREATE DATABASE " + schema_ + " DEFAULT CHARACTER SET utf8mb4");
    both("USE " + schema_);
  }
  ~MoverFixture() override {
    if (HasFailure()) return;
    both("DROP DATABASE IF EXISTS " + schema_);
    target_.execute("DELETE FROM flyover.load_chunk WHERE migration='" + schema_ + "'");
  }

  void both(const std::string& sql) {
    source_.execute(sql);
    target_.execute(sql);
  }

  mysql::TableName name(const std::string& table) const { return {schema_, table}; }

  /// The table as the source has it.
  schema::Table table(const std::string& table_name) {
    source_.execute("ANALYZE TABLE " + name(table_name).quoted());
    auto found = schema::read_table(source_, name(table_name));
    if (!found) throw std::runtime_error("no table " + table_name);
    return *found;
  }
  std::vector<schema::Table> tables(const std::vector<std::string>& names) {
    std::vector<schema::Table> out;
    for (const std::string& each : names) out.push_back(table(each));
    return out;
  }

  static std::uint64_t count(db::Connection& server, const std::string& from) {
    return std::stoull(server.query_value("SELECT COUNT(*) FROM " + from).value());
  }

  db::Connection source_;
  db::Connection target_;
  const std::string schema_;
};

}  // namespace flyover::test
