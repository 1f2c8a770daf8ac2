// The binlog stream against real servers: a MySQL 5.6 and a 9.7 that tests/support/sandbox.py
// started. Their addresses come from the environment (env.sh of the sandbox); without it the tests
// fail.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

#include "base/random.h"
#include "integration/servers.h"
#include "stream/binlog_stream.h"
#include "stream/marker.h"

namespace flyover::stream {
namespace {

using namespace std::chrono_literals;
using binlog::ChangeKind;
using binlog::RowsChange;
using binlog::StatementChange;
using binlog::Transaction;
using binlog::Value;
using binlog::ValueType;

constexpr auto kDeadline = 30s;

base::Side side_of(const std::string& server) {
  return server == "SOURCE" ? base::Side::source : base::Side::target;
}

schema::Table read_table(db::Connection& connection, const std::string& schema,
                         const std::string& name) {
  schema::Table table{.name = {schema, name}};
  const db::Table columns = connection.query(
      fmt::format("SELECT column_name AS name, data_type AS type, column_type AS full, "
                  "character_octet_length AS bytes FROM information_schema.columns "
                  "WHERE table_schema = '{}' AND table_name = '{}' ORDER BY ordinal_position",
                  schema, name));
  for (std::size_t row = 0; row < columns.rows.size(); ++row) {
    schema::Column column;
    column.name = columns.text(row, "name");
    column.data_type = columns.text(row, "type");
    column.column_type = columns.text(row, "full");
    column.is_unsigned = column.column_type.find("unsigned") != std::string::npos;
    column.max_length_bytes = columns.number(row, "bytes");
    table.columns.push_back(std::move(column));
  }
  return table;
}

/// Runs a stream in a thread and collects what it hands over.
class Follower {
 public:
  Follower(const db::Endpoint& endpoint, const mysql::BinlogPosition& start, TableFilter filter,
           std::size_t part_bytes = 16 << 20, std::size_t queue_bytes = 64 << 20)
      : queue_(queue_bytes),
        stream_({.endpoint = endpoint,
                 .start = start,
                 .filter = std::move(filter),
                 .part_bytes = part_bytes},
                queue_),
        thread_([this](std::stop_token stop) {
          try {
            stream_.run(stop);
          } catch (const base::ErrorException& e) {
            error_ = e.error();
            failed_ = true;
            queue_.close();
          }
        }) {}

  /// The next transaction or part with changes.
  Transaction next() {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (std::chrono::steady_clock::now() < deadline) {
      if (auto transaction = queue_.try_pop()) {
        if (!transaction->changes.empty() || !transaction->first) return std::move(*transaction);
      } else if (failed_) {
        base::throw_error(error_);
      } else {
        std::this_thread::sleep_for(1ms);
      }
    }
    throw std::runtime_error("nothing came");
  }
  /// The only rows event of the next transaction.
  RowsChange next_rows() {
    Transaction transaction = next();
    EXPECT_EQ(transaction.changes.size(), 1U);
    return std::get<RowsChange>(std::move(transaction.changes.at(0)));
  }
  base::Error wait_for_error() {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    std::stop_source never;
    while (std::chrono::steady_clock::now() < deadline) {
      if (!queue_.pop(never.get_token())) break;
    }
    thread_.join();
    return error_;
  }
  BinlogStream& stream() { return stream_; }
  BinlogStream::Queue& queue() { return queue_; }

 private:
  BinlogStream::Queue queue_;
  BinlogStream stream_;
  base::Error error_;
  std::atomic<bool> failed_ = false;  ///< error_ is set
  std::jthread thread_;
};

class StreamTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    endpoint_ = integration::endpoint(side_of(GetParam()));
    connection_.emplace(db::Connection::open(integration::root_endpoint(side_of(GetParam()))));
    schema_ = "stream_" + base::random_token().substr(0, 8);
    run("CREATE DATABASE " + schema_);
    run("USE " + schema_);
  }
  void TearDown() override {
    if (connection_ && !schema_.empty()) run("DROP DATABASE " + schema_);
  }

