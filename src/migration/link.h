#pragma once
// A running replication from one server to the other: the stream, the applier and the heartbeat.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "apply/applier.h"
#include "base/bounded_queue.h"
#include "base/error.h"
#include "binlog/transaction.h"
#include "db/connection.h"
#include "migration/ddl_handler.h"
#include "mysql/position.h"
#include "schema/model.h"
#include "stream/binlog_stream.h"

namespace flyover::apply {
class NeedsCopy;
}

namespace flyover::migration {

/// "forward" or "reverse", by the side that a link reads.
inline std::string link_name(base::Side from) {
  return from == base::Side::source ? "forward" : "reverse";
}

struct LinkOptions {
  std::string migration{};
  std::string name{};  ///< "forward" or "reverse": keys its rows in the control tables
  db::Endpoint from{};
  db::Endpoint to{};
  std::size_t workers = 4;
  apply::ApplyMode mode = apply::ApplyMode::batch;
  std::size_t batch_rows = 0;  ///< apply::ApplierOptions::batch_rows_max
  /// As they stand on `to`, in every respect but the engine, which is that of `from`: the server
  /// that carries out each statement in its order tells what a table is, never the one ahead.
  std::vector<schema::Table> tables{};
  /// Of these tables, the engines on `to` that have no transactions.
  std::map<mysql::TableName, std::string> plain_engines{};
  std::vector<schema::Table> control_tables{};  ///< marker and heartbeat, likewise
  std::map<mysql::TableName, apply::TableCut> cuts{};
  bool from_logs_cascades = false;
  /// What is known of the log of `from`, and what is to be done with what the stream learns of it.
  stream::LogHistory history{};
  std::function<void(const stream::LogHistory&)> keep_history{};
  std::function<bool(std::string_view)> selects_schema{};
  /// Carries out DDL; null: it stops the link.
  std::shared_ptr<DdlHandler> ddl{};
  /// See apply::ApplierOptions::reached_by.
  std::function<std::vector<mysql::TableName>(const binlog::StatementChange&)> reached_by{};
  /// Puts tables, and what foreign keys tie to them, on record as suspended. Called with everything
  /// before what can not be followed applied, nothing behind begun, and the checkpoint before it;
  /// afterwards the link has to begin anew (an error with Action::retry): it comes to the same
  /// place again and passes. Thread-safe.
  std::function<void(const std::vector<mysql::TableName>&, const std::string& why)> suspend{};
};

/// Starts on construction of its threads by start(), ends with stop() or destruction. The observers
/// are thread-safe; start() and stop() belong to the owner.
class Link {
 public:
  explicit Link(LinkOptions options);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Begins at the link's checkpoint, which must exist.
  void start();
  /// Abandons what is not committed; the checkpoint knows where to go on.
  void stop();
  bool stopped() const { return !supervisor_.joinable(); }

  /// Why the link ended by itself, if it did.
  std::optional<base::Error> failure() const;
  /// Whether the stream has received something since start().
  bool connected() const;
  /// Whether the stream has a connection now.
  bool streaming() const { return stream_ != nullptr && stream_->connected(); }

  apply::Applier& applier() { return *applier_; }
  const apply::Applier& applier() const { return *applier_; }
  const LinkOptions& options() const { return options_; }
  mysql::BinlogPosition streamed_position() const;
  /// How many statements' changes of a suspended table were dropped since start().
  std::uint64_t dropped_changes(const mysql::TableName& table) const;

 private:
  void supervise(std::stop_token stop);
  void suspend_for_copy(const apply::NeedsCopy& cause);
  void count_dropped(const mysql::TableName& table);

  const LinkOptions options_;
  base::BoundedQueue<binlog::Transaction> queue_;
  std::unique_ptr<apply::Applier> applier_;
  std::unique_ptr<stream::BinlogStream> stream_;
  mutable std::mutex mutex_;
  std::optional<base::Error> failure_;
  std::map<mysql::TableName, std::uint64_t> dropped_;  ///< suspended tables
  std::jthread supervisor_;
};

}  // namespace flyover::migration
