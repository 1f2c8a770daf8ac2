#include "load/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/task_group.h"
#include "load/chunk_reader.h"
#include "load/chunk_writer.h"
#include "load/load_board.h"
#include "load/load_pipe.h"
#include "load/load_records.h"
#include "load/tuning.h"
#include "schema/control_schema.h"

namespace flyover::load {
namespace {

// Readers and writers: dates that no calendar has pass, as they did on the source.
// The source must not give up a reader whose writer waits for a slow target, nor either server a
// lane whose turn does not come for long.
constexpr std::string_view kReaderSession =
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', "
    "net_write_timeout = 86400, wait_timeout = 31536000";
constexpr std::string_view kWriterSession =
    "SET SESSION foreign_key_checks = 0, unique_checks = 0, wait_timeout = 31536000, "
    "sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'";

constexpr std::uint64_t kBatchBytes = 256 << 10;
constexpr std::uint32_t kNotThisEngine = 1031;
constexpr std::chrono::seconds kOldSessionsDeadline{120};

// Sessions of a run that was killed may live on in the server until their chunk is rolled back or,
// when COMMIT had been sent, committed. Only then do the records say the truth.
void wait_for_old_sessions(db::Connection& target, const LoadRecords& records) {
  std::string sql = "SELECT 1";
  for (unsigned session = 0; session < kWritersMax; ++session) {
    sql += fmt::format(" AND IS_FREE_LOCK({})", records.session_lock(session));
  }
  const auto deadline = std::chrono::steady_clock::now() + kOldSessionsDeadline;
  while (target.query_value(sql) != "1") {
    if (std::chrono::steady_clock::now() > deadline) {
      base::throw_error({.code = "load.other_session",
                         .side = base::Side::target,
                         .action = base::Action::retry,
                         .message = "sessions of an earlier load are still at work on the target",
                         .hint = "Look for them in SHOW PROCESSLIST: another flyover with the same "
                                 "name, or a long rollback."});
    }
    base::sleep_for(std::chrono::milliseconds(100), {});
  }
}

// ARCHIVE knows neither TRUNCATE nor DELETE: there an empty table takes the place of the full one.
void truncate(db::Connection& target, const mysql::TableName& table) {
  try {
    target.execute("TRUNCATE TABLE " + table.quoted());
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kNotThisEngine) throw;
    const mysql::TableName fresh{table.schema, "flyover_empty"};
    const mysql::TableName full{table.schema, "flyover_full"};
    for (const mysql::TableName& left : {fresh, full}) {
      target.execute("DROP TABLE IF EXISTS " + left.quoted());
    }
    target.execute("CREATE TABLE " + fresh.quoted() + " LIKE " + table.quoted());
    target.execute("RENAME TABLE " + table.quoted() + " TO " + full.quoted() + ", " +
                   fresh.quoted() + " TO " + table.quoted());
    target.execute("DROP TABLE " + full.quoted());
  }
}

void empty_table(db::Connection& target, const LoadRecords& records,
                 const mysql::TableName& table) {
  // In this order: when it is interrupted, the records bring us here again.
  target.execute("SET SESSION foreign_key_checks = 0");
  truncate(target, table);
  target.execute(records.forget_sql(table));
}

void check_target_empty(db::Connection& target, const std::vector<mysql::TableName>& tables) {
  if (tables.empty()) return;
  std::string sql;
  for (const mysql::TableName& table : tables) {
    sql += fmt::format("{}EXISTS (SELECT 1 FROM {} LIMIT 1)", sql.empty() ? "SELECT " : ", ",
                       table.quoted());
  }
  const db::Table filled = target.query(sql);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (filled.rows.at(0).at(i) != "1") continue;
    base::throw_error({.code = "load.target_not_empty",
                       .side = base::Side::target,
                       .action = base::Action::pause,
                       .message = fmt::format("{} holds rows on the target that this migration did "
                                              "not load",
                                              tables[i].to_string()),
                       .hint = "Empty the table, or leave it out of [tables]."});
  }
}

void check_key_unchanged(const schema::Table& table, const std::vector<ChunkRecord>& records) {
  const std::string columns = schema::ChunkSql(table).column_names();
  for (const ChunkRecord& record : records) {
    if (record.key_columns == columns) continue;
    base::throw_error({.code = "load.key_changed",
                       .side = base::Side::source,
                       .action = base::Action::pause,
                       .message = fmt::format("the key of {} was ({}) when its load began and is "
                                              "({}) now",
                                              table.name.to_string(), record.key_columns, columns),
                       .hint = "Load the table again with `flyover reload`."});
  }
}

}  // namespace