  bool new_server() const { return GetParam() == "TARGET"; }
  void run(const std::string& sql) { connection_->execute(sql); }
  mysql::BinlogPosition here() { return current_position(*connection_); }

  /// Follows one table, from now on.
  Follower& follow(const std::string& table, std::size_t part_bytes = 16 << 20,
                   std::size_t queue_bytes = 64 << 20) {
    table_ = read_table(*connection_, schema_, table);
    follower_.emplace(
        endpoint_, here(),
        [this](const mysql::TableName& name) { return name == table_.name ? &table_ : nullptr; },
        part_bytes, queue_bytes);
    return *follower_;
  }

  db::Endpoint endpoint_;
  std::optional<db::Connection> connection_;
  std::string schema_;
  schema::Table table_;
  std::optional<Follower> follower_;
};

// How the value of a column is selected so that the text shows it exactly.
std::string exact_expression(const schema::Column& column) {
  const std::string& type = column.data_type;
  if (type == "float" || type == "double") return column.name + " + 0e0";
  if (type == "bit" || type == "enum" || type == "set") return column.name + " + 0";
  return column.name;
}

std::string text_of(const Value& value) {
  switch (value.type) {
    case ValueType::null:
      return "NULL";
    case ValueType::absent:
      return "ABSENT";
    case ValueType::signed_int:
      return std::to_string(value.signed_int);
    case ValueType::unsigned_int:
      return std::to_string(value.unsigned_int);
    case ValueType::float_number:
    case ValueType::double_number:
      return fmt::format("{}", value.number);
    case ValueType::text:
    case ValueType::bytes:
    case ValueType::json:
    case ValueType::json_sql:
    case ValueType::json_change:
    case ValueType::json_impossible:
      break;
  }
  return std::string(value.bytes);
}

// What SELECT says about every row, in the form of text_of().
std::vector<std::vector<std::string>> selected(db::Connection& connection,
                                               const schema::Table& table) {
  std::string list;
  for (const schema::Column& column : table.columns) {
    list += (list.empty() ? "" : ", ") + exact_expression(column);
  }
  const db::Table rows = connection.query("SELECT " + list + " FROM " + table.name.quoted() +
                                          " ORDER BY " + table.columns[0].name);
  std::vector<std::vector<std::string>> out;
  for (const auto& row : rows.rows) {
    auto& texts = out.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string& type = table.columns[i].data_type;
      const bool floating = type == "float" || type == "double";
      texts.push_back(!row[i]          ? "NULL"
                      : floating       ? fmt::format("{}", std::strtod(row[i]->c_str(), nullptr))
                      : type == "year" ? std::to_string(std::stoi(*row[i]))
                                       : *row[i]);
    }
  }
  return out;
}

// A document whose text is not all of it comes as an expression: the server says what it makes.
std::string text_on(db::Connection& connection, const Value& value) {
  if (value.type != ValueType::json_sql) return text_of(value);
  return connection.query_value(fmt::format("SELECT CONCAT({})", value.bytes)).value_or("NULL");
}

void expect_image(db::Connection& connection, const Value* image, const schema::Table& table,
                  const std::vector<std::string>& expected) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    EXPECT_EQ(text_on(connection, image[i]), expected[i])
        << "column " << table.columns[i].name << " " << table.columns[i].column_type;
  }
}

