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

using binlog::EventType;

constexpr std::chrono::milliseconds kIdleInterval{200};
constexpr std::uint64_t kIdleBytes = std::uint64_t{1} << 20;
constexpr std::chrono::milliseconds kReconnectFirst{100};
constexpr std::chrono::milliseconds kReconnectLongest{5000};
constexpr unsigned kDamagedReadsMax = 3;

/// The server refuses to send what is asked for. It says so as well to a reader in whose place
/// another one with the same UUID has come; the next session has another.
constexpr std::uint32_t kDumpRefused = 1236;

// What one wrong byte may look like. Reading again mends it when the byte changed on the way.
bool is_damage(const base::Error& error) {
  return error.mysql_errno == kDumpRefused || error.code == "binlog.checksum_mismatch" ||
         error.code == "binlog.corrupt" || error.code == "source.binlog_order" ||
         error.code == "source.protocol";
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
                  .may_miss_prepared = options_.may_miss_prepared,
                  .ends_stream = options_.ends_stream,
                  .created_at = options_.created_at,
                  .side = options_.endpoint.side},
                 options_.start, [this](binlog::Transaction t) { take(std::move(t)); }),
      last_push_(std::chrono::steady_clock::now()),
      streamed_(options_.start),
      history_(options_.history) {}

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
  if (error.mysql_errno == kDumpRefused) {
    auto why = check_log_history(moment().history, from, options_.endpoint);
    if (why) base::throw_error(std::move(*why));
  }
  base::Error lasting = error;
  lasting.message += fmt::format("; it was read {} times from {}, with the same end",
                                 damaged_reads_, from.to_string());
  base::throw_error(std::move(lasting));
}

void BinlogStream::read_until_lost(std::stop_token stop) {
  DumpSession session(options_.endpoint, options_.heartbeat_period);
  const db::InterruptOnStop interrupt(session.connection(), stop);
  learn([&](LogHistory& history) {
    return learn_server(history, session.server_uuid(), options_.endpoint);
  });
  assembler_.restart();
  file_ = assembler_.resumable_position().file;
  file_closed_ = false;
  session.start(assembler_.resumable_position());
  connected_ = true;
  while (!stop.stop_requested() && !ended_) {
    FLYOVER_FAULT("stream.before_read");
    waiting_ = true;
    const std::optional<DumpedEvent> event = session.next();
    waiting_ = false;
    if (!event) {
      base::log::warn("stream.lost", "{} ended the dump; going on at {}",
                      options_.endpoint.address(), assembler_.resumable_position().to_string());
      return;
    }
    bytes_received_.fetch_add(event->packet_bytes, std::memory_order_relaxed);
    if (ends_without_a_word(*event)) return;
    if (event->view.header.type == EventType::format_description) {
      learn([&](LogHistory& history) {
        return learn_file(history, *event->file, event->view.header.timestamp_s, options_.endpoint);
      });
    }
    if (event->end > event->start) {
      progress_ = true;
      ++events_;
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

// A server that stops in the midst of everything leaves a file without an end, and goes on with the
// next one. After RESET MASTER it does the same to a reader of a file that it has deleted, and the
// file of that name that it wrote meanwhile would never be read. Whoever asks for the file again is
// given the one that is there now.
bool BinlogStream::ends_without_a_word(const DumpedEvent& event) {
  const binlog::EventHeader& header = event.view.header;
  const bool moves = header.type == EventType::rotate && header.artificial();
  if (moves && *event.file != file_) {
    if (!file_closed_ && file_asked_again_ != file_) {
      base::log::info("stream.file_end", "{} has no end; it is asked for once more", file_);
      file_asked_again_ = file_;
      return true;
    }
    file_ = *event.file;
    file_closed_ = false;
  } else if (event.end > event.start) {
    file_closed_ = header.type == EventType::rotate || header.type == EventType::stop;
  }
  return false;
}

void BinlogStream::learn(const std::function<std::optional<base::Error>(LogHistory&)>& what) {
  LogHistory history;
  {
    const std::lock_guard lock(mutex_);
    history = history_;
  }
  if (auto error = what(history)) base::throw_error(std::move(*error));
  const std::lock_guard lock(mutex_);
  if (history == history_) return;
  if (options_.keep_history) options_.keep_history(history);
  history_ = std::move(history);
}

StreamMoment BinlogStream::moment() const {
  const std::lock_guard lock(mutex_);
  return {.position = streamed_,
          .events = events_.load(),
          .waiting = waiting_.load(),
          .history = history_};
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
