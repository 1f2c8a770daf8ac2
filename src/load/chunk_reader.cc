#include "load/chunk_reader.h"

#include <utility>

#include "base/fault.h"
#include "load/row_encoder.h"

namespace flyover::load {

void ChunkReader::run(std::stop_token stop) {
  const db::InterruptOnStop interrupt(source_, stop);
  while (const auto work = board_.next(source_)) read_chunk(*work, stop);
  pipe_.close();
}

void ChunkReader::send(PipeItem item, std::size_t bytes, const std::stop_token& stop) {
  if (!pipe_.push(std::move(item), bytes, stop)) throw Stopped();
}

void ChunkReader::read_chunk(const ChunkWork& work, const std::stop_token& stop) {
  const TablePlan& plan = board_.plan(work.table);
  const RowEncoder encoder(plan.select);
  FLYOVER_FAULT("load.before_chunk_read");
  db::RowStream rows = source_.stream(
      board_.sql(work.table).select_rows(plan.select.select_list(), work.range, source_.version()));
  ChunkWork part = work;
  ChunkEnd end;
  RowBatch batch;
  const auto send_batch = [&] {
    if (batch.rows == 0) return;
    const std::size_t bytes = batch.text.size();
    send(std::exchange(batch, {}), bytes, stop);
  };
  send(ChunkBegin{part}, 0, stop);
  while (const auto row = rows.next()) {
    if (!plan.keyed && end.bytes >= options_.chunk_bytes) {
      send_batch();
      send(std::exchange(end, {}), 0, stop);
      ++part.chunk;
      send(ChunkBegin{part}, 0, stop);
    }
    if (options_.method == WriteMethod::load_data) {
      encoder.append_line(batch.text, *row);
    } else {
      if (batch.rows > 0) batch.text += ',';
      encoder.append_values(batch.text, *row);
    }
    ++batch.rows;
    batch.expected_warnings += encoder.expected_warnings(*row);
    ++end.rows;
    end.bytes += row_bytes(*row);
    if (batch.text.size() >= options_.batch_bytes) send_batch();
  }
  send_batch();
  end.last = !work.range.upper.has_value();
  send(end, 0, stop);
}

}  // namespace flyover::load