struct Loader::Impl {
  struct Lane {
    db::Connection reader;
    db::Connection writer;
    std::optional<db::Connection> outside;
    Pipe pipe;
  };

  explicit Impl(LoadOptions o) : options(std::move(o)), records(options.migration) {}

  /// So many that the questions about them are few, and short.
  static constexpr std::size_t kTablesAtOnce = 100;

  void add_tables(std::vector<schema::Table> tables);
  void open_lanes();
  /// A session of a lane that writes. `number`: of its lock.
  db::Connection open_writer(unsigned number) const;

  LoadOptions options;
  LoadRecords records;
  LoadBoard board;
  std::optional<Tuning> tuning;  ///< set when the board is complete
  // Set when the board is complete, so that progress() may read it from another thread.
  std::atomic<bool> prepared{false};
  bool snapshots_open = false;
  WriteMethod method = WriteMethod::load_data;
  std::uint64_t batch_bytes = kBatchBytes;
  // By pointer: a pipe can not move.
  std::vector<std::unique_ptr<Lane>> lanes;
  std::unique_ptr<db::Connection> control;
};

void Loader::Impl::add_tables(std::vector<schema::Table> tables) {
  std::vector<mysql::TableName> names;
  for (const schema::Table& table : tables) names.push_back(table.name);
  auto records_of = records.read(*control, names);
  std::vector<mysql::TableName> to_be_empty;
  for (schema::Table& table : tables) {
    std::vector<ChunkRecord> done = std::move(records_of[table.name]);
    const bool keyed = table.row_key() != nullptr;
    if (options.anew && !done.empty()) {
      empty_table(*control, records, table.name);
      done.clear();
    }
    if (done.empty()) {
      to_be_empty.push_back(table.name);
    } else if (keyed) {
      check_key_unchanged(table, done);
    } else if (!done.back().last) {
      base::log::info("load.keyless_again", "{} has no usable key: loading it again from its start",
                      table.name.to_string());
      empty_table(*control, records, table.name);
      done.clear();
    }
    board.add(std::move(table), done);
  }
  check_target_empty(*control, to_be_empty);
}

db::Connection Loader::Impl::open_writer(unsigned number) const {
  auto writer = db::Connection::open(options.target);
  writer.execute(kWriterSession);
  if (!options.target_session.empty()) writer.execute(options.target_session);
  const auto got =
      writer.query_value(fmt::format("SELECT GET_LOCK({},0)", records.session_lock(number)));
  if (got != "1") {
    base::throw_error({.code = "load.other_session",
                       .side = base::Side::target,
                       .action = base::Action::retry,
                       .message = "another flyover loads the same migration",
                       .hint = "Stop the other one."});
  }
  return writer;
}

void Loader::Impl::open_lanes() {
  const unsigned most = options.outside.empty() ? kWritersMax : kWritersMax / 2;
  const unsigned count = std::min(tuning->lanes().most(), most);
  for (unsigned i = 0; i < count; ++i) {
    auto reader = db::Connection::open(options.source);
    reader.execute(kReaderSession);
    auto lane = std::unique_ptr<Lane>(new Lane{std::move(reader), open_writer(i), std::nullopt,
                                               Pipe(options.memory_bytes / count)});
    if (!options.outside.empty()) lane->outside = open_writer(kWritersMax - 1 - i);
    lanes.push_back(std::move(lane));
  }
}

void throw_if_changed(const mysql::TableName& table, const base::Error& error) {
  constexpr std::uint32_t kChanged[] = {
      1412,  // the definition is younger than the snapshot
      1146,  // no such table
      1049,  // no such schema
      1054,  // no such column
      1176,  // no such index
      1814,  // its tablespace was discarded
  };
  if (std::find(std::begin(kChanged), std::end(kChanged), error.mysql_errno) ==
      std::end(kChanged)) {
    return;
  }
  throw TableChanged(table, error);
}

