#include "proxy/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <map>

#include "base/log.h"
#include "base/random.h"
#include "proxy/session.h"

namespace flyover::proxy {
namespace {

/// Session ids begin here, far from the connection ids of the servers, and fit 31 bits.
constexpr std::uint64_t kFirstSessionId = 1'000'000'000;
constexpr std::chrono::milliseconds kPoll{2};
constexpr std::chrono::milliseconds kHoldPoll{20};
constexpr std::chrono::milliseconds kRouteRetry{200};
constexpr std::chrono::milliseconds kLastWords{1'000};

net::Route read_route(const net::RouteFile& file) {
  return file.read().value_or_throw();
}

}  // namespace

Task<void> MoveSlots::acquire() {
  while (free_ == 0) co_await freed_.wait();
  --free_;
}

void MoveSlots::release() {
  ++free_;
  freed_.notify_one();
}

Endpoint::Endpoint(asio::io_context& io, const Options& options)
    : io_(io),
      options_(options),
      route_file_(options.state_dir),
      gate_(read_route(route_file_).active, read_route(route_file_).epoch),
      source_(base::Side::source, options.source, registry_),
      target_(base::Side::target, options.target, registry_),
      move_slots_(io.get_executor(), std::max<std::size_t>(options.max_moves, 1)),
      released_(io.get_executor()),
      instance_(base::random_token()),
      next_session_id_(kFirstSessionId) {}

const User* Endpoint::find_user(std::string_view name) const {
  const auto found = std::find_if(options_.users.begin(), options_.users.end(),
                                  [&](const User& user) { return user.name == name; });
  return found == options_.users.end() ? nullptr : &*found;
}

Task<void> Endpoint::serve(asio::ip::tcp::socket socket) {
  const std::uint64_t id = ++next_session_id_;
  const auto session =
      std::make_shared<Session>(*this, std::move(socket), static_cast<std::uint32_t>(id));
  sessions_.emplace(id, session);
  co_await session->run();
  sessions_.erase(id);
}

std::optional<std::uint32_t> Endpoint::backend_id(std::uint64_t session_id) const {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end() || !found->second->backend()) return std::nullopt;
  return found->second->backend()->connection_id();
}

std::vector<std::shared_ptr<Session>> Endpoint::sessions() const {
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) all.push_back(session);
  return all;
}

nlohmann::json Endpoint::status() const {
  std::uint64_t in_transaction = 0, running = 0, pinned = 0, draining = 0, held = 0, movable = 0;
  std::uint64_t waiting_login = 0, on_source = 0, on_target = 0;
  std::map<std::string, std::uint64_t> reasons;
  for (const auto& [id, session] : sessions_) {
    if (!session->backend()) {
      ++waiting_login;
      continue;
    }
    (session->backend()->side() == base::Side::target ? on_target : on_source)++;
    const auto pins = session->pins();
    const auto passing = session->draining();
    for (const auto& reason : pins) ++reasons[reason];
    for (const auto& reason : passing) ++reasons[reason];
    if (!pins.empty()) ++pinned;
    if (!passing.empty()) ++draining;
    if (session->in_transaction()) ++in_transaction;
    if (session->activity() == Activity::running) ++running;
    if (session->activity() == Activity::held) ++held;
    if (pins.empty() && passing.empty() && !session->in_transaction()) ++movable;
  }
  nlohmann::json json = {
      {"active", base::to_string(gate_.active())},
      {"epoch", gate_.epoch()},
      {"holding", gate_.holding()},
      {"instance", instance_},
      {"sessions", sessions_.size()},
      {"movable", movable},
      {"in_transaction", in_transaction},
      {"running", running},
      {"pinned", pinned},
      {"draining", draining},
      {"reasons", reasons},
      {"held", held},
      {"logging_in", waiting_login},
      {"on_source", on_source},
      {"on_target", on_target},
      {"queries_total", counters_.queries},
      {"moved_total", counters_.moved},
      {"closed_total", counters_.closed},
      {"source_version", source_.version_text()},
      {"target_version", target_.version_text()},
      {"source_connections", registry_.of(base::Side::source)},
      {"target_connections", registry_.of(base::Side::target)},
  };
  if (gate_.holding()) {
    json["held_ms"] =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - gate_.held_since())
            .count();
  }
  return json;
}

