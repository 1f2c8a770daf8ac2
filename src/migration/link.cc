#include "migration/link.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/log.h"
#include "base/task_group.h"
#include "migration/control_rows.h"

namespace flyover::migration {
namespace {

// What waits between the stream and the applier: part of the memory that run may use.
constexpr std::size_t kQueueBytes = 32UL << 20;
constexpr std::chrono::milliseconds kHeartbeatInterval{200};

}  // namespace

Link::Link(LinkOptions options)
    : options_(std::move(options)),
      queue_(kQueueBytes),
      applier_(std::make_unique<apply::Applier>(
          apply::ApplierOptions{.target = options_.to,
                                .migration = options_.migration,
                                .link = options_.name,
                                .workers = options_.workers,
                                .tables = options_.tables,
                                .cuts = options_.cuts,
                                .source_logs_cascades = options_.from_logs_cascades,
                                .schema_selected = options_.selects_schema},
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
  stream_ = std::make_unique<stream::BinlogStream>(
      stream::StreamOptions{.endpoint = options_.from,
                            .start = std::move(position),
                            .filter =
                                [this, tables = std::move(tables)](const mysql::TableName& name) {
                                  const auto found = tables.find(name);
                                  if (found != tables.end()) return found->second;
                                  count_dropped(name);
                                  return static_cast<const schema::Table*>(nullptr);
                                }},
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
    group.start(options_.name + ".beat", [this](std::stop_token s) {
      run_heartbeat(options_.from, options_.migration, kHeartbeatInterval, s);
    });
    group.join();
  } catch (...) {
    base::Error error = base::to_error(std::current_exception());
    base::log::error("link.failed", "{}: {}", options_.name, error.text());
    const std::unique_lock lock(mutex_);
    failure_ = std::move(error);
  }
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
