#pragma once
// What the endpoint needs to know.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/secret.h"

namespace flyover::proxy {

/// An account of the application. Its sessions log in on both servers with this name and password.
struct User {
  std::string name;
  base::Secret password;
};

enum class TlsMode { disabled, preferred, required, verify_ca, verify_identity };

/// One of the two servers.
struct ServerAddress {
  std::string host;
  std::uint16_t port = 3306;
  TlsMode tls = TlsMode::preferred;
  std::string tls_ca;  ///< PEM file; empty: the system's store (only for the verify modes)
  /// Statements run in every new session of the application on this server, right after login:
  /// session defaults to keep, such as "SET SESSION sql_mode = '...'".
  std::vector<std::string> session_init;
};

struct Options {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 0;  ///< 0: any free port, see Proxy::port()
  std::vector<User> users;
  ServerAddress source;
  ServerAddress target;
  std::filesystem::path state_dir;

  /// More client connections are refused with error 1040.
  std::size_t max_sessions = 10'000;
  /// Sessions that move, or prepare to, at the same time.
  std::size_t max_moves = 64;
  /// Reaching a server and logging in there.
  std::chrono::milliseconds connect_timeout{10'000};
  /// A client's login.
  std::chrono::milliseconds client_login_timeout{20'000};
  /// How long one session may try to establish itself on the other server.
  std::chrono::milliseconds move_timeout{5'000};
  /// After this `release` answers although some sessions have not moved yet.
  std::chrono::milliseconds release_timeout{30'000};
  /// An idle session whose last statement left something to ask for (warnings, FOUND_ROWS(),
  /// ROW_COUNT()) moves only when it was idle this long, or with its next command.
  std::chrono::milliseconds diagnostics_wait{1'000};
  /// At the end of the proxy: how long running commands and transactions may still go on.
  std::chrono::milliseconds shutdown_grace{5'000};
  /// A stored routine may leave variables, temporary tables or locks that nobody can see from
  /// outside: a session that called one does not move.
  bool routines_pin_sessions = true;
};

}  // namespace flyover::proxy
