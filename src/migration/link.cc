#include "migration/link.h"

#include <algorithm>
#include <map>
#include <utility>

#include "apply/needs_copy.h"
#include "base/log.h"
#include "base/task_group.h"
#include "migration/control_rows.h"

namespace flyover::migration {
namespace {

// What waits between the stream and the applier: part of the memory that run may use.
constexpr std::size_t kQueueBytes = 32UL << 20;
constexpr std::chrono::milliseconds kHeartbeatInterval{200};

/// Whether every table holds what was written up to here, or will be copied again.
bool nothing_missed(const LinkOptions& options, const mysql::BinlogPosition& position) {
  return std::all_of(options.tables.begin(), options.tables.end(), [&](const schema::Table& table) {
    const auto cut = options.cuts.find(table.name);
    return cut != options.cuts.end() && !cut->second.counts(position);
  });
}

/// The same of what is written at XA COMMIT: rows of tables without transactions are not.
bool nothing_prepared_missed(const LinkOptions& options, const mysql::BinlogPosition& position) {
  return std::all_of(options.tables.begin(), options.tables.end(), [&](const schema::Table& table) {
    const auto cut = options.cuts.find(table.name);
    if (cut == options.cuts.end()) return !table.transactional();
    return !cut->second.counts(position);
  });
}

/// Nothing is read before the file of `position` again.
stream::LogHistory from_here(stream::LogHistory history, const mysql::BinlogPosition& position) {
  std::erase_if(history.begun_s, [&](const auto& file) {
    return mysql::BinlogPosition{file.first, 0}.file_number() < position.file_number();
  });
  return history;
}

}  // namespace

Link::Link(LinkOptions options)
    : options_(std::move(options)),
      queue_(kQueueBytes),
      applier_(std::make_unique<apply::Applier>(
          apply::ApplierOptions{.target = options_.to,
                                .migration = options_.migration,
                                .link = options_.name,
                                .workers = options_.workers,
                                .mode = options_.mode,
                                .tables = options_.tables,
                                .cuts = options_.cuts,
                                .plain_engines = options_.plain_engines,
                                .source_logs_cascades = options_.from_logs_cascades,
                                .schema_selected = options_.selects_schema,
                                .statements = options_.ddl.get(),
                                .reached_by = options_.reached_by,
                                .suspend = options_.suspend,
                                .batch_rows_max = options_.batch_rows},
          queue_)) {}

Link::~Link() {
  stop();
}

void Link::start() {
  mysql::BinlogPosition position = applier_->prepare();
  base::log::info("link.start", "{}: {} to {} from {}", options_.name, options_.from.address(),
                  options_.to.address(), position.to_string());
  std::map<mysql::TableName, const schema::Table*> tables;
  for (const auto* list : {&options_.tables, &options_.control_tables}) {
    for (const schema::Table& table : *list) tables.emplace(table.name, &table);
  }
  // The rows of a suspended table are not even decoded: its definition may be another by now.
  for (const auto& [name, cut] : options_.cuts) {
    if (!cut.suspended) continue;
    tables.erase(name);
    dropped_.emplace(name, 0);
  }
  std::function<bool(const binlog::StatementChange&)> ends_stream;
  mysql::BinlogPosition created_at;
  if (options_.ddl != nullptr) {
    ends_stream = [this](const binlog::StatementChange& statement) {
      return options_.ddl->ends_stream(statement);
    };
    db::Connection to = db::Connection::open(options_.to);
    created_at = DdlJournal::created_at(to, options_.migration, options_.name);
  }
  stream_ = std::make_unique<stream::BinlogStream>(
      stream::StreamOptions{
          .endpoint = options_.from,
          .start = applier_->read_from(),
          .filter =
              [this, tables = std::move(tables)](const mysql::TableName& name) {
                const auto found = tables.find(name);
                if (found != tables.end()) return found->second;
                count_dropped(name);
                return static_cast<const schema::Table*>(nullptr);
              },
          .may_pass_incident =
              [this](const mysql::BinlogPosition& end) { return nothing_missed(options_, end); },
          .applied_until = std::move(position),
          .may_miss_prepared =
              [this](const mysql::BinlogPosition& end) {
                return nothing_prepared_missed(options_, end);
              },
          .ends_stream = std::move(ends_stream),
          .created_at = std::move(created_at),
          .history = from_here(options_.history, applier_->read_from()),
          .keep_history = options_.keep_history},
      queue_);
  supervisor_ = std::jthread([this](std::stop_token stop) { supervise(std::move(stop)); });
}

void Link::stop() {
  if (!supervisor_.joinable()) return;
  supervisor_.request_stop();
  supervisor_.join();
}

void Link::supervise(std::stop_token stop) {
  try {
    base::TaskGroup group(stop);
    group.start(options_.name + ".stream", [this](std::stop_token s) { stream_->run(s); });
    group.start(options_.name + ".apply", [this](std::stop_token s) { applier_->run(s); });
    group.start(options_.name + ".watch", [this](std::stop_token s) {
      stream::watch_log(
          options_.from, [this] { return stream_->moment(); }, s);
    });
    group.start(options_.name + ".beat", [this](std::stop_token s) {
      run_heartbeat(options_.from, options_.migration, kHeartbeatInterval, s);
    });
    group.join();
  } catch (const apply::NeedsCopy& e) {
    suspend_for_copy(e);
  } catch (...) {
    base::Error error = base::to_error(std::current_exception());
    const bool on_purpose =
        error.code == apply::kDefinitionsChanged || error.code == apply::kSuspendedCode;
    if (on_purpose) {
      base::log::info("link.anew", "{}: {}", options_.name, error.message);
    } else {
      base::log::error("link.failed", "{}: {}", options_.name, error.text());
    }
    const std::unique_lock lock(mutex_);
    failure_ = std::move(error);
  }
}

void Link::suspend_for_copy(const apply::NeedsCopy& cause) {
  base::Error error = cause.error();
  try {
    options_.suspend({cause.table()}, cause.why());
  } catch (...) {
    error = base::to_error(std::current_exception());
  }
  const std::unique_lock lock(mutex_);
  failure_ = std::move(error);
}

void Link::count_dropped(const mysql::TableName& table) {
  const std::unique_lock lock(mutex_);
  if (const auto found = dropped_.find(table); found != dropped_.end()) ++found->second;
}

std::uint64_t Link::dropped_changes(const mysql::TableName& table) const {
  const std::unique_lock lock(mutex_);
  const auto found = dropped_.find(table);
  return found == dropped_.end() ? 0 : found->second;
}

std::optional<base::Error> Link::failure() const {
  const std::unique_lock lock(mutex_);
  return failure_;
}

bool Link::connected() const {
  return stream_ != nullptr && stream_->bytes_received() > 0;
}

mysql::BinlogPosition Link::streamed_position() const {
  return stream_ == nullptr ? mysql::BinlogPosition{} : stream_->streamed_position();
}

}  // namespace flyover::migration
