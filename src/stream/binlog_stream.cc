#include "stream/binlog_stream.h"

#include <fmt/format.h>

#include <utility>

#include "base/backoff.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/task_group.h"
#include "stream/dump_session.h"

namespace flyover::stream {
namespace {

constexpr std::chrono::milliseconds kIdleInterval{200};
constexpr std::uint64_t kIdleBytes = std::uint64_t{1} << 20;
constexpr std::chrono::milliseconds kReconnectFirst{100};
constexpr std::chrono::milliseconds kReconnectLongest{5000};
constexpr unsigned kDamagedReadsMax = 3;

// What one wrong byte may look like. Reading again mends it when the byte changed on the way.
bool is_damage(const base::Error& error) {
  return error.code == "binlog.checksum_mismatch" || error.code == "binlog.corrupt" ||
         error.code == "source.binlog_order" || error.code == "source.protocol";
}

}  // namespace

BinlogStream::BinlogStream(StreamOptions options, Queue& queue)
    : options_(std::move(options)),
      queue_(queue),
      assembler_({.may_pass_incident = options_.may_pass_incident,
                  .filter = options_.filter,
                  .part_bytes = options_.part_bytes,
                  .match_schema = true,
                  .applied_until = options_.applied_until,
                  .loaded_until = options_.loaded_until,
                  .ends_stream = options_.ends_stream,
                  .created_at = options_.created_at,
                  .side = options_.endpoint.side},
                 options_.start, [this](binlog::Transaction t) { take(std::move(t)); }),
      last_push_(std::chrono::steady_clock::now()),
      streamed_(options_.start) {}

void BinlogStream::run(std::stop_token stop) {
  stop_ = stop;
  base::Backoff backoff(kReconnectFirst, kReconnectLongest);
  while (!stop.stop_requested() && !ended_) {
    progress_ = false;
    try {
      read_until_lost(stop);
    } catch (const base::ErrorException& e) {
      connected_ = false;
      if (stop.stop_requested()) return;
      if (e.error().action != base::Action::retry) read_again_or_throw(e.error());
      base::log::warn("stream.lost", "{}; going on at {}", e.error().message,
                      assembler_.resumable_position().to_string());
    }
    connected_ = false;
    if (stop.stop_requested() || ended_) return;
    if (progress_) backoff.reset();
    base::sleep_for(backoff.next(), stop);
    ++reconnects_;
  }
}

void BinlogStream::read_again_or_throw(const base::Error& error) {
  if (!is_damage(error)) base::throw_error(error);
  const mysql::BinlogPosition& from = assembler_.resumable_position();
  damaged_reads_ = from == damaged_from_ ? damaged_reads_ + 1 : 1;
  damaged_from_ = from;
  if (damaged_reads_ < kDamagedReadsMax) return;
  base::Error lasting = error;
  lasting.message += fmt::format("; it was read {} times from {}, with the same end",
                                 damaged_reads_, from.to_string());
  base::throw_error(std::move(lasting));
}

void BinlogStream::read_until_lost(std::stop_token stop) {
  DumpSession session(options_.endpoint, options_.heartbeat_period);
  const db::InterruptOnStop interrupt(session.connection(), stop);
  assembler_.restart();
  session.start(assembler_.resumable_position());
  connected_ = true;
  while (!stop.stop_requested() && !ended_) {
    FLYOVER_FAULT("stream.before_read");
    const std::optional<DumpedEvent> event = session.next();
    if (!event) {
      base::log::warn("stream.lost", "{} ended the dump; going on at {}",
                      options_.endpoint.address(), assembler_.resumable_position().to_string());
      return;
    }
    bytes_received_.fetch_add(event->packet_bytes, std::memory_order_relaxed);
    if (event->end > event->start) {
      progress_ = true;
      last_event_timestamp_s_.store(event->view.header.timestamp_s, std::memory_order_relaxed);
    } else {
      flush_idle();
    }
    auto error = assembler_.take(event->view, {*event->file, event->start, event->end});
    if (error) base::throw_error(std::move(*error));
    if (assembler_.ended()) {
      base::log::info("stream.ended", "at a statement that changes definitions, before {}:{}",
                      *event->file, event->end);
      ended_ = true;
    }
    if (!assembler_.in_transaction()) publish_position();
  }
}

mysql::BinlogPosition BinlogStream::streamed_position() const {
  const std::lock_guard lock(mutex_);
  return streamed_;
}

void BinlogStream::publish_position() {
  const std::lock_guard lock(mutex_);
  streamed_ = assembler_.resumable_position();
}

void BinlogStream::take(binlog::Transaction transaction) {
  const bool idle = transaction.changes.empty() && transaction.first && transaction.last;
  if (!idle) {
    idle_.reset();  // The position of this one lies behind.
    push(std::move(transaction));
    return;
  }
  idle_ = std::move(transaction);
  const auto since = std::chrono::steady_clock::now() - last_push_;
  if (since >= kIdleInterval || bytes_received() - bytes_at_last_push_ >= kIdleBytes) flush_idle();
}

void BinlogStream::flush_idle() {
  if (!idle_) return;
  binlog::Transaction transaction = std::move(*idle_);
  idle_.reset();
  push(std::move(transaction));
}

void BinlogStream::push(binlog::Transaction transaction) {
  if (ended_) return;
  FLYOVER_FAULT("stream.before_push");
  const std::size_t bytes = transaction.memory_bytes();
  if (!queue_.push(std::move(transaction), bytes, stop_)) ended_ = true;
  last_push_ = std::chrono::steady_clock::now();
  bytes_at_last_push_ = bytes_received();
}

}  // namespace flyover::stream
