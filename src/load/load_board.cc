#include "load/load_board.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "load/loader.h"

namespace flyover::load {

std::string_view to_string(TableState state) {
  switch (state) {
    case TableState::before_load:
      return "Before load";
    case TableState::full_load:
      return "Full load";
    case TableState::table_completed:
      return "Table completed";
  }
  return "";
}

LoadBoard::TableWork::TableWork(schema::Table table)
    : plan{.table = std::move(table)}, planner(plan.table, 1) {
  plan.select = schema::make_row_select(plan.table);
  plan.keyed = plan.table.row_key() != nullptr;
  progress.name = plan.table.name;
  progress.rows_estimated = plan.table.rows_estimated;
}

void LoadBoard::add(schema::Table table, const std::vector<ChunkRecord>& records) {
  auto work = std::make_unique<TableWork>(std::move(table));
  const auto is_last = [](const ChunkRecord& record) { return record.last; };
  if (work->plan.keyed) {
    const auto open = open_ranges(records);
    work->open.assign(open.begin(), open.end());
  } else if (std::none_of(records.begin(), records.end(), is_last)) {
    FLYOVER_CHECK(records.empty());
    work->open.push_back({});
  }
  work->all_given_out = work->open.empty();
  for (const ChunkRecord& record : records) {
    work->progress.rows_loaded += record.rows;
    work->progress.bytes_loaded += record.bytes;
    ++work->progress.chunks_done;
    work->planner.observe(record.rows, record.bytes);
  }
  if (!records.empty()) work->progress.state = TableState::full_load;
  if (work->all_given_out) work->progress.state = TableState::table_completed;
  tables_.push_back(std::move(work));
}

std::optional<ChunkWork> LoadBoard::next(db::Connection& reader, std::uint64_t chunk_bytes,
                                         std::uint64_t rows_max) {
  for (std::size_t i = first_open_; i < tables_.size(); ++i) {
    try {
      if (auto work = next_of(i, reader, chunk_bytes, rows_max)) return work;
      // What was given out once is not given out again.
      std::size_t first = i;
      first_open_.compare_exchange_strong(first, i + 1);
    } catch (const base::ErrorException& e) {
      throw_if_changed(plan(i).table.name, e.error());
      throw;
    }
  }
  return std::nullopt;
}

std::optional<ChunkWork> LoadBoard::next_of(std::size_t index, db::Connection& reader,
                                            std::uint64_t chunk_bytes, std::uint64_t rows_max) {
  TableWork& table = *tables_[index];
  std::unique_lock planning(table.planning);
  if (table.open.empty()) return std::nullopt;
  OpenRange first = table.open.front();
  const bool tail = !first.range.upper;
  if (tail) {
    {
      std::unique_lock counting(table.counting);
      table.progress.state = TableState::full_load;
    }
    table.planner.aim(chunk_bytes);
    first.range.upper = table.planner.next_bound(reader, first.range.lower, rows_max);
  }
  table.open.pop_front();
  if (tail && first.range.upper) {
    table.open.push_back({first.chunk + 1, {first.range.upper, std::nullopt}});
  }
  std::unique_lock counting(table.counting);
  ++table.in_work;
  table.all_given_out = table.open.empty();
  return ChunkWork{index, first.chunk, first.range};
}

bool LoadBoard::done(std::size_t index, const ChunkRecord& record) {
  TableWork& table = *tables_[index];
  table.planner.observe(record.rows, record.bytes);
  std::unique_lock counting(table.counting);
  table.progress.rows_loaded += record.rows;
  table.progress.bytes_loaded += record.bytes;
  ++table.progress.chunks_done;
  // The parts of a table without a key are one piece of work.
  if (!table.plan.keyed && !record.last) return false;
  --table.in_work;
  if (!table.all_given_out || table.in_work > 0) return false;
  table.progress.state = TableState::table_completed;
  return true;
}

bool LoadBoard::completed(std::size_t index) const {
  std::unique_lock counting(tables_[index]->counting);
  return tables_[index]->progress.state == TableState::table_completed;
}

bool LoadBoard::all_completed() const {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (!completed(i)) return false;
  }
  return true;
}

bool LoadBoard::all_given_out() const {
  return std::all_of(tables_.begin(), tables_.end(), [](const auto& table) {
    std::unique_lock counting(table->counting);
    return table->all_given_out;
  });
}

bool LoadBoard::keyless_in_work() const {
  return std::any_of(tables_.begin(), tables_.end(), [](const auto& table) {
    std::unique_lock counting(table->counting);
    return !table->plan.keyed && table->in_work > 0;
  });
}

std::uint64_t LoadBoard::bytes_left() const {
  std::uint64_t bytes = 0;
  for (const auto& table : tables_) {
    const std::unique_lock counting(table->counting);
    if (table->progress.state == TableState::table_completed) continue;
    bytes += table->plan.table.data_bytes;
  }
  return bytes;
}

Progress LoadBoard::progress(std::uint64_t chunk_bytes) const {
  Progress all;
  for (const auto& table : tables_) {
    std::unique_lock counting(table->counting);
    TableProgress progress = table->progress;
    counting.unlock();
    progress.chunks_total = progress.chunks_done;
    if (progress.state != TableState::table_completed) {
      const std::uint64_t row_bytes =
          progress.rows_loaded > 0
              ? progress.bytes_loaded / progress.rows_loaded
              : table->plan.table.data_bytes / std::max<std::uint64_t>(1, progress.rows_estimated);
      const std::uint64_t rows_left =
          progress.rows_estimated - std::min(progress.rows_estimated, progress.rows_loaded);
      progress.chunks_total += 1 + rows_left * row_bytes / std::max<std::uint64_t>(1, chunk_bytes);
    }
    all.push_back(std::move(progress));
  }
  return all;
}

}  // namespace flyover::load