Loader::Loader(LoadOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Loader::~Loader() = default;

void Loader::prepare() {
  Impl& self = *impl_;
  FLYOVER_CHECK(!self.prepared);
  self.control = std::make_unique<db::Connection>(db::Connection::open(self.options.target));
  db::Connection& target = *self.control;
  for (const std::string& sql : schema::create_control_schema_sql()) target.execute(sql);
  if (!self.options.target_session.empty()) target.execute(self.options.target_session);
  wait_for_old_sessions(target, self.records);
  std::vector<schema::Table> tables = std::exchange(self.options.tables, {});
  for (std::size_t at = 0; at < tables.size(); at += Impl::kTablesAtOnce) {
    const std::size_t end = std::min(tables.size(), at + Impl::kTablesAtOnce);
    self.add_tables({std::make_move_iterator(tables.begin() + static_cast<std::ptrdiff_t>(at)),
                     std::make_move_iterator(tables.begin() + static_cast<std::ptrdiff_t>(end))});
  }
  if (target.query_value("SELECT @@GLOBAL.local_infile") != "1") {
    self.method = WriteMethod::insert;
    const auto packet = target.query_value("SELECT @@SESSION.max_allowed_packet");
    self.batch_bytes = std::min<std::uint64_t>(kBatchBytes, std::stoull(packet.value_or("0")) / 4);
    base::log::info("load.insert", "the target has local_infile off: rows are sent as INSERT");
  }
  self.tuning.emplace(Tuning::Options{.lanes = self.options.lanes,
                                      .chunk_bytes = self.options.chunk_bytes,
                                      .data_bytes = self.board.bytes_left()});
  if (!self.board.all_completed()) self.open_lanes();
  self.prepared = true;
}

std::vector<mysql::TableName> Loader::unfinished_keyless_tables() const {
  FLYOVER_CHECK(impl_->prepared);
  std::vector<mysql::TableName> names;
  for (std::size_t i = 0; i < impl_->board.table_count(); ++i) {
    const TablePlan& plan = impl_->board.plan(i);
    if (!plan.keyed && !impl_->board.completed(i)) names.push_back(plan.table.name);
  }
  return names;
}

bool Loader::completed() const {
  FLYOVER_CHECK(impl_->prepared);
  return impl_->board.all_completed();
}

void Loader::open_readers(std::optional<std::chrono::seconds> definition_wait) {
  for (auto& lane : impl_->lanes) {
    if (definition_wait) {
      lane->reader.execute(
          fmt::format("SET SESSION lock_wait_timeout = {}", definition_wait->count()));
    }
    lane->reader.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    lane->reader.execute("SAVEPOINT flyover_chunk");
  }
  impl_->snapshots_open = true;
}

LoadResult Loader::run(std::stop_token stop) {
  Impl& self = *impl_;
  FLYOVER_CHECK(self.prepared && (self.snapshots_open || self.board.all_completed()));
  // Sessions end with the run: a chunk that was not committed is undone by that.
  auto lanes = std::exchange(self.lanes, {});
  self.control.reset();
  base::TaskGroup tasks(stop);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    Impl::Lane& lane = *lanes[i];
    tasks.start(fmt::format("load-read-{}", i), [&self, &lane, i](std::stop_token task_stop) {
      ChunkReader(self.board, lane.reader, lane.pipe,
                  {self.method, static_cast<unsigned>(i), self.batch_bytes, *self.options.pace,
                   *self.tuning})
          .run(std::move(task_stop));
    });
    tasks.start(fmt::format("load-write-{}", i), [&self, &lane](std::stop_token task_stop) {
      ChunkWriter(self.board, self.records, lane.writer, lane.outside ? &*lane.outside : nullptr,
                  lane.pipe,
                  {self.method, self.options.several_moments, self.options.outside,
                   self.options.table_loaded, *self.tuning})
          .run(std::move(task_stop));
    });
  }
  try {
    tasks.join();
  } catch (const Stopped&) {
    return LoadResult::stopped;
  } catch (const base::ErrorException& e) {
    // A stop request interrupts the sessions, which they report as broken.
    if (stop.stop_requested() && db::session_lost(e.error())) return LoadResult::stopped;
    throw;
  }
  FLYOVER_CHECK(self.board.all_completed());
  return LoadResult::completed;
}

Progress Loader::progress() const {
  return impl_->prepared ? impl_->board.progress(impl_->tuning->chunk_bytes()) : Progress();
}

std::optional<Decisions> Loader::decisions() const {
  return impl_->prepared ? std::optional(impl_->tuning->decisions()) : std::nullopt;
}

void Loader::forget_table(db::Connection& target, const std::string& migration,
                          const mysql::TableName& table) {
  empty_table(target, LoadRecords(migration), table);
}

}  // namespace flyover::load
