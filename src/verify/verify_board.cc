#include "verify/verify_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace flyover::verify {

bool is_the_tables_own(const base::Error& error) {
  return error.action != base::Action::retry && error.action != base::Action::bug &&
         !db::session_lost(error);
}

VerifyBoard::TableWork::TableWork(schema::Table table, std::uint64_t chunk_bytes)
    : plan(make_plan(std::move(table))), planner(plan.table, chunk_bytes) {
  splittable = planner.sql().splittable();
  still = !plan.table.transactional();
  result.name = plan.table.name;
  result.rows_estimated = plan.table.rows_estimated;
  for (const std::string& column : plan.select.skipped) {
    result.skipped_columns.push_back(column + " (generated)");
  }
}

VerifyBoard::VerifyBoard(std::vector<schema::Table> tables, std::uint64_t chunk_bytes,
                         std::size_t samples)
    : samples_(samples) {
  for (schema::Table& table : tables) {
    tables_.push_back(std::make_unique<TableWork>(std::move(table), chunk_bytes));
  }
}

void VerifyBoard::set_target_columns(std::size_t index, std::vector<std::string> skipped,
                                     bool same_order) {
  TableWork& table = *tables_[index];
  std::unique_lock counting(table.counting);
  table.splittable = table.splittable && same_order;
  for (std::string& column : skipped) table.result.skipped_columns.push_back(std::move(column));
}

void VerifyBoard::set_still(std::size_t index) {
  TableWork& table = *tables_[index];
  std::unique_lock counting(table.counting);
  table.still = true;
}

void VerifyBoard::open_suspects(TableWork& table) {
  table.open.assign(table.suspects.begin(), table.suspects.end());
  table.suspects.clear();
}

void VerifyBoard::begin_round(unsigned round, const std::optional<mysql::TableName>& suspect) {
  round_ = round;
  for (auto& table : tables_) {
    std::scoped_lock lock(table->planning, table->counting);
    if (table->failed) continue;
    if (suspect && table->plan.table.name != *suspect) {
      table->open.clear();
      table->tail_open = false;
      table->count_first = false;
      table->all_given_out = true;
      continue;
    }
    table->tail_open = round == 1 && !table->still;
    table->count_first = std::exchange(table->count_in_doubt, false);
    if (!table->count_first) open_suspects(*table);
    table->all_given_out = table->open.empty() && !table->tail_open && !table->count_first;
    if (!table->all_given_out) table->result.state = ValidationState::pending_records;
  }
}

std::optional<std::size_t> VerifyBoard::still_table(const mysql::TableName& name) const {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    std::unique_lock counting(tables_[i]->counting);
    if (tables_[i]->still && tables_[i]->plan.table.name == name) return i;
  }
  return std::nullopt;
}

bool VerifyBoard::open_still(std::size_t index) {
  TableWork& table = *tables_[index];
  std::scoped_lock lock(table.planning, table.counting);
  if (!table.still || table.failed) return false;
  table.tail_open = true;
  table.all_given_out = false;
  table.result.state = ValidationState::pending_records;
  return true;
}

bool VerifyBoard::has_open(std::size_t index) const {
  const TableWork& table = *tables_[index];
  std::unique_lock counting(table.counting);
  return !table.failed && !table.all_given_out;
}

bool VerifyBoard::has_open() const {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (has_open(i)) return true;
  }
  return false;
}

void VerifyBoard::end_round() {
  for (auto& table : tables_) {
    std::unique_lock counting(table->counting);
    if (table->failed) continue;
    FLYOVER_CHECK(table->all_given_out && table->in_work == 0);
    if (!table->suspects.empty() || table->count_in_doubt) {
      table->result.state = ValidationState::pending_revalidation;
    } else if (table->result.rows_different() > 0) {
      table->result.state = ValidationState::mismatched_records;
    } else {
      table->result.state = ValidationState::validated;
    }
  }
}

std::vector<mysql::TableName> VerifyBoard::suspects() const {
  std::vector<mysql::TableName> names;
  for (const auto& table : tables_) {
    std::unique_lock counting(table->counting);
    if (table->failed || (table->suspects.empty() && !table->count_in_doubt)) continue;
    names.push_back(table->plan.table.name);
  }
  return names;
}

std::optional<VerifyWork> VerifyBoard::next(db::Connection& source, std::uint64_t rows_max) {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    try {
      if (auto work = next_of(i, source, rows_max)) return work;
    } catch (const base::ErrorException& e) {
      if (!is_the_tables_own(e.error())) throw;
      fail(i, e.error());
    }
  }
  return std::nullopt;
}

