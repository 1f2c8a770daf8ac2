#include "load/chunk_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fault.h"
#include "load/loader.h"
#include "load/row_encoder.h"

namespace flyover::load {
namespace {

constexpr std::uint32_t kDuplicateKey = 1062;
// Small chunks share a commit, which costs more than they do, until it holds this much.
constexpr std::uint64_t kCommitBytes = 1 << 20;
constexpr std::size_t kCommitChunks = 100;

}  // namespace

void ChunkWriter::run(std::stop_token stop) {
  const db::InterruptOnStop interrupt(target_, stop);
  std::optional<db::InterruptOnStop> interrupt_outside;
  if (outside_ != nullptr) interrupt_outside.emplace(*outside_, stop);
  while (true) {
    // Nothing stays uncommitted while the reader has nothing to send.
    auto item = open_chunks_.empty() ? pipe_.pop(stop) : pipe_.try_pop();
    if (stop.stop_requested()) throw Stopped();
    if (!item && open_chunks_.empty()) return;
    if (!item) {
      commit();
      continue;
    }
    const auto* begin = std::get_if<ChunkBegin>(&*item);
    FLYOVER_CHECK(begin != nullptr);
    write_chunk(begin->work, stop);
    const std::uint64_t full = std::min(kCommitBytes, options_.tuning.chunk_bytes());
    if (open_bytes_ >= full || open_chunks_.size() >= kCommitChunks) commit();
  }
}

PipeItem ChunkWriter::receive(const std::stop_token& stop) {
  auto item = pipe_.pop(stop);
  // The pipe is closed between chunks only: inside one, its end means that the reader failed.
  if (!item) throw Stopped();
  return std::move(*item);
}

void ChunkWriter::write_chunk(const ChunkWork& work, const std::stop_token& stop) {
  const TablePlan& plan = board_.plan(work.table);
  ChunkRecord record{.chunk = work.chunk,
                     .key_columns = board_.sql(work.table).column_names(),
                     .range = work.range};
  if (open_chunks_.empty()) target_.begin();
  try {
    target_.execute(records_.claim_sql(plan.table.name, record));
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kDuplicateKey) throw;
    base::Error error = e.error();
    error.code = "load.chunk_claimed";
    error.action = base::Action::retry;
    error.message = fmt::format("another session loaded chunk {} of {} at the same time",
                                work.chunk, plan.table.name.to_string());
    base::throw_error(std::move(error));
  }
  const bool outside = options_.outside.contains(plan.table.name);
  FLYOVER_CHECK(!outside || outside_ != nullptr);
  rows_ = outside ? outside_ : &target_;
  const auto begun = std::chrono::steady_clock::now();
  const ChunkEnd end =
      options_.method == WriteMethod::load_data ? load_rows(plan, stop) : insert_rows(plan, stop);
  options_.tuning.chunk_written(end.bytes, std::chrono::steady_clock::now() - begun);
  record.rows = end.rows;
  record.bytes = end.bytes;
  record.last = end.last;
  target_.execute(records_.complete_sql(plan.table.name, record));
  open_bytes_ += record.bytes;
  open_chunks_.emplace_back(work.table, std::move(record));
}

void ChunkWriter::commit() {
  FLYOVER_FAULT("load.before_chunk_commit");
  target_.commit();
  FLYOVER_FAULT("load.after_chunk_commit");
  open_bytes_ = 0;
  for (const auto& [table, record] : std::exchange(open_chunks_, {})) {
    const bool whole = board_.done(table, record);
    if (whole && options_.table_loaded) options_.table_loaded(board_.plan(table).table);
  }
}

ChunkEnd ChunkWriter::load_rows(const TablePlan& plan, const std::stop_token& stop) {
  RowBatch batch;
  std::size_t sent = 0;
  std::uint64_t expected_warnings = 0;
  std::uint64_t rows = 0;
  // They wait until the statement that is being fed has ended: at most the chunk's rows.
  std::vector<RowBatch> inserts;
  std::optional<ChunkEnd> end;
  const auto feed = [&](char* buffer, std::size_t size) -> std::size_t {
    std::size_t filled = 0;
    while (filled < size && !end) {
      if (sent == batch.text.size()) {
        PipeItem item = receive(stop);
        if (const auto* chunk_end = std::get_if<ChunkEnd>(&item)) {
          end = *chunk_end;
          break;
        }
        RowBatch& next = std::get<RowBatch>(item);
        options_.tuning.lanes().passed(next.text.size());
        if (next.insert) {
          inserts.push_back(std::move(next));
          continue;
        }
        batch = std::move(next);
        rows += batch.rows;
        expected_warnings += batch.expected_warnings;
        sent = 0;
      }
      const std::size_t count = std::min(size - filled, batch.text.size() - sent);
      std::memcpy(buffer + filled, batch.text.data() + sent, count);
      filled += count;
      sent += count;
    }
    return filled;
  };
  const db::ExecResult result = rows_->load_data(
      fmt::format("LOAD DATA LOCAL INFILE 'flyover' INTO TABLE {} {} {}", plan.table.name.quoted(),
                  kLineFormat, plan.select.load_columns()),
      feed);
  FLYOVER_CHECK(end.has_value());
  check_written(plan, result, rows, expected_warnings);
  for (const RowBatch& waiting : inserts) {
    insert_batch(plan, waiting);
    rows += waiting.rows;
  }
  FLYOVER_CHECK(rows == end->rows);
  return *end;
}

ChunkEnd ChunkWriter::insert_rows(const TablePlan& plan, const std::stop_token& stop) {
  while (true) {
    PipeItem item = receive(stop);
    if (const auto* end = std::get_if<ChunkEnd>(&item)) return *end;
    const RowBatch& batch = std::get<RowBatch>(item);
    options_.tuning.lanes().passed(batch.text.size());
    insert_batch(plan, batch);
  }
}

void ChunkWriter::insert_batch(const TablePlan& plan, const RowBatch& batch) {
  const std::string sql = fmt::format("INSERT INTO {} {} VALUES {}", plan.table.name.quoted(),
                                      plan.select.insert_columns(), batch.text);
  check_written(plan, rows_->execute(sql), batch.rows, batch.expected_warnings);
}

void ChunkWriter::check_written(const TablePlan& plan, const db::ExecResult& result,
                                std::uint64_t rows, std::uint64_t expected_warnings) {
  // The server counts at most 65,535 warnings.
  const std::uint64_t expected = std::min<std::uint64_t>(expected_warnings, 65'535);
  if (result.affected_rows == rows && result.warnings == expected) return;
  base::Error error{.code = "load.rows_altered",
                    .side = base::Side::target,
                    .action = base::Action::pause,
                    .message = fmt::format(
                        "{}: {} of {} rows were written, with {} warnings; the chunk was undone",
                        plan.table.name.to_string(), result.affected_rows, rows, result.warnings),
                    .hint = "Make the target's table able to hold the values, then run again."};
  const db::Table warnings = rows_->query("SHOW WARNINGS LIMIT 3");
  bool duplicate = false;
  for (std::size_t i = 0; i < warnings.rows.size(); ++i) {
    duplicate |= warnings.number(i, "Code") == kDuplicateKey;
    error.message +=
        fmt::format("; warning {}: {}", warnings.text(i, "Code"), warnings.text(i, "Message"));
  }
  // A value that moved from one row to another between two moments is in both.
  if (duplicate && options_.several_moments && plan.keyed) {
    throw TableChanged(plan.table.name, std::move(error));
  }
  base::throw_error(std::move(error));
}

}  // namespace flyover::load