nlohmann::json Endpoint::hold(std::uint64_t epoch, std::chrono::milliseconds limit,
                              std::chrono::milliseconds max_hold) {
  const bool was_holding = gate_.holding();
  const auto held = gate_.hold(epoch, Clock::now(), limit, max_hold);
  if (!held) base::throw_error(held.error());
  if (!was_holding) {
    counters_.switch_moved = counters_.switch_closed = 0;
    counters_.switch_longest_hold = std::chrono::milliseconds(0);
    base::log::info("proxy.hold", "commands are held, epoch {}, for at most {} ms", epoch,
                    max_hold.count());
  }
  if (!watching_) {
    watching_ = true;
    asio::co_spawn(io_, watch_hold(), asio::detached);
  }
  return {{"ok", true}, {"epoch", gate_.epoch()}, {"instance", instance_}};
}

Task<void> Endpoint::ask_status_of_unsure() {
  for (const auto& session : sessions()) {
    if (session->status_unsure()) co_await session->refresh_idle_status();
  }
}

Task<nlohmann::json> Endpoint::drained() {
  co_await ask_status_of_unsure();
  std::uint64_t in_transaction = 0, running = 0, pinned = 0, draining = 0, held = 0, busy = 0;
  for (const auto& [id, session] : sessions_) {
    if (!session->backend()) continue;
    const bool runs = session->activity() == Activity::running || session->moving();
    const bool passing = !session->draining().empty();
    if (runs) ++running;
    if (session->in_transaction()) ++in_transaction;
    if (passing) ++draining;
    if (runs || passing || session->in_transaction()) ++busy;
    if (!session->pins().empty()) ++pinned;
    if (session->activity() == Activity::held) ++held;
  }
  co_return nlohmann::json{{"drained", gate_.holding() && busy == 0 && pinned == 0},
                           {"busy", busy},
                           {"in_transaction", in_transaction},
                           {"running", running},
                           {"draining", draining},
                           {"pinned", pinned},
                           {"held", held},
                           {"holding", gate_.holding()},
                           {"limit_passed", gate_.limit_passed(Clock::now())},
                           {"epoch", gate_.epoch()},
                           {"instance", instance_}};
}

Task<nlohmann::json> Endpoint::prepare(base::Side side) {
  struct Progress {
    std::uint64_t open = 0, prepared = 0, failed = 0;
  } progress;
  for (const auto& session : sessions()) {
    if (!session->backend() || session->backend()->side() == side || session->has_standby(side)) {
      continue;
    }
    ++progress.open;
    asio::co_spawn(io_, session->open_standby(side), [&progress](std::exception_ptr, bool ok) {
      ++(ok ? progress.prepared : progress.failed);
      --progress.open;
    });
  }
  // Every open has a time limit of its own, so this ends.
  while (progress.open > 0) co_await net::pause(kPoll);
  co_return nlohmann::json{
      {"ok", true}, {"prepared", progress.prepared}, {"failed", progress.failed}};
}

nlohmann::json Endpoint::drop_prepared() {
  std::uint64_t dropped = 0;
  for (const auto& session : sessions()) {
    if (session->has_standby(base::Side::source) || session->has_standby(base::Side::target)) {
      ++dropped;
    }
    session->drop_standby();
  }
  return {{"ok", true}, {"dropped", dropped}};
}

nlohmann::json Endpoint::close_unmovable() {
  std::uint64_t closed = 0;
  for (const auto& session : sessions()) {
    if (!session->backend() || session->in_transaction()) continue;
    const auto activity = session->activity();
    if (activity != Activity::idle && activity != Activity::held) continue;
    auto reasons = session->pins();
    for (auto& reason : session->draining()) reasons.push_back(std::move(reason));
    if (reasons.empty()) continue;
    base::log::info("proxy.closed_unmovable", "a session is closed: {}", fmt::join(reasons, ", "));
    session->close_politely(fmt::format("{}", fmt::join(reasons, ", ")));
    ++closed;
    counters_.count_closed();
  }
  return {{"ok", true}, {"closed", closed}};
}

