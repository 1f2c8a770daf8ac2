// A binary log file above 4 GiB of a real MySQL 5.6: one statement makes it. Takes minutes and
// 10 GB of disk, so it is not part of `make test`: `make largefile`.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "integration/servers.h"
#include "stream/binlog_stream.h"
#include "stream/marker.h"

namespace flyover::stream {
namespace {

using namespace std::chrono_literals;
using binlog::RowsChange;

constexpr std::uint64_t kFourGiB = std::uint64_t{1} << 32;
constexpr std::size_t kRows = 560;
constexpr std::size_t kTextBytes = 8'000'000;

schema::Table table_of(const std::string& name) {
  schema::Table table{.name = {"large", name}, .engine = name == "wide" ? "BLACKHOLE" : "InnoDB"};
  table.columns = {{.name = "id", .data_type = "int", .column_type = "int(11)"},
                   {.name = "v", .data_type = "longtext", .column_type = "longtext"}};
  return table;
}

/// What a stream hands over from `start` until the row of large.small with the id `until`.
struct Streamed {
  std::size_t wide_rows = 0;
  mysql::BinlogPosition wide_end;  ///< of the transaction with the wide rows
  mysql::BinlogPosition end;
};
Streamed stream_until(const mysql::BinlogPosition& start, std::int64_t until) {
  const schema::Table wide = table_of("wide");
  const schema::Table small = table_of("small");
  BinlogStream::Queue queue(std::size_t{32} << 20);
  BinlogStream stream({.endpoint = integration::endpoint(base::Side::source),
                       .start = start,
                       .filter = [&](const mysql::TableName& name) -> const schema::Table* {
                         if (name == wide.name) return &wide;
                         return name == small.name ? &small : nullptr;
                       }},
                      queue);
  std::jthread thread([&](std::stop_token stop) {
    try {
      stream.run(stop);
    } catch (const base::ErrorException& e) {
      ADD_FAILURE() << e.what();
    }
    queue.close();
  });
  Streamed streamed;
  bool seen = false;
  while (!seen && !queue.finished()) {
    const auto part = queue.pop_for(1s, {});
    if (!part) continue;
    bool has_wide = false;
    for (const binlog::Change& change : part->changes) {
      const auto& rows = std::get<RowsChange>(change);
      has_wide = has_wide || rows.table == wide.name;
      seen = seen || (rows.table == small.name && rows.after(0)[0].signed_int == until);
      for (std::size_t row = 0; row < rows.row_count() && rows.table == wide.name; ++row) {
        ++streamed.wide_rows;
        EXPECT_EQ(rows.after(row)[1].bytes.size(), kTextBytes);
      }
    }
    if (part->last && streamed.wide_end.empty() && streamed.wide_rows > 0) {
      streamed.wide_end = part->end;
    }
    streamed.end = part->end;
  }
  thread.request_stop();
  thread.join();
  return streamed;
}

TEST(LargeFile, IsReadAndResumedBehind4GiB) {
  db::Connection writer = db::Connection::open(integration::root_endpoint(base::Side::source));
  writer.execute("DROP DATABASE IF EXISTS large");
  writer.execute("CREATE DATABASE large");
  // Rows that are logged and not stored.
  writer.execute("CREATE TABLE large.wide (id INT, v LONGTEXT) ENGINE=BLACKHOLE");
  writer.execute("CREATE TABLE large.small (id INT PRIMARY KEY, v LONGTEXT) ENGINE=InnoDB");
  writer.execute("CREATE TABLE large.n (id INT PRIMARY KEY) ENGINE=InnoDB");
  for (std::size_t id = 0; id < kRows; ++id) {
    writer.execute(fmt::format("INSERT INTO large.n VALUES ({})", id));
  }
  const mysql::BinlogPosition start = current_position(writer);
  writer.execute("INSERT INTO large.small VALUES (1, 'before')");
  writer.execute(
      fmt::format("INSERT INTO large.wide SELECT id, REPEAT('x', {}) FROM large.n", kTextBytes));
  writer.execute("INSERT INTO large.small VALUES (2, 'behind')");

  const Streamed whole = stream_until(start, 2);
  EXPECT_EQ(whole.wide_rows, kRows);
  EXPECT_EQ(whole.wide_end.file, start.file);
  EXPECT_GT(whole.wide_end.offset, kFourGiB);
  EXPECT_NE(whole.end.file, start.file);

  // COM_BINLOG_DUMP can not name this position.
  const Streamed resumed = stream_until(whole.wide_end, 2);
  EXPECT_EQ(resumed.wide_rows, 0U);
  EXPECT_EQ(resumed.end, whole.end);
  writer.execute("DROP DATABASE large");
}

}  // namespace
}  // namespace flyover::stream
