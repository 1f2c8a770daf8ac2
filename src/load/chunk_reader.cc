#include "load/chunk_reader.h"

#include <utility>

#include "base/fault.h"
#include "load/loader.h"
#include "load/row_encoder.h"
#include "schema/json_types.h"

namespace flyover::load {

void ChunkReader::run(std::stop_token stop) {
  const db::InterruptOnStop interrupt(source_, stop);
  while (const auto work = next_work(stop)) {
    try {
      read_chunk(*work, stop);
    } catch (const base::ErrorException& e) {
      throw_if_changed(board_.plan(work->table).table.name, e.error());
      throw;
    }
    // The snapshot stays, the lock on the table's definition goes: an ALTER TABLE of the
    // application, and every statement that queues behind it, waits for a chunk and not for the
    // whole load.
    source_.execute("ROLLBACK TO SAVEPOINT flyover_chunk");
    FLYOVER_FAULT("load.after_chunk_read");
  }
  pipe_.close();
}

std::optional<ChunkWork> ChunkReader::next_work(const std::stop_token& stop) {
  options_.tuning.lanes().wait_for_turn(options_.lane, stop);
  options_.pace.before_chunk(stop);
  if (stop.stop_requested()) throw Stopped();
  if (options_.pace.snapshots_cost_too_much() && !board_.all_given_out() &&
      !board_.keyless_in_work()) {
    base::throw_error({.code = std::string(kSnapshotsGivenUpCode),
                       .side = source_.side(),
                       .action = base::Action::retry,
                       .message = "the snapshots of the load keep the server from forgetting "
                                  "what it may forget"});
  }
  auto work = board_.next(source_, options_.tuning.chunk_bytes(), options_.pace.chunk_rows_max());
  if (!work) options_.tuning.lanes().nothing_left();
  return work;
}

void ChunkReader::send(PipeItem item, std::size_t bytes, const std::stop_token& stop) {
  if (!pipe_.push(std::move(item), bytes, stop)) throw Stopped();
}

void ChunkReader::read_chunk(const ChunkWork& work, const std::stop_token& stop) {
  const TablePlan& plan = board_.plan(work.table);
  const RowEncoder encoder(plan.select);
  FLYOVER_FAULT("load.before_chunk_read");
  const auto types = schema::can_read_json_types(source_.version()) ? schema::JsonTypes::read
                                                                    : schema::JsonTypes::leave;
  db::RowStream rows = source_.stream(
      board_.sql(work.table)
          .select_rows(plan.select.select_list(types), work.range, source_.version()));
  // Where a table without a key is cut into parts.
  const std::uint64_t part_bytes = options_.tuning.chunk_bytes();
  ChunkWork part = work;
  ChunkEnd end;
  RowBatch batch;
  RowBatch inserts{.insert = true};
  const auto send_batch = [&](RowBatch& full) {
    if (full.rows == 0) return;
    const std::size_t bytes = full.text.size();
    const std::uint64_t batch_rows = full.rows;
    const bool insert = full.insert;
    send(std::exchange(full, {.insert = insert}), bytes, stop);
    options_.pace.passed(batch_rows, stop);
  };
  const bool all_inserts = options_.method == WriteMethod::insert;
  batch.insert = all_inserts;
  send(ChunkBegin{part}, 0, stop);
  while (const auto row = rows.next()) {
    if (!plan.keyed && end.bytes >= part_bytes) {
      send_batch(batch);
      send_batch(inserts);
      send(std::exchange(end, {}), 0, stop);
      ++part.chunk;
      send(ChunkBegin{part}, 0, stop);
    }
    RowBatch& to = encoder.needs_insert(*row) && !all_inserts ? inserts : batch;
    if (to.insert) {
      if (to.rows > 0) to.text += ',';
      encoder.append_values(to.text, *row);
    } else {
      encoder.append_line(to.text, *row);
    }
    ++to.rows;
    to.expected_warnings += encoder.expected_warnings(*row);
    ++end.rows;
    end.bytes += row_bytes(*row);
    if (to.text.size() >= options_.batch_bytes) send_batch(to);
  }
  send_batch(batch);
  send_batch(inserts);
  end.last = !work.range.upper.has_value();
  send(end, 0, stop);
}

}  // namespace flyover::load
