#pragma once
// A server's changes as transactions in a queue, from a position on, for as long as it takes.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/bounded_queue.h"
#include "binlog/transaction.h"
#include "db/connection.h"
#include "mysql/position.h"
#include "stream/log_history.h"
#include "stream/log_watch.h"
#include "stream/transaction_assembler.h"

namespace flyover::stream {

class DumpSession;
struct DumpedEvent;

struct StreamOptions {
  db::Endpoint endpoint{};
  /// Behind a whole transaction.
  mysql::BinlogPosition start{};
  TableFilter filter{};
  /// See AssemblerOptions.
  std::function<bool(const mysql::BinlogPosition&)> may_pass_incident{};
  /// See AssemblerOptions.
  mysql::BinlogPosition applied_until{};
  std::function<bool(const mysql::BinlogPosition&)> may_miss_prepared{};
  /// See AssemblerOptions; the stream ends behind such a statement.
  std::function<bool(const binlog::StatementChange&)> ends_stream{};
  mysql::BinlogPosition created_at{};
  /// What is known of the server's log. A server or a file that is another ends the stream.
  LogHistory history{};
  /// Called with what was learnt, before anything of it is handed over.
  std::function<void(const LogHistory&)> keep_history{};
  std::size_t part_bytes = std::size_t{16} << 20;
  /// How often an idle server says that it lives; also how long a position without changes of ours
  /// may wait to be handed over when nothing else happens.
  std::chrono::milliseconds heartbeat_period{200};
};

/// Reads one server's binary log. run() belongs to one thread; the rest is thread-safe.
class BinlogStream {
 public:
  using Queue = base::BoundedQueue<binlog::Transaction>;

  /// The queue must outlive the stream. It is not closed at the end.
  BinlogStream(StreamOptions options, Queue& queue);

  /// Streams until a stop is requested, the queue is closed or a statement ends it, and reconnects
  /// by itself. Throws the
  /// Error that ends the stream: whatever is not worth a retry. Transactions without changes of
  /// ours are handed over at most every 200 ms or every MiB of log, so that positions move on.
  void run(std::stop_token stop);

  /// Behind the last whole transaction that was read: handed over, or without changes of ours and
  /// perhaps not handed over yet.
  mysql::BinlogPosition streamed_position() const;
  /// Of the events received, over all connections.
  std::uint64_t bytes_received() const { return bytes_received_.load(std::memory_order_relaxed); }
  std::uint64_t reconnects() const { return reconnects_.load(std::memory_order_relaxed); }
  StreamMoment moment() const;
  bool connected() const { return connected_.load(std::memory_order_relaxed); }
  /// When the last event was read was written on the server, in its seconds since 1970; 0: none.
  std::uint32_t last_event_timestamp_s() const {
    return last_event_timestamp_s_.load(std::memory_order_relaxed);
  }

 private:
  /// Throws when the server, or the file whose first event this is, is not the one known.
  void learn(const std::function<std::optional<base::Error>(LogHistory&)>& what);
  /// True: the file before ended without saying so, and is to be looked at again.
  bool ends_without_a_word(const DumpedEvent& event);
  void read_until_lost(std::stop_token stop);
  /// Throws unless the error may come from a byte that changed on the way and is new at this place.
  void read_again_or_throw(const base::Error& error);
  void take(binlog::Transaction transaction);
  void flush_idle();
  void push(binlog::Transaction transaction);
  void publish_position();

  const StreamOptions options_;
  Queue& queue_;
  TransactionAssembler assembler_;
  std::stop_token stop_;
  bool ended_ = false;
  /// The last transaction without changes, not handed over yet.
  std::optional<binlog::Transaction> idle_;
  std::chrono::steady_clock::time_point last_push_;
  std::uint64_t bytes_at_last_push_ = 0;
  bool progress_ = false;  ///< since the last connect
  mysql::BinlogPosition damaged_from_;
  unsigned damaged_reads_ = 0;  ///< in a row, from damaged_from_
  /// The file that is read, and whether its last event says that it ends.
  std::string file_;
  bool file_closed_ = false;
  /// A file that ended without a word, and was the same file when it was asked for again.
  std::string file_asked_again_;
  std::atomic<std::uint64_t> bytes_received_ = 0;
  std::atomic<std::uint64_t> events_ = 0;
  std::atomic<bool> waiting_ = false;  ///< for the server's next event
  std::atomic<std::uint64_t> reconnects_ = 0;
  std::atomic<bool> connected_ = false;
  std::atomic<std::uint32_t> last_event_timestamp_s_ = 0;
  mutable std::mutex mutex_;
  mysql::BinlogPosition streamed_;  ///< under mutex_
  LogHistory history_;              ///< likewise
};

}  // namespace flyover::stream
