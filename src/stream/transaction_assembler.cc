#include "stream/transaction_assembler.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "base/log.h"
#include "binlog/payload.h"
#include "stream/schema_match.h"

namespace flyover::stream {

using binlog::EventType;
using binlog::EventView;

namespace {

constexpr std::size_t kTablesMax = 4096;

binlog::StatementSession session_of(const EventView& event, const binlog::QueryContext& context) {
  return {.flags2 = context.flags2,
          .auto_increment_increment = context.auto_increment_increment,
          .auto_increment_offset = context.auto_increment_offset,
          .client_charset = context.client_charset,
          .connection_collation = context.connection_collation,
          .server_collation = context.server_collation,
          .time_zone = std::string(context.time_zone),
          .lc_time_names = context.lc_time_names,
          .default_collation_for_utf8mb4 = context.default_collation_for_utf8mb4,
          .timestamp_s = event.header.timestamp_s,
          .microseconds = context.microseconds.value_or(0)};
}

}  // namespace

TransactionAssembler::TransactionAssembler(AssemblerOptions options, mysql::BinlogPosition start,
                                           Sink sink)
    : options_(std::move(options)), sink_(std::move(sink)), resumable_(std::move(start)) {}

std::optional<base::Error> TransactionAssembler::take(const EventView& event,
                                                      const EventPlace& place) {
  if (MaybeError error = dispatch(event, place)) {
    error->side = options_.side;
    error->message += fmt::format(" (in the {} event at {}:{})", to_string(event.header.type),
                                  place.file, place.start);
    return error;
  }
  if (!in_transaction() && place.end > place.start) {
    resumable_.file = place.file;
    resumable_.offset = place.end;
  }
  return std::nullopt;
}

void TransactionAssembler::restart() {
  if (group_.handed_over > 0) {
    skip_ = group_.handed_over;
    skip_start_ = group_.start;
  }
  group_ = {};
  tables_.clear();
}

std::optional<base::Error> TransactionAssembler::dispatch(const EventView& event,
                                                          const EventPlace& place) {
  if (ended_) return std::nullopt;
  switch (event.header.type) {
    case EventType::format_description:
      return take_format(event, place);
    case EventType::gtid:
    case EventType::anonymous_gtid:
    case EventType::gtid_tagged:
      return take_gtid(event, place);
    case EventType::query:
    case EventType::execute_load_query:
      return take_query(event, place);
    case EventType::table_map:
      return take_table_map(event, place);
    case EventType::write_rows_v1:
    case EventType::update_rows_v1:
    case EventType::delete_rows_v1:
    case EventType::write_rows:
    case EventType::update_rows:
    case EventType::delete_rows:
    case EventType::partial_update_rows:
      return take_rows(event, place);
    case EventType::transaction_payload:
      return take_payload(event, place);
    case EventType::xid:
      if (!group_.open || group_.bare) {
        return fail("source.binlog_order", "a commit without a transaction", "");
      }
      finish_group(event, place);
      return std::nullopt;
    case EventType::xa_prepare:
      return take_xa_prepare(event, place);
    case EventType::incident:
      return take_incident(event, place);
    // Input of statements in the log, which are handed over as what they are, and events that
    // change no data.
    case EventType::intvar:
    case EventType::rand:
    case EventType::user_var:
    case EventType::begin_load_query:
    case EventType::append_block:
    case EventType::delete_file:
    case EventType::rows_query:
    case EventType::ignorable:
    case EventType::rotate:
    case EventType::stop:
    case EventType::heartbeat:
    case EventType::heartbeat_v2:
    case EventType::previous_gtids:
    case EventType::transaction_context:
    case EventType::view_change:
      return std::nullopt;
    case EventType::unknown:
    case EventType::start_v3:
    case EventType::load:
    case EventType::create_file:
    case EventType::exec_load:
    case EventType::new_load:
      break;
  }
  if (event.header.ignorable()) return std::nullopt;
  return fail("source.unknown_event", "flyover does not know this event and may not skip it",
              "The server is newer than this version of flyover, or not MySQL.");
}

std::optional<base::Error> TransactionAssembler::take_format(const EventView& event,
                                                             const EventPlace& place) {
  auto format = binlog::parse_format_description(event.body);
  if (!format) return format.error();
  format_ = std::move(*format);
  tables_.clear();
  if (place.end == place.start || !in_transaction()) return std::nullopt;
  // The server stopped in the middle of writing a transaction and began a new file: it never
  // committed.
  if (group_.delivered > 0) {
    return fail("source.binlog_cut", "a transaction of which parts were handed over has no end",
                "Start flyover again: it goes on behind the last whole transaction.");
  }
  group_ = {};
  return std::nullopt;
}

std::optional<base::Error> TransactionAssembler::begin_at(const EventPlace& place) {
  group_ = {};
  group_.start = {place.file, place.start};
  group_.applied = group_.start < options_.applied_until;
  if (skip_ > 0 && group_.start != skip_start_) {
    return fail("source.binlog_changed",
                fmt::format("the transaction at {} was handed over in part, and the binary log "
                            "does not have it any more",
                            skip_start_.to_string()),
                "The server behind this address has changed. Start the load again.");
  }
  return std::nullopt;
}

std::optional<base::Error> TransactionAssembler::take_gtid(const EventView& event,
                                                           const EventPlace& place) {
  if (in_transaction()) return fail("source.binlog_order", "a transaction without an end", "");
  if (auto error = begin_at(place)) return error;
  group_.announced = true;
  if (event.header.type == EventType::anonymous_gtid) return std::nullopt;
  auto gtid = event.header.type == EventType::gtid ? binlog::parse_gtid(event.body)
                                                   : binlog::parse_gtid_tagged(event.body);
  if (!gtid) return gtid.error();
  group_.gtid = gtid->text();
  return std::nullopt;
}

std::optional<base::Error> TransactionAssembler::open_group(const EventPlace& place) {
  if (group_.open) return fail("source.binlog_order", "a transaction inside a transaction", "");
  if (!group_.announced) {
    if (auto error = begin_at(place)) return error;
  }
  group_.open = true;
  return std::nullopt;
}

std::optional<base::Error> TransactionAssembler::take_query(const EventView& event,
                                                            const EventPlace& place) {
  auto query = event.header.type == EventType::query
                   ? binlog::parse_query(event.body, format_)
                   : binlog::parse_execute_load_query(event.body, format_);
  if (!query) return query.error();
  const Statement statement = classify_statement(query->sql);
  const bool ends_xa =
      statement.kind == StatementKind::xa_end || statement.kind == StatementKind::rollback;
  if (group_.xa && !ends_xa) return hold(event);
  switch (statement.kind) {
    case StatementKind::begin:
      return open_group(place);
    case StatementKind::xa_start: {
      auto error = open_group(place);
      group_.xa = true;
      return error;
    }
    case StatementKind::xa_end:
    case StatementKind::release_savepoint:
      return std::nullopt;
    case StatementKind::commit:
      if (!group_.open) {
        if (auto error = open_group(place)) return error;
      }
      finish_group(event, place);
      return std::nullopt;
    case StatementKind::rollback:
      return roll_back(event, place);
    case StatementKind::savepoint:
      std::erase_if(group_.savepoints, [&](const auto& s) { return s.first == statement.name; });
      group_.savepoints.emplace_back(statement.name, group_.taken);
      return std::nullopt;
    case StatementKind::rollback_to:
      return roll_back_to(statement.name);
    case StatementKind::xa_commit:
    case StatementKind::xa_rollback:
      return take_xa_end(statement, event, place);
    case StatementKind::create_with_rows:
    case StatementKind::other:
      break;
  }
  return take_statement(event, *query, statement.kind, place);
}

std::optional<base::Error> TransactionAssembler::take_statement(const EventView& event,
                                                                const binlog::QueryEvent& query,
                                                                StatementKind kind,
                                                                const EventPlace& place) {
  const bool alone = !group_.open;
  if (alone) {
    if (auto error = open_group(place)) return error;
  }
  const bool with_rows = !alone || kind == StatementKind::create_with_rows;
  const bool created = with_rows && group_.start == options_.created_at;
  if (!group_.applied && !created && count_change()) {
    binlog::StatementChange change;
    change.schema = query.schema;
    change.sql = query.sql;
    change.sql_mode = query.context.sql_mode.value_or(0);
    change.thread_id = query.thread_id;
    change.error_code = query.error_code;
    change.session = session_of(event, query.context);
    change.rows_follow = kind == StatementKind::create_with_rows;
    ended_ = options_.ends_stream && options_.ends_stream(change);
    change.rows_follow = change.rows_follow || (ended_ && !alone);
    const std::size_t bytes = sizeof(change) + change.sql.size();
    add_change(std::move(change), bytes, true);
  }
  if (alone && kind != StatementKind::create_with_rows) {
    finish_group(event, place);
  } else if (ended_) {
    deliver(false, 0, group_.start);  // Its rows come when the table is there.
  }
  return std::nullopt;
}

// A server that has restarted empties a MEMORY table when it is first opened. When that is for a
// write, 5.6 logs DELETE FROM for it, and behind that the statement's rows without BEGIN and
// COMMIT.
std::optional<base::Error> TransactionAssembler::take_table_map(const EventView& event,
                                                                const EventPlace& place) {
  if (!group_.open) {
    if (auto error = open_group(place)) return error;
    group_.bare = true;
  }
  if (group_.xa) return hold_table_map(event);
  if (group_.applied) return std::nullopt;  // The table may have been another one then.
  auto id = binlog::parse_table_id(event, format_);
  if (!id) return id.error();
  MappedTable& mapped = tables_[*id];
  const bool same_bytes = mapped.bytes == event.body;
  if (!same_bytes) {
    mapped = {};
    auto map = binlog::parse_table_map(event, format_);
    if (!map) return map.error();
    mapped.map = std::move(*map);
    mapped.bytes = event.body;
  }
  const schema::Table* const table = options_.filter(mapped.map.name);
  if (same_bytes && table == mapped.table) return std::nullopt;
  mapped.table = table;
  if (table == nullptr || !options_.match_schema) return std::nullopt;
  auto mismatch = match_schema(mapped.map, *table, mapped.hints);
  if (mismatch) mapped = {};
  return mismatch;
}

std::optional<base::Error> TransactionAssembler::take_rows(const EventView& event,
                                                           const EventPlace& place) {
  if (auto error = take_changes(event)) return error;
  if (!group_.bare) return std::nullopt;
  auto ends = binlog::ends_statement(event, format_);
  if (!ends) return ends.error();
  if (*ends) finish_group(event, place);
  return std::nullopt;
}

std::optional<base::Error> TransactionAssembler::take_changes(const EventView& event) {
  auto id = binlog::parse_table_id(event, format_);
  if (!id) return id.error();
  if (*id == binlog::kDummyTableId) return std::nullopt;
  if (group_.xa) return group_.held_tables.contains(*id) ? hold(event) : std::nullopt;
  if (group_.open && group_.applied) return std::nullopt;
  const auto found = tables_.find(*id);
  if (found == tables_.end() || !group_.open) {
    return fail("source.binlog_order", "rows without a table map or outside a transaction", "");
  }
  const MappedTable& mapped = found->second;
  if (mapped.table == nullptr) return std::nullopt;
  if (group_.bare && mapped.table->transactional()) {
    return fail("source.binlog_order", "rows of a transactional table outside a transaction", "");
  }
  // Empty when the filter's tables are not looked at.
  const std::string& engine = mapped.table->engine;
  const bool stays = !engine.empty() && strcasecmp(engine.c_str(), "InnoDB") != 0;
  group_.non_transactional = group_.non_transactional || stays;
  if (!count_change()) return std::nullopt;
  auto rows = binlog::decode_rows(event, format_, mapped.map, mapped.hints);
  if (!rows) return rows.error();
  const std::size_t bytes = sizeof(binlog::RowsChange) + rows->memory_bytes();
  add_change(std::move(*rows), bytes, stays);
  return std::nullopt;
}

std::optional<base::Error> TransactionAssembler::take_payload(const EventView& event,
                                                              const EventPlace& place) {
  auto payload = binlog::PayloadReader::open(event.body);
  if (!payload) return payload.error();
  while (true) {
    auto bytes = payload->next();
    if (!bytes) return bytes.error();
    if (!*bytes) return std::nullopt;
    auto inner = binlog::parse_event(**bytes, binlog::ChecksumAlgorithm::off);
    if (!inner) return inner.error();
    if (inner->header.type == EventType::transaction_payload) {
      return fail("binlog.corrupt", "a transaction payload inside a transaction payload", "");
    }
    if (auto error = dispatch(*inner, place)) return error;
  }
}

std::optional<base::Error> TransactionAssembler::take_incident(const EventView& event,
                                                               const EventPlace& place) {
  auto incident = binlog::parse_incident(event.body);
  if (!incident) return incident.error();
  const mysql::BinlogPosition end{place.file, place.end};
  if (options_.may_pass_incident && options_.may_pass_incident(end)) {
    base::log::warn("stream.incident", "passed at {}: {}", end.to_string(), incident->message);
    return std::nullopt;
  }
  return fail("source.incident",
              fmt::format("the server lost changes before it could log them (incident {}): {}",
                          incident->number, incident->message),
              "Rows are missing from the binary log, and nobody knows of which tables. `flyover "
              "reload --table '*'`, then `flyover run`: every table is copied again, and "
              "replication goes on behind the gap.");
}

std::optional<base::Error> TransactionAssembler::roll_back(const EventView& event,
                                                           const EventPlace& place) {
  if (!group_.open) {
    if (auto error = open_group(place)) return error;
  }
  if (group_.taken > 0 && (group_.delivered > 0 || skip_ > 0)) {
    return fail("source.rollback_logged",
                "a transaction was rolled back in the log, and some of its changes were handed "
                "over already",
                "Verify the tables of this transaction and start the load again.");
  }
  drop_changes_behind(0);
  group_.xa = false;
  finish_group(event, place);
  return std::nullopt;
}

void TransactionAssembler::drop_changes_behind(std::uint64_t kept) {
  std::size_t to = kept - group_.delivered;
  for (std::size_t from = to; from < group_.changes.size(); ++from) {
    // What is not transactional was done and stays.
    if (!group_.stays[from]) continue;
    if (to != from) group_.changes[to] = std::move(group_.changes[from]);
    group_.stays[to++] = true;
  }
  group_.changes.erase(group_.changes.begin() + static_cast<std::ptrdiff_t>(to),
                       group_.changes.end());
  group_.stays.resize(to);
  group_.taken = group_.delivered + to;
}

std::optional<base::Error> TransactionAssembler::roll_back_to(const std::string& savepoint) {
  const auto found = std::find_if(group_.savepoints.begin(), group_.savepoints.end(),
                                  [&](const auto& s) { return s.first == savepoint; });
  if (!group_.open || found == group_.savepoints.end()) {
    return fail("source.binlog_order", "ROLLBACK TO an unknown savepoint " + savepoint, "");
  }
  const std::uint64_t kept = found->second;
  if (kept < group_.taken) {
    // Up to skip_ this repeats what was done, without an error, before the connection was lost.
    const bool repeating = group_.seen < skip_;
    const bool unclear = repeating && group_.non_transactional;
    if (unclear || (kept < group_.delivered && !repeating)) {
      return fail("source.rollback_logged",
                  "a transaction was rolled back to a savepoint, and changes behind it were "
                  "handed over already",
                  "Verify the tables of this transaction and start the load again.");
    }
    group_.delivered = std::min(group_.delivered, kept);
    drop_changes_behind(kept);
  }
  group_.savepoints.erase(found + 1, group_.savepoints.end());
  return std::nullopt;
}

bool TransactionAssembler::count_change() {
  ++group_.seen;
  ++group_.taken;
  if (group_.seen > skip_) return true;
  group_.delivered = group_.taken;
  return false;
}

void TransactionAssembler::add_change(binlog::Change change, std::size_t bytes, bool stays) {
  group_.changes.push_back(std::move(change));
  group_.stays.push_back(stays);
  group_.bytes += bytes;
  if (group_.bytes >= options_.part_bytes) deliver(false, 0, group_.start);
}

void TransactionAssembler::finish_group(const EventView& event, const EventPlace& place) {
  deliver(true, event.header.timestamp_s, {place.file, place.end});
  group_ = {};
  skip_ = 0;
  if (tables_.size() > kTablesMax) tables_.clear();
}

void TransactionAssembler::deliver(bool last, std::uint32_t timestamp_s,
                                   mysql::BinlogPosition end) {
  binlog::Transaction transaction;
  transaction.first = group_.delivered == 0;
  transaction.last = last;
  transaction.start = group_.start;
  transaction.end = std::move(end);
  transaction.needs_from = oldest_needed();
  transaction.gtid = group_.gtid;
  transaction.timestamp_s = timestamp_s;
  transaction.changes = std::exchange(group_.changes, std::vector<binlog::Change>());
  group_.stays.clear();
  group_.bytes = 0;
  group_.delivered = group_.taken;
  if (!transaction.changes.empty()) group_.handed_over = group_.seen;
  sink_(std::move(transaction));
}

base::Error TransactionAssembler::fail(std::string code, std::string message,
                                       std::string hint) const {
  return {.code = std::move(code),
          .side = options_.side,
          .action = base::Action::fail,
          .message = std::move(message),
          .hint = std::move(hint)};
}

}  // namespace flyover::stream
