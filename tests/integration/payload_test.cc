// A compressed transaction that is far larger than what the stream may hold.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>

#include "integration/servers.h"
#include "stream/binlog_stream.h"
#include "stream/marker.h"

namespace flyover::stream {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRows = 300'000;
constexpr std::size_t kTextBytes = 1000;
constexpr std::size_t kPartBytes = std::size_t{4} << 20;
constexpr std::size_t kQueueBytes = std::size_t{16} << 20;
// The queue, a part, the compressed event and its copy; not the 300 MB.
constexpr std::size_t kMemoryMax = std::size_t{96} << 20;

/// Of the process: now, or the most since reset_peak().
std::size_t resident_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stoull(line.substr(field.size() + 1)) << 10;
  }
  ADD_FAILURE() << "no " << field;
  return 0;
}

void reset_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// Makes the table and returns the position before the one large transaction.
mysql::BinlogPosition write_rows(db::Connection& writer) {
  writer.execute("DROP DATABASE IF EXISTS payload");
  writer.execute("CREATE DATABASE payload");
  writer.execute("CREATE TABLE payload.t (id INT PRIMARY KEY, v VARCHAR(1000)) CHARSET latin1");
  const mysql::BinlogPosition start = current_position(writer);
  writer.execute(fmt::format("SET cte_max_recursion_depth = {}", kRows));
  writer.execute("SET binlog_transaction_compression = ON");
  writer.execute(
      fmt::format("INSERT INTO payload.t WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT "
                  "id + 1 FROM n WHERE id < {}) SELECT id, RPAD(id, {}, 'flyover ') FROM n",
                  kRows, kTextBytes));
  return start;
}

TEST(Payload, LargerThanMemoryIsStreamed) {
  db::Connection writer = db::Connection::open(integration::root_endpoint(base::Side::target));
  const mysql::BinlogPosition start = write_rows(writer);
  const mysql::BinlogPosition end = current_position(writer);
  ASSERT_EQ(start.file, end.file);
  EXPECT_LT(end.offset - start.offset, kRows * kTextBytes / 10) << "it is not compressed";
  schema::Table table{.name = {"payload", "t"}, .engine = "InnoDB"};
  table.columns = {{.name = "id", .data_type = "int", .column_type = "int"},
                   {.name = "v", .data_type = "varchar", .column_type = "varchar(1000)"}};
  table.columns[1].max_length_bytes = kTextBytes;
  BinlogStream::Queue queue(kQueueBytes);
  BinlogStream stream({.endpoint = integration::endpoint(base::Side::target),
                       .start = start,
                       .filter = [&](const mysql::TableName& name) -> const schema::Table* {
                         return name == table.name ? &table : nullptr;
                       },
                       .part_bytes = kPartBytes},
                      queue);
  reset_peak();
  const std::size_t before = resident_bytes("VmRSS:");
  std::jthread thread([&](std::stop_token stop) {
    try {
      stream.run(stop);
    } catch (const base::ErrorException& e) {
      ADD_FAILURE() << e.what();
    }
    queue.close();
  });
  std::size_t rows = 0;
  std::size_t parts = 0;
  bool last = false;
  const auto deadline = std::chrono::steady_clock::now() + 120s;
  while (!last && std::chrono::steady_clock::now() < deadline) {
    const auto part = queue.pop_for(1s, {});
    if (!part || part->changes.empty()) continue;
    EXPECT_EQ(part->first, parts == 0);
    for (const binlog::Change& change : part->changes) {
      const auto& inserted = std::get<binlog::RowsChange>(change);
      for (std::size_t row = 0; row < inserted.row_count(); ++row) {
        ++rows;
        ASSERT_EQ(static_cast<std::size_t>(inserted.after(row)[0].signed_int), rows);
        ASSERT_EQ(inserted.after(row)[1].bytes.size(), kTextBytes);
      }
    }
    ++parts;
    last = part->last;
    if (last) {
      EXPECT_EQ(part->end, end);
    }
  }
  thread.request_stop();
  thread.join();
  EXPECT_EQ(rows, kRows);
  EXPECT_GT(parts, 10U);
  EXPECT_LT(resident_bytes("VmHWM:"), before + kMemoryMax);
  RecordProperty("memory_bytes", std::to_string(resident_bytes("VmHWM:") - before));
  writer.execute("DROP DATABASE payload");
}

}  // namespace
}  // namespace flyover::stream
