#pragma once
// Events to transactions: a pure state machine, no I/O.
//
// A transaction in the log is one of
//   [GTID] BEGIN … rows … XID                      a transactional engine committed
//   [GTID] BEGIN … rows … COMMIT (as a statement)  a non-transactional engine wrote
//   [GTID] rows                                    see take_table_map()
//   [GTID] statement                               DDL, and everything else that commits by itself
//   [GTID] payload(BEGIN … rows … XID)             compressed; its inner events have no positions
//   [GTID] XA START … rows … XA END, XA_PREPARE    rows that are committed or undone later
//   [GTID] XA COMMIT or XA ROLLBACK (a statement)  what becomes of them
// and a position is promoted to resumable only behind one, never inside. The rows of a prepared XA
// transaction are kept until its XA COMMIT and handed over as that one's; a transaction that is
// handed over says from where a later process has to read to know them too.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "binlog/control_events.h"
#include "binlog/event.h"
#include "binlog/rows.h"
#include "binlog/transaction.h"
#include "schema/model.h"
#include "stream/held_events.h"
#include "stream/statement_kind.h"

namespace flyover::stream {

/// The table whose rows are wanted, or null: its rows are skipped unread. Called for each table map
/// event on the stream's thread. A returned table must stay alive and unchanged while the stream
/// runs; a changed one comes at another address.
using TableFilter = std::function<const schema::Table*(const mysql::TableName&)>;

struct AssemblerOptions {
  /// Whether rows that are missing from the log up to this position do no harm: every table of ours
  /// holds them already, or is to be copied again. Null: never.
  std::function<bool(const mysql::BinlogPosition&)> may_pass_incident{};
  TableFilter filter{};
  /// A transaction that grows beyond this is handed over in parts.
  std::size_t part_bytes = std::size_t{16} << 20;
  /// Off: rows are decoded without looking at the filter's table. For tables of a known layout.
  bool match_schema = true;
  /// Transactions that begin before this are applied already: they are read for the XA transactions
  /// prepared there only, and handed over without changes.
  mysql::BinlogPosition applied_until{};
  /// Whether an XA COMMIT that ends here, and whose XA PREPARE was not read, does no harm: every
  /// table of ours holds its rows already, or is to be copied again. Null: never.
  std::function<bool(const mysql::BinlogPosition&)> may_miss_prepared{};
  /// True for a statement behind which rows have to be read with other definitions: it is the last
  /// that is handed over. Called on the stream's thread.
  std::function<bool(const binlog::StatementChange&)> ends_stream{};
  /// Start of a transaction whose CREATE TABLE was carried out, so that only its rows are to come.
  mysql::BinlogPosition created_at{};
  base::Side side = base::Side::source;
};

/// Where an event stands in its file. `end` equals `start` for an event that is not in the file.
struct EventPlace {
  const std::string& file;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

/// Not thread-safe. Hands transactions, whole or in parts, to the sink in log order; also those
/// without changes, because positions move over them. `end` of a part that is not the last equals
/// its `start`: nothing in between is resumable.
class TransactionAssembler {
 public:
  using Sink = std::function<void(binlog::Transaction)>;

  TransactionAssembler(AssemblerOptions options, mysql::BinlogPosition start, Sink sink);

  /// Takes the next event. An error ends the stream: its message says where it happened.
  std::optional<base::Error> take(const binlog::EventView& event, const EventPlace& place);

  /// The connection was lost and the events come again from resumable_position(). Parts of a
  /// transaction that were handed over are not handed over a second time.
  void restart();

  /// Behind the last whole transaction taken; before the first one, where the stream started.
  const mysql::BinlogPosition& resumable_position() const { return resumable_; }
  bool in_transaction() const { return group_.open || group_.announced; }
  /// A statement for which AssemblerOptions::ends_stream is true was handed over; no event is taken
  /// any more.
  bool ended() const { return ended_; }

 private:
  using MaybeError = std::optional<base::Error>;

  struct MappedTable {
    std::string bytes{};  ///< of the event, to see that the next one is the same
    binlog::TableMap map{};
    const schema::Table* table = nullptr;
    std::vector<binlog::ColumnHint> hints{};
  };

