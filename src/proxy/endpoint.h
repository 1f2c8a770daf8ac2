#pragma once
// What the sessions of one proxy share, and what is done with all of them at once: hold, drain,
// prepare, release.

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/route_file.h"
#include "net/stream.h"
#include "proxy/backend.h"
#include "proxy/gate.h"
#include "proxy/options.h"
#include "proxy/server.h"

namespace flyover::proxy {

class Session;

/// At most `slots` holders at a time, in the order of arrival. One thread.
class MoveSlots {
 public:
  MoveSlots(const asio::any_io_executor& executor, std::size_t slots)
      : free_(slots), freed_(executor) {}
  Task<void> acquire();
  void release();

 private:
  std::size_t free_;
  net::Signal freed_;
};

/// What has been counted; `switch_` fields since the last hold began.
struct Counters {
  std::uint64_t queries = 0;
  std::uint64_t moved = 0;
  std::uint64_t closed = 0;
  std::uint64_t switch_moved = 0;
  std::uint64_t switch_closed = 0;
  std::chrono::milliseconds switch_longest_hold{0};

  void count_moved() { ++moved, ++switch_moved; }
  void count_closed() { ++closed, ++switch_closed; }
};

/// Belongs to the proxy's thread. Sessions hold a reference: it outlives them.
class Endpoint {
 public:
  /// Reads the route on disk. Throws "route.unreadable".
  Endpoint(asio::io_context& io, const Options& options);

  const Options& options() const { return options_; }
  const Gate& gate() const { return gate_; }
  Counters& counters() { return counters_; }
  MoveSlots& move_slots() { return move_slots_; }
  /// Notified at every release.
  net::Signal& released() { return released_; }
  Server& server(base::Side side) { return side == base::Side::target ? target_ : source_; }
  Server& active_server() { return server(gate_.active()); }
  const User* find_user(std::string_view name) const;
  std::size_t session_count() const { return sessions_.size(); }

  /// Serves a client until it leaves.
  Task<void> serve(asio::ip::tcp::socket socket);

  /// The connection id on its server of the session that the client knows by `session_id`.
  std::optional<std::uint32_t> backend_id(std::uint64_t session_id) const;

  // What the admin socket asks for; see proxy.h for the words. Errors are thrown.
  nlohmann::json status() const;
  nlohmann::json hold(std::uint64_t epoch, std::chrono::milliseconds limit,
                      std::chrono::milliseconds max_hold);
  Task<nlohmann::json> drained();
  Task<nlohmann::json> prepare(base::Side side);
  nlohmann::json drop_prepared();
  nlohmann::json close_unmovable();
  Task<nlohmann::json> release(base::Side side, std::uint64_t epoch);

  /// Ends every session: idle ones at once, busy ones after the grace at the latest.
  Task<void> shut_down();

 private:
  Task<nlohmann::json> open_gate(base::Side side, std::uint64_t epoch);
  Task<void> watch_hold();
  Task<void> expire_hold();
  Task<void> ask_status_of_unsure();
  std::vector<std::shared_ptr<Session>> sessions() const;

  asio::io_context& io_;
  const Options options_;
  const net::RouteFile route_file_;
  Gate gate_;
  ConnectionRegistry registry_;
  Server source_;
  Server target_;
  Counters counters_;
  MoveSlots move_slots_;
  net::Signal released_;
  std::string instance_;
  bool watching_ = false;
  bool stopping_ = false;
  std::uint64_t next_session_id_;
  // Shared with the session's own coroutine and with those that move or close it.
  std::unordered_map<std::uint64_t, std::shared_ptr<Session>> sessions_;
};

}  // namespace flyover::proxy
