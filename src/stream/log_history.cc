#include "stream/log_history.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "stream/dump_session.h"

namespace flyover::stream {
namespace {

constexpr std::chrono::milliseconds kHeartbeatPeriod{200};
constexpr std::uint64_t kFirstEventAt = 4;

constexpr std::string_view kStartAnew =
    "Changes may be lost that were not read. Stop flyover, `flyover reload --table '*'`, and run "
    "it again: every table is copied again, and replication goes on from there.";

std::string moment(std::uint32_t seconds) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

base::Error log_reset(const db::Endpoint& endpoint, std::string what) {
  return {.code = fmt::format("{}.log_reset", base::to_string(endpoint.side)),
          .side = endpoint.side,
          .action = base::Action::fail,
          .message = fmt::format("the binary log of the {} {} was begun anew: {}",
                                 base::to_string(endpoint.side), endpoint.address(), what),
          .hint = "RESET MASTER does that, and so does a server restored from a copy. " +
                  std::string(kStartAnew)};
}

base::Error log_gone(const db::Endpoint& endpoint, const mysql::BinlogPosition& position,
                     const std::string& what) {
  return {.code = fmt::format("{}.log_gone", base::to_string(endpoint.side)),
          .side = endpoint.side,
          .action = base::Action::fail,
          .message = fmt::format("the binary log of the {} {} does not have {} any more: {}",
                                 base::to_string(endpoint.side), endpoint.address(),
                                 position.to_string(), what),
          .hint =
              "It was purged (then lengthen its retention), or begun anew by RESET MASTER, or "
              "a crash took its end (then set sync_binlog = 1). " +
              std::string(kStartAnew)};
}

/// Nothing: the server does not have the file.
std::optional<std::uint64_t> size_of(const db::Endpoint& endpoint, const std::string& file) {
  db::Connection session = db::Connection::open(endpoint);
  const db::Table logs = session.query("SHOW BINARY LOGS");
  for (std::size_t i = 0; i < logs.rows.size(); ++i) {
    if (logs.text(i, "Log_name") == file) return logs.number(i, "File_size");
  }
  return std::nullopt;
}

}  // namespace

std::optional<base::Error> learn_server(LogHistory& history, const std::string& server_uuid,
                                        const db::Endpoint& endpoint) {
  if (history.server_uuid.empty()) history.server_uuid = server_uuid;
  if (history.server_uuid == server_uuid) return std::nullopt;
  return base::Error{
      .code = fmt::format("{}.other_server", base::to_string(endpoint.side)),
      .side = endpoint.side,
      .action = base::Action::fail,
      .message = fmt::format("the {} {} is another server: its server_uuid was {} and is now {}",
                             base::to_string(endpoint.side), endpoint.address(),
                             history.server_uuid, server_uuid),
      .hint =
          "Positions of one server's log say nothing about another's. Bring back the server "
          "that the migration began with. If this one takes its place: " +
          std::string(kStartAnew)};
}

std::optional<base::Error> learn_file(LogHistory& history, const std::string& file,
                                      std::uint32_t begun_s, const db::Endpoint& endpoint) {
  const std::uint32_t known = history.begun_s.emplace(file, begun_s).first->second;
  if (known == begun_s) return std::nullopt;
  return log_reset(endpoint, fmt::format("{} was begun at {}, and is now a file begun at {}", file,
                                         moment(known), moment(begun_s)));
}

LogHistory read_log_history(const db::Endpoint& endpoint, const std::string& file) {
  LogHistory history;
  DumpSession session(endpoint, kHeartbeatPeriod);
  history.server_uuid = session.server_uuid();
  session.start({file, kFirstEventAt});
  while (history.begun_s.empty()) {
    const std::optional<DumpedEvent> event = session.next();
    if (!event) {
      base::throw_error(
          {.code = fmt::format("{}.lost", base::to_string(endpoint.side)),
           .side = endpoint.side,
           .action = base::Action::retry,
           .message = fmt::format("{} sent nothing of {}", endpoint.address(), file)});
    }
    if (event->view.header.type == binlog::EventType::format_description) {
      history.begun_s.emplace(file, event->view.header.timestamp_s);
    }
  }
  return history;
}

std::optional<base::Error> check_log_history(const LogHistory& history,
                                             const mysql::BinlogPosition& position,
                                             const db::Endpoint& endpoint) {
  LogHistory known = history;
  const std::optional<std::uint64_t> size = size_of(endpoint, position.file);
  if (!size) return log_gone(endpoint, position, "the file is not there any more");
  const LogHistory now = read_log_history(endpoint, position.file);
  if (auto error = learn_server(known, now.server_uuid, endpoint)) return error;
  if (auto error = learn_file(known, position.file, now.begun_s.at(position.file), endpoint)) {
    return error;
  }
  if (*size >= position.offset) return std::nullopt;
  return log_gone(endpoint, position, fmt::format("the file ends at {}", *size));
}

}  // namespace flyover::stream
