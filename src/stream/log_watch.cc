#include "stream/log_watch.h"

#include <utility>

#include "base/log.h"
#include "base/task_group.h"
#include "stream/marker.h"

namespace flyover::stream {
namespace {

struct Look {
  mysql::BinlogPosition server{};
  StreamMoment stream{};
};

bool suspicious(const Look& before, const Look& now) {
  if (now.server < before.server) return true;
  const bool still =
      before.stream.waiting && now.stream.waiting && before.stream.events == now.stream.events;
  return still && before.server != before.stream.position;
}

}  // namespace

void watch_log(const db::Endpoint& endpoint, const std::function<StreamMoment()>& stream,
               std::stop_token stop, std::chrono::milliseconds interval) {
  static constexpr std::chrono::seconds kAnswerTimeout{30};
  db::Endpoint watched = endpoint;
  if (watched.read_timeout.count() == 0) watched.read_timeout = kAnswerTimeout;
  std::optional<db::Connection> session;
  std::optional<Look> before;
  while (base::sleep_for(interval, stop)) {
    try {
      if (!session) session.emplace(db::Connection::open(watched));
      Look now{.server = current_position(*session), .stream = stream()};
      const auto& history = now.stream.history;
      if (before && suspicious(*before, now) &&
          history.begun_s.contains(now.stream.position.file)) {
        auto error = check_log_history(history, now.stream.position, watched);
        if (error) base::throw_error(std::move(*error));
      }
      before = std::move(now);
    } catch (const base::ErrorException& e) {
      if (e.error().action == base::Action::fail) throw;
      base::log::info("stream.watch", "{}", e.error().message);
      session.reset();
    }
  }
}

}  // namespace flyover::stream
