#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>

#include "load/load_board.h"
#include "load/load_records.h"
#include "load/row_encoder.h"
#include "load/tuning.h"

namespace flyover::load {
namespace {

using schema::Bound;

std::optional<Bound> at(int key) {
  return Bound{std::to_string(key)};
}

TEST(OpenRanges, WithoutRecordsIsTheWholeTable) {
  EXPECT_EQ(open_ranges({}), (std::vector<OpenRange>{{0, {}}}));
}

TEST(OpenRanges, GapsAreClosedAndTheEndStaysOpen) {
  const std::vector<ChunkRecord> records = {{.chunk = 1, .range = {at(10), at(20)}},
                                            {.chunk = 2, .range = {at(20), at(30)}},
                                            {.chunk = 5, .range = {at(50), at(60)}}};
  EXPECT_EQ(open_ranges(records),
            (std::vector<OpenRange>{
                {0, {std::nullopt, at(10)}}, {3, {at(30), at(50)}}, {6, {at(60), std::nullopt}}}));
}

TEST(OpenRanges, CompleteTablesHaveNone) {
  EXPECT_TRUE(open_ranges({{.chunk = 0, .range = {}}}).empty());
  EXPECT_TRUE(open_ranges({{.chunk = 0, .range = {std::nullopt, at(1)}},
                           {.chunk = 1, .range = {at(1), std::nullopt}}})
                  .empty());
}

TEST(OpenRanges, RecordsThatAreNotOneWalkAreRefused) {
  const auto refused = [](const std::vector<ChunkRecord>& records) {
    try {
      open_ranges(records);
    } catch (const base::ErrorException& e) {
      return e.error().code == "load.records_broken";
    }
    return false;
  };
  // No room for the chunk that is missing, a chunk after the last one, one number twice.
  EXPECT_TRUE(refused(
      {{.chunk = 0, .range = {std::nullopt, at(1)}}, {.chunk = 1, .range = {at(2), at(3)}}}));
  EXPECT_TRUE(refused({{.chunk = 0, .range = {}}, {.chunk = 1, .range = {at(2), at(3)}}}));
  EXPECT_TRUE(refused(
      {{.chunk = 0, .range = {std::nullopt, at(1)}}, {.chunk = 0, .range = {at(1), at(3)}}}));
  EXPECT_TRUE(refused({{.chunk = 0, .range = {at(1), at(2)}}}));
}

TEST(OpenRanges, TogetherWithTheRecordsTheyCoverEveryKeyOnce) {
  rc::check([](const std::vector<bool>& loaded) {
    // Chunk i holds the keys (i*10, i*10+10]; the last one is open.
    std::vector<ChunkRecord> records;
    const int last = static_cast<int>(loaded.size()) - 1;
    for (int i = 0; i <= last; ++i) {
      if (!loaded[static_cast<std::size_t>(i)]) continue;
      records.push_back({.chunk = static_cast<std::uint64_t>(i),
                         .range = {i == 0 ? std::nullopt : at(i * 10),
                                   i == last ? std::nullopt : at(i * 10 + 10)}});
    }
    std::vector<schema::ChunkRange> all;
    for (const ChunkRecord& record : records) all.push_back(record.range);
    for (const OpenRange& open : open_ranges(records)) all.push_back(open.range);
    for (int key = 5; key < (last + 1) * 10; key += 10) {
      int holders = 0;
      for (const auto& range : all) {
        const bool above = !range.lower || std::stoi((*range.lower)[0]) < key;
        const bool below = !range.upper || std::stoi((*range.upper)[0]) >= key;
        if (above && below) ++holders;
      }
      RC_ASSERT(holders == 1);
    }
  });
}

schema::Table keyless_table() {
  schema::Table table;
  table.name = {"s", "t"};
  schema::Column number_enum{.name = "e", .kind = schema::ValueKind::enumeration};
  number_enum.members = {"1"};
  table.columns = {{.name = "v", .kind = schema::ValueKind::text},
                   number_enum,
                   {.name = "j", .kind = schema::ValueKind::json}};
  return table;
}

TEST(RowEncoder, LinesAndValues) {
  const auto select = schema::make_row_select(keyless_table());
  const RowEncoder encoder(select);
  const std::vector<db::Field> fields = {std::string_view("a\t\n\\'\0\r", 7), "0", "{}"};
  std::string out;
  encoder.append_line(out, fields);
  EXPECT_EQ(out, std::string("a\\t\\n\\\\'\\0\r\t0\t{}\n"));
  out.clear();
  encoder.append_values(out, fields);
  EXPECT_EQ(out, "('a\t\\n\\\\\\'\\0\\r',0,CONVERT('{}' USING utf8mb4))");
  EXPECT_EQ(encoder.expected_warnings(fields), 1U);
  EXPECT_EQ(row_bytes(fields), 10U);
  const std::vector<db::Field> nothing(3);
  out.clear();
  encoder.append_line(out, nothing);
  encoder.append_values(out, nothing);
  EXPECT_EQ(out, "\\N\t\\N\t\\N\n(NULL,NULL,NULL)");
  EXPECT_EQ(encoder.expected_warnings(nothing), 0U);
}

TEST(RowEncoder, DocumentsThatAreMoreThanTheirText) {
  const auto select = schema::make_row_select(keyless_table());
  const RowEncoder encoder(select);
  std::vector<db::Field> fields = {"a", "1", "[1.50]", std::nullopt};
  EXPECT_FALSE(encoder.needs_insert(fields));
  std::string out;
  encoder.append_line(out, fields);
  EXPECT_EQ(out, "a\t1\t[1.50]\n");
  fields[3] = R"([[null, 1, "DECIMAL", 1.50]])";
  EXPECT_TRUE(encoder.needs_insert(fields));
  out.clear();
  encoder.append_values(out, fields);
  EXPECT_EQ(out, "('a',1,JSON_ARRAY(CAST('1.50' AS DECIMAL(65,2))))");
  fields[3] = R"([[null, 1, "DECIMAL", 2.50]])";
  EXPECT_THROW(encoder.append_values(out, fields), base::ErrorException);
  fields[2] = "\"base64:type249:YQ==\"";
  fields[3] = R"([[null, null, "BLOB", "base64:type249:YQ=="]])";
  EXPECT_THROW(encoder.append_values(out, fields), base::ErrorException);
}

TEST(LoadBoard, TakesUpWhatIsRecorded) {
  LoadBoard board;
  board.add(keyless_table(), {{.chunk = 0, .rows = 5, .bytes = 50},
                              {.chunk = 1, .last = true, .rows = 6, .bytes = 60}});
  EXPECT_TRUE(board.all_completed());
  const auto progress = board.progress(1000);
  EXPECT_EQ(progress.at(0).rows_loaded, 11U);
  EXPECT_EQ(progress.at(0).chunks_total, 2U);
  board.add(keyless_table(), {});
  EXPECT_FALSE(board.all_completed());
  EXPECT_EQ(to_string(board.progress(1000).at(1).state), "Before load");
}

TEST(Tuning, KeepsWhatIsFixed) {
  Tuning tuning({.lanes = 5, .chunk_bytes = 1000, .data_bytes = 1});
  EXPECT_EQ(tuning.lanes().most(), 5U);
  tuning.lanes().wait_for_turn(4, {});
  tuning.chunk_written(64 << 20, std::chrono::milliseconds(1));
  EXPECT_EQ(tuning.chunk_bytes(), 1000U);
  EXPECT_TRUE(tuning.decisions().lanes_fixed && tuning.decisions().chunk_bytes_fixed);
}

TEST(Tuning, AimsForChunksOfASecond) {
  Tuning tuning({});
  for (int i = 0; i < 20; ++i) tuning.chunk_written(4 << 20, std::chrono::milliseconds(500));
  EXPECT_NEAR(static_cast<double>(tuning.chunk_bytes()), 8 << 20, 1 << 10);
  // A small chunk tells nothing; one that is slow is not the measure.
  tuning.chunk_written(100, std::chrono::seconds(9));
  tuning.chunk_written(4 << 20, std::chrono::seconds(1000));
  EXPECT_NEAR(static_cast<double>(tuning.chunk_bytes()), 4 << 20, 1 << 14);
  for (int i = 0; i < 20; ++i) tuning.chunk_written(1 << 30, std::chrono::milliseconds(1));
  EXPECT_EQ(tuning.chunk_bytes(), 64ULL << 20);
}

}  // namespace
}  // namespace flyover::load