constexpr char kAllTypes[] =
    "CREATE TABLE t (id INT PRIMARY KEY, t1 TINYINT, t2 TINYINT UNSIGNED, s1 SMALLINT, "
    "s2 SMALLINT UNSIGNED, m1 MEDIUMINT, m2 MEDIUMINT UNSIGNED, i1 INT, i2 INT UNSIGNED, "
    "y YEAR, b1 BIGINT, b2 BIGINT UNSIGNED, f FLOAT, d DOUBLE, n1 DECIMAL(10,3), "
    "n2 DECIMAL(65,30), n3 DECIMAL(9,9) UNSIGNED, n4 DECIMAL(18,0), bi1 BIT(1), bi2 BIT(13), "
    "bi3 BIT(64), da DATE, ti0 TIME, ti1 TIME(1), ti3 TIME(3), ti6 TIME(6), dt0 DATETIME, "
    "dt2 DATETIME(2), dt6 DATETIME(6), ts0 TIMESTAMP NULL, ts3 TIMESTAMP(3) NULL, "
    "ts6 TIMESTAMP(6) NULL, c1 CHAR(10) CHARACTER SET latin1, c2 CHAR(120) CHARACTER SET utf8mb4, "
    "bn BINARY(8), bn2 BINARY(255), v1 VARCHAR(20) CHARACTER SET utf8mb4, "
    "v2 VARCHAR(3000) CHARACTER SET latin1, vb VARBINARY(300), tb TINYBLOB, bl BLOB, "
    "mb MEDIUMBLOB, lb LONGBLOB, tx TEXT, e1 ENUM('a','b','c'), st SET('x','y','z'), "
    "g GEOMETRY{}) ENGINE=InnoDB";

constexpr const char* kRows[] = {
    "1, -128, 255, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, 1901, "
    "-9223372036854775808, 18446744073709551615, 3.4028234e38, 1.7976931348623157e308, "
    "-1234567.891, 12345678901234567890123456789012345.123456789012345678901234567891, "
    "0.123456789, 999999999999999999, b'1', b'1010101010101', ~0, '9999-12-31', '838:59:59', "
    "'-00:00:00.1', '-12:34:56.789', '-838:59:58.999999', '9999-12-31 23:59:59', "
    "'1000-01-01 00:00:00.01', '2024-02-29 12:34:56.123456', '2038-01-19 03:14:07', "
    "'1970-01-01 00:00:01.001', '2001-09-09 01:46:40.999999', 'abc  ', REPEAT('x', 120), "
    "0x6162000000000000, 0x00ff00, 'h\xc3\xa9llo \xf0\x9f\x90\xac', REPEAT('y', 3000), "
    "REPEAT(0xff00, 150), 0x00, REPEAT('b', 60000), REPEAT('m', 70000), 'long', 'text', 'c', "
    "'x,z', ST_GeomFromText('LINESTRING(1 2,3 4)'){}",
    "2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
    "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
    "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
    "NULL{}",
    "3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0.0, -0.1, -0.001, 0, 0, -1, 0, 0, 0, '0000-00-00', "
    "'00:00:00', '-00:00:01', '00:00:00.001', '-00:00:00.000001', '0000-00-00 00:00:00', "
    "'2020-00-15 01:02:03.04', '2020-02-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', "
    "'0000-00-00 00:00:00', '', '', '', 0xffffff, '', '', '', '', '', '', '', '', 'a', '', "
    "ST_GeomFromText('POINT(0 -1)'){}",
    "4, 1, 1, 1, 1, 1, 1, 1, 1, 2155, 1, 1, 0.1, 1e-300, 0.5, "
    "-0.000000000000000000000000000001, 0.000000001, 1, 1, 1, 1, '2020-01-01', '-838:59:59', "
    "'01:01:01.9', '-00:00:59.999', '00:00:00.5', '2020-01-01', '2020-01-01', '2020-01-01', "
    "'2020-01-01', '2020-01-01', '2020-01-01', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', "
    "'k', 'l', 'b', 'y', ST_GeomFromText('POINT(1 1)'){}"};

