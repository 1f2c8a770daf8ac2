#pragma once
// Applies a stream of the source's transactions to the target: in parallel, exactly once.
//
// One thread (the caller of run()) takes transactions from the queue, decides by their conflict
// keys which worker may take each, and from time to time moves the checkpoint. Each worker has its
// own session with the target and carries out what waits for it, many source transactions in one
// target transaction when there are many.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "apply/progress.h"
#include "apply/statement_handler.h"
#include "apply/table_plan.h"
#include "base/bounded_queue.h"
#include "binlog/transaction.h"
#include "db/connection.h"
#include "mysql/position.h"
#include "schema/model.h"

namespace flyover::apply {

/// What a reader of the target may see between two of the source's transactions.
enum class ApplyMode {
  batch,         ///< many source transactions collapsed into the net change of each row
  transactional  ///< every change of each source transaction
};

struct ApplierOptions {
  db::Endpoint target{};
  std::string migration{};
  std::string link{};  ///< "forward" or "reverse"; at most 16 bytes
  std::size_t workers = 4;
  ApplyMode mode = ApplyMode::batch;
  /// The tables as they are on the link's source: row images have their columns in this order.
  std::vector<schema::Table> tables{};
  std::map<mysql::TableName, TableCut> cuts{};
  /// Engines of those whose engine on the target has no transactions. Nothing: prepare() asks.
  std::optional<std::map<mysql::TableName, std::string>> plain_engines{};
  /// The source (9.6 and later) writes what foreign keys' cascades do into its binlog.
  bool source_logs_cascades = false;
  /// Which schemas' statements must stop the applier; default: those of `tables`. Thread-safe.
  std::function<bool(std::string_view schema)> schema_selected{};
  /// Carries out DDL; null: a statement that changes a selected definition stops the applier. Must
  /// outlive the applier.
  StatementHandler* statements = nullptr;
  /// Which tables a statement that changed rows and was logged as text may have changed. Null: such
  /// a statement stops the applier. Called on run()'s thread.
  std::function<std::vector<mysql::TableName>(const binlog::StatementChange&)> reached_by{};
  /// As migration::LinkOptions::suspend; not null when reached_by is not.
  std::function<void(const std::vector<mysql::TableName>&, const std::string& why)> suspend{};
  /// Where a link without a checkpoint starts.
  std::optional<mysql::BinlogPosition> initial_position{};

  std::chrono::milliseconds checkpoint_interval{1000};
  std::chrono::milliseconds heartbeat_interval{1000};
  /// What one target transaction takes at most; a larger source transaction goes alone.
  std::size_t batch_transactions_max = 20'000;
  std::size_t batch_rows_max = 0;  ///< 0: as suits the mode
  std::size_t batch_bytes_max = 32UL << 20;
  /// Row memory handed to workers but not yet applied.
  std::size_t in_flight_bytes_max = 80UL << 20;
};

/// Code of the error with which an applier ends before a statement whose tables it has suspended.
inline constexpr const char* kSuspendedCode = "apply.suspended";

/// A picture of one moment.
struct ApplierStats {
  std::vector<TableCounts> tables{};
  std::uint64_t transactions = 0;
  std::uint64_t rows = 0;
  double rows_per_second = 0;
  std::uint64_t commits = 0;  ///< target transactions
  std::uint64_t retries = 0;  ///< of target transactions: deadlocks, lock waits, lost sessions
  std::uint64_t reconnects = 0;
  std::uint64_t cascade_gone = 0;   ///< rows the target's own cascade had taken already
  std::uint64_t batch_changes = 0;  ///< row changes of the last target transaction
  std::uint64_t batch_rows = 0;     ///< and the rows it wrote for them
  std::uint64_t not_netted = 0;     ///< batches done again change by change
  std::uint64_t ignored_statements = 0;
  mysql::BinlogPosition applied_position{};    ///< everything up to here is in the target
  mysql::BinlogPosition resumable_position{};  ///< and here is where a resume would begin
  std::optional<std::chrono::milliseconds> lag{};
  bool idle = false;  ///< nothing waits and nothing is under way
  bool held = false;
};

/// Made, prepared and run by one thread; everything else may be called from any thread.
class Applier {
 public:
  /// `queue` must outlive the applier.
  Applier(ApplierOptions options, base::BoundedQueue<binlog::Transaction>& queue);
  ~Applier();
  Applier(const Applier&) = delete;
  Applier& operator=(const Applier&) = delete;

  /// Reads the link's checkpoint, or writes `initial_position` as the first. Returns where the
  /// stream has to begin. Throws when there is neither, or when another applier has the link.
  mysql::BinlogPosition prepare();
  /// After prepare(): where the stream has to read from. Before its beginning when XA transactions
  /// were prepared there; the transactions between the two are applied.
  const mysql::BinlogPosition& read_from() const;

  /// Applies until the queue is closed and empty, or stop is requested. Throws what makes going on
  /// impossible; with Action::retry a new applier and stream from the checkpoint may go on.
  void run(std::stop_token stop);

  /// Asks to stop exactly behind the transaction that carries this marker. Before it is written.
  void hold_at_marker(const std::string& token);
  /// Waits until the applier stands there: all before is applied, nothing behind is begun.
  mysql::BinlogPosition wait_held(std::chrono::steady_clock::time_point deadline,
                                  std::stop_token stop);
  /// Goes on after a hold; when there is none, forgets those that were asked for.
  void release();
  /// Waits until everything up to the marker is applied; returns the end of its transaction.
  mysql::BinlogPosition wait_marker_applied(const std::string& token,
                                            std::chrono::steady_clock::time_point deadline,
                                            std::stop_token stop);

  /// How far the target is behind; nothing before the first heartbeat came by.
  std::optional<std::int64_t> lag_ms() const;
  mysql::BinlogPosition applied_position() const;
  mysql::BinlogPosition resumable_position() const;
  /// Rows changed last, to be compared while both sides are at rest.
  std::vector<RecentRow> recent_rows() const;
  ApplierStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flyover::apply