Task<nlohmann::json> Endpoint::release(base::Side side, std::uint64_t epoch) {
  const auto route = route_file_.read();
  if (!route) base::throw_error(route.error());
  if (*route != net::Route{epoch, side}) {
    base::throw_error(
        {.code = "proxy.route_differs",
         .side = base::Side::endpoint,
         .action = base::Action::fail,
         .message = fmt::format("asked to release to the {} at epoch {}, but the route on disk "
                                "says {} at epoch {}",
                                base::to_string(side), epoch, base::to_string(route->active),
                                route->epoch),
         .hint = "flip the route by compare-and-set first"});
  }
  co_return co_await open_gate(side, epoch);
}

/// Opens the gate and waits until every session is where it leads.
Task<nlohmann::json> Endpoint::open_gate(base::Side side, std::uint64_t epoch) {
  const auto opened = gate_.release(side, epoch);
  if (!opened) base::throw_error(opened.error());
  base::log::info("proxy.release", "commands go to the {} from now on, epoch {}",
                  base::to_string(side), epoch);
  released_.notify_all();
  const auto deadline = Clock::now() + options_.release_timeout;
  std::uint64_t pending = 0;
  do {
    pending = 0;
    for (const auto& session : sessions()) {
      const auto activity = session->activity();
      if (!session->backend() || session->backend()->side() == gate_.active()) continue;
      if (activity == Activity::closed) continue;
      ++pending;
      if (activity == Activity::idle && session->in_transaction() && !session->moving()) {
        counters_.count_closed();
        session->close_politely("it is in a transaction");
      } else if (session->may_move_now(Clock::now())) {
        asio::co_spawn(io_, session->move_idle(), asio::detached);
      }
    }
    if (pending > 0) co_await net::pause(kPoll);
    // A new hold or release takes over.
    if (gate_.holding() || gate_.epoch() != epoch) break;
  } while (pending > 0 && Clock::now() < deadline);
  drop_prepared();
  base::log::info("proxy.released", "{} sessions moved, {} closed, {} still to move",
                  counters_.switch_moved, counters_.switch_closed, pending);
  co_return nlohmann::json{{"ok", true},
                           {"epoch", gate_.epoch()},
                           {"moved_sessions", counters_.switch_moved},
                           {"closed_sessions", counters_.switch_closed},
                           {"pending_sessions", pending},
                           {"longest_hold_ms", counters_.switch_longest_hold.count()}};
}

Task<void> Endpoint::watch_hold() {
  while (gate_.holding() && !stopping_) {
    if (gate_.expired(Clock::now())) {
      co_await expire_hold();
    } else {
      co_await net::pause(kHoldPoll);
    }
  }
  watching_ = false;
}

/// Nobody released in time. The epoch is raised on disk before anything is let go, so that a flip
/// that comes late fails; where the route leads now, the commands go.
Task<void> Endpoint::expire_hold() {
  base::log::error("proxy.hold_expired",
                   "commands were held longer than agreed: they are released by the route on disk");
  const auto route = route_file_.read();
  const auto raised = route ? route_file_.compare_and_set(route->epoch, route->active) : route;
  if (!raised) {
    base::log::error("proxy.hold_stuck", "{}: trying again", raised.error().text());
    co_await net::pause(kRouteRetry);
    co_return;
  }
  co_await open_gate(raised->active, raised->epoch);
}

Task<void> Endpoint::shut_down() {
  stopping_ = true;
  const auto deadline = Clock::now() + options_.shutdown_grace;
  while (!sessions_.empty() && Clock::now() < deadline) {
    for (const auto& session : sessions()) {
      if (!session->in_transaction() || session->activity() == Activity::held) {
        session->close_politely("the endpoint is shutting down");
      }
      if (!session->backend()) session->close_now();
    }
    co_await net::pause(kHoldPoll);
  }
  for (const auto& session : sessions()) session->close_now();
  // Their coroutines end as soon as they notice.
  const auto end = Clock::now() + kLastWords;
  while (!sessions_.empty() && Clock::now() < end) co_await net::pause(kHoldPoll);
}

}  // namespace flyover::proxy
