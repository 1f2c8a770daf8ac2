// A stream ends at a statement that changes definitions, and goes on behind it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "stream/transaction_assembler.h"

namespace flyover::stream {
namespace {

using binlog::EventType;
using binlog::RowsChange;
using binlog::StatementChange;

std::string event(EventType type, const std::string& body) {
  base::ByteWriter out;
  out.u32(1000).u8(static_cast<std::uint8_t>(type)).u32(1);
  out.u32(static_cast<std::uint32_t>(binlog::kEventHeaderBytes + body.size())).u32(0).u16(0);
  return out.bytes(body).take();
}

std::string query(const std::string& sql, const std::string& variables = "") {
  base::ByteWriter body;
  body.u32(7).u32(0).u8(1).u16(0).u16(static_cast<std::uint16_t>(variables.size()));
  body.bytes(variables).nul_terminated("s").bytes(sql);
  return event(EventType::query, body.str());
}

std::string rows(std::uint32_t value) {
  base::ByteWriter map;
  map.uint_le(9, 6).u16(1).u8(1).nul_terminated("s").u8(1).nul_terminated("t");
  map.u8(1).u8(3).u8(0).u8(1);
  base::ByteWriter insert;
  insert.uint_le(9, 6).u16(1).u16(2).u8(1).u8(1).u8(0).u32(value);
  return event(EventType::table_map, map.str()) + event(EventType::write_rows, insert.str());
}

// Feeds whole files of events from a position on.
struct Reader {
  explicit Reader(std::uint64_t created_at = 0) {
    table.name = {"s", "t"};
    table.engine = "InnoDB";
    table.columns = {{.name = "id", .data_type = "int", .column_type = "int(11)"}};
    assembler.emplace(AssemblerOptions{.filter = [this](const mysql::TableName&) { return &table; },
                                       .ends_stream =
                                           [](const StatementChange& statement) {
                                             return statement.sql.starts_with("CREATE TABLE");
                                           },
                                       .created_at = {file, created_at}},
                      mysql::BinlogPosition{file, 4},
                      [this](binlog::Transaction t) { out.push_back(std::move(t)); });
  }
  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t size = static_cast<unsigned char>(bytes[9]) |
                               static_cast<std::size_t>(static_cast<unsigned char>(bytes[10])) << 8;
      auto view = binlog::parse_event(bytes.substr(0, size), binlog::ChecksumAlgorithm::off);
      ASSERT_TRUE(view.ok());
      const auto error = assembler->take(*view, {file, at, at + size});
      ASSERT_FALSE(error) << error->message;
      at += size;
      bytes.remove_prefix(size);
    }
  }

  const std::string file = "bin.000001";
  schema::Table table;
  std::uint64_t at = 4;
  std::vector<binlog::Transaction> out;
  std::optional<TransactionAssembler> assembler;
};

TEST(Definitions, NothingIsTakenBehindTheStatement) {
  Reader reader;
  const std::string before = query("BEGIN") + rows(1) + query("COMMIT");
  reader.feed(before + query("CREATE TABLE t (id INT)") + query("BEGIN") + rows(2));
  EXPECT_TRUE(reader.assembler->ended());
  ASSERT_EQ(reader.out.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<StatementChange>(reader.out[1].changes.at(0)));
  EXPECT_TRUE(reader.out[1].last);
  EXPECT_EQ(reader.out[1].start.offset, 4 + before.size());
}

TEST(Definitions, ATableThatComesWithItsRowsIsHandedOverWithoutThem) {
  const std::string statement = query("CREATE TABLE t (id INT) START TRANSACTION");
  const std::string all = query("BEGIN") + statement + rows(1) + query("COMMIT");
  Reader first;
  first.feed(all);
  ASSERT_EQ(first.out.size(), 1U);
  EXPECT_FALSE(first.out[0].last);
  EXPECT_EQ(first.out[0].changes.size(), 1U);
  // The transaction is read again from its start, now that the table is there.
  EXPECT_EQ(first.assembler->resumable_position().offset, 4U);
  Reader second(4);
  second.feed(all);
  EXPECT_FALSE(second.assembler->ended());
  ASSERT_EQ(second.out.size(), 1U);
  EXPECT_TRUE(second.out[0].last);
  ASSERT_EQ(second.out[0].changes.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<RowsChange>(second.out[0].changes[0]));
}

TEST(Definitions, TheStatementBringsItsSession) {
  base::ByteWriter variables;
  variables.u8(0).u32(1U << 26).u8(3).u16(10).u16(3).u8(4).u16(33).u16(33).u16(8);
  variables.u8(5).u8(6).bytes("+02:00").u8(13).uint_le(123456, 3).u8(18).u16(45);
  Reader reader;
  reader.feed(query("CREATE TABLE t (id INT)", variables.str()));
  ASSERT_EQ(reader.out.size(), 1U);
  const auto& statement = std::get<StatementChange>(reader.out[0].changes.at(0));
  EXPECT_EQ(statement.session.flags2, 1U << 26);
  EXPECT_EQ(statement.session.auto_increment_increment, 10);
  EXPECT_EQ(statement.session.auto_increment_offset, 3);
  EXPECT_EQ(statement.session.client_charset, 33);
  EXPECT_EQ(statement.session.server_collation, 8);
  EXPECT_EQ(statement.session.time_zone, "+02:00");
  EXPECT_EQ(statement.session.microseconds, 123456U);
  EXPECT_EQ(statement.session.timestamp_s, 1000U);
  EXPECT_EQ(statement.session.default_collation_for_utf8mb4, 45);
}

}  // namespace
}  // namespace flyover::stream