  struct Group {
    bool announced = false;  ///< its GTID was seen
    bool open = false;       ///< between its first and last event
    bool applied = false;    ///< begins before AssemblerOptions::applied_until
    bool bare = false;       ///< rows without BEGIN and COMMIT; the statement's last ones end it
    bool xa = false;         ///< of an XA transaction whose end was not read: events are held
    HeldEvents held{};
    std::set<std::uint64_t> held_tables{};  ///< ids of the tables whose rows are held
    bool non_transactional = false;
    mysql::BinlogPosition start{};
    std::string gtid{};
    std::vector<binlog::Change> changes{};
    /// For each of `changes`: it stays when the transaction is rolled back.
    std::vector<bool> stays{};
    std::size_t bytes = 0;
    std::uint64_t seen = 0;         ///< changes of ours so far, also those rolled back
    std::uint64_t taken = 0;        ///< changes so far that hold
    std::uint64_t delivered = 0;    ///< of those, handed over in parts, also by the last connection
    std::uint64_t handed_over = 0;  ///< `seen` when this connection handed over a part
    std::vector<std::pair<std::string, std::uint64_t>> savepoints{};  ///< name, `taken` there
  };

  MaybeError dispatch(const binlog::EventView& event, const EventPlace& place);
  MaybeError take_format(const binlog::EventView& event, const EventPlace& place);
  MaybeError take_gtid(const binlog::EventView& event, const EventPlace& place);
  MaybeError take_query(const binlog::EventView& event, const EventPlace& place);
  MaybeError take_statement(const binlog::EventView& event, const binlog::QueryEvent& query,
                            StatementKind kind, const EventPlace& place);
  MaybeError take_table_map(const binlog::EventView& event, const EventPlace& place);
  MaybeError take_rows(const binlog::EventView& event, const EventPlace& place);
  MaybeError take_changes(const binlog::EventView& event);
  MaybeError take_payload(const binlog::EventView& event, const EventPlace& place);
  /// Keeps an event of an XA transaction until it is known what becomes of it.
  MaybeError hold(const binlog::EventView& event);
  MaybeError hold_table_map(const binlog::EventView& event);
  /// Takes held events as if they stood at `place`, in the group that is open.
  MaybeError replay(const HeldEvents& held, const EventPlace& place);
  MaybeError take_xa_prepare(const binlog::EventView& event, const EventPlace& place);
  MaybeError take_xa_end(const Statement& statement, const binlog::EventView& event,
                         const EventPlace& place);
  MaybeError take_incident(const binlog::EventView& event, const EventPlace& place);

  MaybeError open_group(const EventPlace& place);
  MaybeError begin_at(const EventPlace& place);
  void finish_group(const binlog::EventView& event, const EventPlace& place);
  /// Undoes the changes behind the first `kept` of the transaction; none of them was handed over.
  void drop_changes_behind(std::uint64_t kept);
  MaybeError roll_back(const binlog::EventView& event, const EventPlace& place);
  MaybeError roll_back_to(const std::string& savepoint);
  /// Counts a change of ours. False: it was handed over before a reconnect.
  bool count_change();
  void add_change(binlog::Change change, std::size_t bytes, bool stays);
  void deliver(bool last, std::uint32_t timestamp_s, mysql::BinlogPosition end);
  base::Error fail(std::string code, std::string message, std::string hint) const;

  AssemblerOptions options_;
  Sink sink_;
  binlog::FormatDescription format_;
  std::unordered_map<std::uint64_t, MappedTable> tables_;
  Group group_;
  mysql::BinlogPosition resumable_;
  struct Prepared {
    mysql::BinlogPosition start{};
    HeldEvents events{};
  };
  mysql::BinlogPosition oldest_needed() const;

  /// XA transactions without an end yet, by identifier.
  std::map<std::string, Prepared> prepared_;
  /// How many changes of the transaction at skip_start_, counted as Group::seen, were handed over
  /// before a reconnect.
  std::uint64_t skip_ = 0;
  mysql::BinlogPosition skip_start_;
  bool ended_ = false;
};

}  // namespace flyover::stream