// Only what 9.7 has beside the types of 5.6.
constexpr char kNewColumns[] = ", js JSON, ve VECTOR(3)";
constexpr const char* kNewValues[] = {
    R"sql(, JSON_OBJECT('a', 1, 'b', CAST(1.50 AS DECIMAL(5,2)), 'c', JSON_ARRAY(true, null, -1.5,
      18446744073709551615, -9223372036854775808, 'q"\\x'), 'd', CAST('2020-01-02' AS DATE),
      'e', CAST('-12:34:56.5' AS TIME(6)), 'f', TIMESTAMP('2020-01-02 03:04:05.678'),
      'g', REPEAT('s', 300), 'h', JSON_OBJECT(), 'i', JSON_ARRAY(), 'j', 70000, 'k', -70000,
      'l', CAST(x'cafe' AS BINARY), 'm', CAST(REPEAT(x'01', 100) AS BINARY)), STRING_TO_VECTOR('[1,2.5,-3]'))sql",
    ", NULL, NULL", ", CAST('\"top\"' AS JSON), STRING_TO_VECTOR('[0,0,0]')",
    ", JSON_ARRAY(REPEAT('big', 30000), 70000, 3000000000, 0.1), STRING_TO_VECTOR('[1,1,1]')"};

TEST_P(StreamTest, DecodesEveryType) {
  run(fmt::format(kAllTypes, new_server() ? kNewColumns : ""));
  Follower& follower = follow("t");
  run("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'");
  run("SET NAMES utf8mb4");
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    run("INSERT INTO t VALUES (" +
        fmt::format(fmt::runtime(kRows[i]), new_server() ? kNewValues[i] : "") + ")");
  }
  run("SET character_set_results = NULL");
  const auto inserted = selected(*connection_, table_);
  for (const auto& row : inserted) {
    const RowsChange rows = follower.next_rows();
    EXPECT_EQ(rows.kind, ChangeKind::insert);
    ASSERT_EQ(rows.row_count(), 1U);
    expect_image(*connection_, rows.after(0), table_, row);
  }
  run("UPDATE t SET i1 = 77, v1 = 'changed' WHERE id <= 2");
  const auto updated = selected(*connection_, table_);
  // The rows of large values come in several events.
  const Transaction update = follower.next();
  std::size_t row = 0;
  for (const binlog::Change& change : update.changes) {
    const auto& rows = std::get<RowsChange>(change);
    EXPECT_EQ(rows.kind, ChangeKind::update);
    for (std::size_t i = 0; i < rows.row_count(); ++i, ++row) {
      expect_image(*connection_, rows.before(i), table_, inserted.at(row));
      expect_image(*connection_, rows.after(i), table_, updated.at(row));
    }
  }
  EXPECT_EQ(row, 2U);
  run("DELETE FROM t");
  Transaction removal = follower.next();
  const Transaction moved = std::move(removal);
  row = 0;
  for (const binlog::Change& change : moved.changes) {
    const auto& rows = std::get<RowsChange>(change);
    EXPECT_EQ(rows.kind, ChangeKind::remove);
    for (std::size_t i = 0; i < rows.row_count(); ++i, ++row) {
      expect_image(*connection_, rows.before(i), table_, updated.at(row));
    }
  }
  EXPECT_EQ(row, updated.size());
}

TEST_P(StreamTest, FollowsRotationAndChecksums) {
  run("CREATE TABLE t (id INT PRIMARY KEY)");
  Follower& follower = follow("t");
  run("INSERT INTO t VALUES (1)");
  run("FLUSH LOGS");
  run("INSERT INTO t VALUES (2)");
  run("SET GLOBAL binlog_checksum = NONE");
  run("INSERT INTO t VALUES (3)");
  run("SET GLOBAL binlog_checksum = CRC32");
  run("INSERT INTO t VALUES (4)");
  mysql::BinlogPosition end;
  for (int id = 1; id <= 4; ++id) {
    const Transaction transaction = follower.next();
    EXPECT_EQ(std::get<RowsChange>(transaction.changes.at(0)).after(0)->signed_int, id);
    EXPECT_LT(end, transaction.start);
    EXPECT_LT(transaction.start, transaction.end);
    end = transaction.end;
  }
  EXPECT_EQ(end, here());
  EXPECT_EQ(follower.stream().reconnects(), 0U);
}