std::optional<VerifyWork> VerifyBoard::next_of(std::size_t index, db::Connection& source,
                                               std::uint64_t rows_max) {
  TableWork& table = *tables_[index];
  std::unique_lock planning(table.planning);
  bool splittable = false;
  {
    std::unique_lock counting(table.counting);
    if (table.count_first) {
      table.count_first = false;
      ++table.in_work;
      return VerifyWork{.table = index, .range = {}, .count_only = true};
    }
    splittable = table.splittable;
  }
  VerifyWork work{.table = index};
  if (!table.open.empty()) {
    work.range = std::move(table.open.front());
    table.open.pop_front();
  } else if (table.tail_open) {
    work.range.lower = table.lower;
    if (splittable) work.range.upper = table.planner.next_bound(source, table.lower, rows_max);
    table.lower = work.range.upper;
    table.tail_open = table.lower.has_value();
  } else {
    return std::nullopt;
  }
  std::unique_lock counting(table.counting);
  ++table.in_work;
  table.all_given_out = table.open.empty() && !table.tail_open;
  return work;
}

void VerifyBoard::finish(TableWork& table, const DigestPair& digests) {
  if (round_ == 1) {
    table.source_rows += digests.source.rows;
    table.target_rows += digests.target.rows;
  }
  --table.in_work;
}

void VerifyBoard::equal(const VerifyWork& work, const DigestPair& digests) {
  TableWork& table = *tables_[work.table];
  table.planner.observe(digests.source.rows, digests.source.bytes);
  std::unique_lock counting(table.counting);
  table.result.rows_compared += digests.source.rows;
  table.result.bytes_compared += digests.source.bytes;
  finish(table, digests);
  if (table.counts_disagree.empty()) return;
  table.failed = true;
  table.result.state = ValidationState::table_error;
  table.result.error = fmt::format(
      "{}, although all {} rows that were read are equal: an index of the table is "
      "damaged; CHECK TABLE … EXTENDED on each server tells where, ALTER TABLE … FORCE "
      "there makes it anew",
      table.counts_disagree, digests.source.rows);
}

void VerifyBoard::suspect(const VerifyWork& work, const DigestPair& digests) {
  TableWork& table = *tables_[work.table];
  std::unique_lock counting(table.counting);
  table.suspects.push_back(work.range);
  finish(table, digests);
}

void VerifyBoard::differs(const VerifyWork& work, const DigestPair& digests,
                          ChunkDifferences found) {
  TableWork& table = *tables_[work.table];
  std::unique_lock counting(table.counting);
  TableResult& result = table.result;
  result.rows_compared += digests.source.rows;
  result.bytes_compared += digests.source.bytes;
  result.rows_missing += found.missing;
  result.rows_extra += found.extra;
  result.rows_changed += found.changed;
  result.rows_doubled += found.doubled;
  result.differing_ranges.push_back(work.range);
  for (RowDifference& sample : found.samples) {
    if (result.samples.size() < samples_) result.samples.push_back(std::move(sample));
  }
  finish(table, digests);
}

void VerifyBoard::fail(std::size_t index, const base::Error& error) {
  constexpr std::uint32_t kMoved[] = {
      1412,  // the definition is younger than the snapshot
      1146,  // no such table
      1049,  // no such schema
      1054,  // no such column
      1176,  // no such index
  };
  fail(index, error.text());
  TableWork& table = *tables_[index];
  const std::unique_lock counting(table.counting);
  table.result.definition_moved =
      std::find(std::begin(kMoved), std::end(kMoved), error.mysql_errno) != std::end(kMoved);
}

void VerifyBoard::fail(std::size_t index, const std::string& error) {
  TableWork& table = *tables_[index];
  std::scoped_lock lock(table.planning, table.counting);
  table.failed = true;
  table.all_given_out = true;
  table.count_first = false;
  table.open.clear();
  table.tail_open = false;
  table.suspects.clear();
  table.result.state = ValidationState::table_error;
  if (table.result.error.empty()) table.result.error = error;
}

bool VerifyBoard::wants_count(std::size_t index) const {
  const TableWork& table = *tables_[index];
  std::unique_lock counting(table.counting);
  return round_ == 1 && table.all_given_out && table.in_work == 0 && !table.failed &&
         !table.planner.sql().ranges_are_certain();
}

void VerifyBoard::counted(const VerifyWork& work, std::uint64_t source_rows,
                          std::uint64_t target_rows) {
  TableWork& table = *tables_[work.table];
  std::scoped_lock lock(table.planning, table.counting);
  if (round_ == 1) {
    table.count_in_doubt = source_rows != table.source_rows || target_rows != table.target_rows;
    return;
  }
  --table.in_work;
  if (source_rows == target_rows) {
    open_suspects(table);
  } else {
    // Chunks did not reach some row, so the chunks' results are worth nothing.
    table.counts_disagree = fmt::format("the active server counts {} rows and the other one {}",
                                        source_rows, target_rows);
    table.suspects.clear();
    table.open.assign(1, {});
    table.result.rows_compared = 0;
    table.result.bytes_compared = 0;
  }
  table.all_given_out = table.open.empty();
}

Report VerifyBoard::report() const {
  Report report;
  report.round = round_;
  for (const auto& table : tables_) {
    std::unique_lock counting(table->counting);
    report.tables.push_back(table->result);
  }
  return report;
}

}  // namespace flyover::verify