TEST_P(StreamTest, GoesOnBehindARotation) {
  run("CREATE TABLE t (id INT PRIMARY KEY)");
  Follower& follower = follow("t");
  run("INSERT INTO t VALUES (1)");
  EXPECT_EQ(follower.next_rows().after(0)->signed_int, 1);
  run("FLUSH LOGS");
  run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(follower.next_rows().after(0)->signed_int, 2);
}

TEST_P(StreamTest, HandsOverPositionsWithoutChanges) {
  run("CREATE TABLE t (id INT PRIMARY KEY)");
  run("CREATE TABLE other (id INT PRIMARY KEY)");
  Follower& follower = follow("t");
  run("INSERT INTO other VALUES (1)");
  run("INSERT INTO other VALUES (2)");
  const mysql::BinlogPosition end = here();
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  mysql::BinlogPosition seen;
  while (seen != end && std::chrono::steady_clock::now() < deadline) {
    if (auto transaction = follower.queue().try_pop()) seen = transaction->end;
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(seen, end);
  EXPECT_EQ(follower.stream().streamed_position(), end);
}

void kill_dump_connections(db::Connection& connection) {
  const db::Table sessions = connection.query("SHOW PROCESSLIST");
  for (std::size_t row = 0; row < sessions.rows.size(); ++row) {
    if (sessions.text(row, "Command") == "Binlog Dump") {
      connection.execute("KILL " + sessions.text(row, "Id"));
    }
  }
}

TEST_P(StreamTest, HandsOverALargeTransactionInPartsAcrossAKill) {
  static constexpr int kRowCount = 40000;
  run("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))");
  // A queue of one part: the stream stands still in the middle of the transaction.
  Follower& follower = follow("t", 64 << 10, 1);
  run("BEGIN");
  for (int id = 0; id < kRowCount; id += 1000) {
    std::string sql = "INSERT INTO t VALUES ";
    for (int i = id; i < id + 1000; ++i) {
      sql += fmt::format("{}({}, REPEAT('r', 150))", i == id ? "" : ",", i);
    }
    run(sql);
  }
  run("COMMIT");
  const mysql::BinlogPosition end = here();
  int expected = 0;
  int parts = 0;
  bool last = false;
  while (!last) {
    const Transaction part = follower.next();
    EXPECT_EQ(part.first, parts == 0);
    last = part.last;
    EXPECT_EQ(part.end, last ? end : part.start);
    for (const binlog::Change& change : part.changes) {
      const auto& rows = std::get<RowsChange>(change);
      for (std::size_t row = 0; row < rows.row_count(); ++row) {
        ASSERT_EQ(rows.after(row)[0].signed_int, expected++);
      }
    }
    if (++parts == 5 || parts == 20) kill_dump_connections(*connection_);
  }
  EXPECT_EQ(expected, kRowCount);
  EXPECT_GT(parts, 20);
  run("INSERT INTO t VALUES (-1, 'behind')");
  const RowsChange behind = follower.next_rows();
  EXPECT_EQ(behind.after(0)->signed_int, -1);
  EXPECT_GE(follower.stream().reconnects(), 1U);
}

TEST_P(StreamTest, GoesOnAfterAKillBetweenTransactions) {
  run("CREATE TABLE t (id INT PRIMARY KEY)");
  Follower& follower = follow("t");
  for (int id = 0; id < 5; ++id) {
    run(fmt::format("INSERT INTO t VALUES ({})", id));
    EXPECT_EQ(follower.next_rows().after(0)->signed_int, id);
    kill_dump_connections(*connection_);
  }
}

TEST_P(StreamTest, SeesTransactionBordersOfAllKinds) {
  run("CREATE TABLE t (id INT PRIMARY KEY) ENGINE=MyISAM");
  Follower& follower = follow("t");
  run("INSERT INTO t VALUES (1)");  // Ends with COMMIT as a statement.
  EXPECT_EQ(follower.next_rows().after(0)->signed_int, 1);
  run("ALTER TABLE t ENGINE=InnoDB");
  Transaction ddl = follower.next();
  EXPECT_EQ(std::get<StatementChange>(ddl.changes.at(0)).sql, "ALTER TABLE t ENGINE=InnoDB");
  EXPECT_EQ(std::get<StatementChange>(ddl.changes.at(0)).schema, schema_);

  // A temporary table makes the server log what the savepoint undid.
  run("BEGIN");
  run("INSERT INTO t VALUES (2)");
  run("SAVEPOINT `a b`");
  run("CREATE TEMPORARY TABLE tmp (id INT)");
  run("INSERT INTO t VALUES (3)");
  run("ROLLBACK TO SAVEPOINT `a b`");
  run("INSERT INTO t VALUES (4)");
  run("COMMIT");
  std::vector<std::int64_t> ids;
  while (ids.size() < 2) {
    const Transaction transaction = follower.next();
    for (const binlog::Change& change : transaction.changes) {
      if (const auto* rows = std::get_if<RowsChange>(&change)) {
        for (std::size_t row = 0; row < rows->row_count(); ++row) {
          ids.push_back(rows->after(row)->signed_int);
        }
      }
    }
  }
  EXPECT_EQ(ids, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(connection_->query_value("SELECT COUNT(*) FROM t"), "3");

  run("CREATE TABLE copied SELECT * FROM t");
  const Transaction create = follower.next();
  const auto& statement = std::get<StatementChange>(create.changes.at(0));
  EXPECT_TRUE(statement.sql.starts_with("CREATE TABLE `copied`")) << statement.sql;
  EXPECT_EQ(statement.rows_follow, new_server());

  run("DROP TEMPORARY TABLE tmp");
  if (!new_server()) {  // 9.7 does not log what happens to temporary tables.
    const Transaction drop = follower.next();
    EXPECT_TRUE(std::holds_alternative<StatementChange>(drop.changes.at(0)));
  }
  run("SET SESSION binlog_format = STATEMENT");
  run("INSERT INTO t VALUES (100)");
  run("SET SESSION binlog_format = ROW");
  const Transaction text = follower.next();
  EXPECT_EQ(std::get<StatementChange>(text.changes.at(0)).sql, "INSERT INTO t VALUES (100)");
}

TEST_P(StreamTest, ReadsMinimalImages) {
  run("CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(10))");
  Follower& follower = follow("t");
  run("SET SESSION binlog_row_image = MINIMAL");
  run("INSERT INTO t (id, b) VALUES (1, 'x')");
  run("UPDATE t SET a = 5");
  run("DELETE FROM t");
  const RowsChange insert = follower.next_rows();
  EXPECT_EQ(insert.after(0)[1].type, ValueType::absent);
  EXPECT_EQ(insert.after(0)[2].bytes, "x");
  const RowsChange update = follower.next_rows();
  EXPECT_EQ(update.before(0)[0].signed_int, 1);
  EXPECT_EQ(update.before(0)[1].type, ValueType::absent);
  EXPECT_EQ(update.after(0)[0].type, ValueType::absent);
  EXPECT_EQ(update.after(0)[1].signed_int, 5);
  const RowsChange remove = follower.next_rows();
  EXPECT_EQ(remove.before(0)[2].type, ValueType::absent);
}

TEST_P(StreamTest, ReadsCompressedAndTaggedTransactions) {
  if (!new_server()) return;  // 5.6 writes neither.
  run("CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT)");
  Follower& follower = follow("t", 1 << 20);
  run("SET SESSION binlog_transaction_compression = ON");
  run("SET SESSION gtid_next = 'AUTOMATIC:blue'");
  run("INSERT INTO t VALUES (1, REPEAT('z', 3000000)), (2, 'small')");
  run("SET SESSION gtid_next = 'AUTOMATIC'");
  const mysql::BinlogPosition end = here();
  Transaction transaction = follower.next();
  EXPECT_NE(transaction.gtid.find(":blue:"), std::string::npos) << transaction.gtid;
  const std::string gtids = connection_->query_value("SELECT @@global.gtid_executed").value_or("");
  EXPECT_NE(gtids.find(transaction.gtid.substr(0, 36)), std::string::npos);
  std::vector<std::int64_t> ids;
  while (true) {
    for (const binlog::Change& change : transaction.changes) {
      const auto& rows = std::get<RowsChange>(change);
      for (std::size_t row = 0; row < rows.row_count(); ++row) {
        ids.push_back(rows.after(row)->signed_int);
      }
    }
    if (transaction.last) break;
    transaction = follower.next();
  }
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(transaction.end, end);
}

TEST_P(StreamTest, StopsOnATableThatChanged) {
  run("CREATE TABLE t (id INT PRIMARY KEY)");
  Follower& follower = follow("t");
  run("ALTER TABLE t ADD COLUMN extra INT");
  run("INSERT INTO t VALUES (1, 2)");
  const base::Error error = follower.wait_for_error();
  EXPECT_EQ(error.code, "source.schema_changed");
  EXPECT_EQ(error.action, base::Action::fail);
  EXPECT_NE(error.message.find(schema_ + ".t"), std::string::npos) << error.message;
}

TEST_P(StreamTest, SaysWhenTheLogIsPurged) {
  run("CREATE TABLE t (id INT PRIMARY KEY)");
  const mysql::BinlogPosition old = here();
  run("FLUSH LOGS");
  run("PURGE BINARY LOGS TO '" + here().file + "'");
  Follower follower(endpoint_, old, [](const mysql::TableName&) { return nullptr; });
  const base::Error error = follower.wait_for_error();
  EXPECT_EQ(error.code, std::string(base::to_string(endpoint_.side)) + ".log_gone");
  EXPECT_FALSE(error.hint.empty());
}

TEST_P(StreamTest, FindsAMarker) {
  run("CREATE TABLE marker (id INT AUTO_INCREMENT PRIMARY KEY, token CHAR(32))");
  const mysql::BinlogPosition from = here();
  const std::string token = base::random_token();
  run("INSERT INTO marker (token) VALUES ('" + base::random_token() + "')");
  run("INSERT INTO marker (token) VALUES ('" + token + "')");
  const mysql::BinlogPosition end = here();
  run("INSERT INTO marker (token) VALUES ('" + base::random_token() + "')");
  const mysql::TableName table{schema_, "marker"};
  const auto now = std::chrono::steady_clock::now();
  EXPECT_EQ(find_marker(endpoint_, from, table, token, now + kDeadline, {}), end);
  EXPECT_THROW(find_marker(endpoint_, from, table, "missing", now + 1s, {}), base::ErrorException);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(find_marker(endpoint_, from, table, "missing", now + kDeadline, stop.get_token()),
            std::nullopt);
}

TEST_P(StreamTest, ReadsTablesWithColumnsNobodySees) {
  if (!new_server()) return;
  run("CREATE TABLE t (id INT PRIMARY KEY, a INT, g INT AS (a + 1) VIRTUAL, "
      "s INT AS (a + 2) STORED, h INT INVISIBLE DEFAULT 9, KEY fi ((a * 2)))");
  Follower& follower = follow("t");
  run("INSERT INTO t (id, a) VALUES (1, 10)");
  const RowsChange rows = follower.next_rows();
  ASSERT_EQ(rows.column_count, 5U);
  EXPECT_EQ(rows.after(0)[2].signed_int, 11);
  EXPECT_EQ(rows.after(0)[3].signed_int, 12);
  EXPECT_EQ(rows.after(0)[4].signed_int, 9);
}

INSTANTIATE_TEST_SUITE_P(Servers, StreamTest, testing::Values("SOURCE", "TARGET"),
                         [](const auto& server) { return server.param; });

}  // namespace
}  // namespace flyover::stream
