#pragma once
// One connection of ours to a server: the login, and the few commands that the proxy sends itself.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "mysql/handshake.h"
#include "mysql/response.h"
#include "net/stream.h"
#include "proxy/server.h"
#include "proxy/session_state.h"

namespace flyover::proxy {

namespace asio = boost::asio;
template <typename T>
using Task = asio::awaitable<T>;

/// How a session logs in: what its client asked for, and the password that the proxy knows.
struct Account {
  mysql::Login login{};
  base::Secret password{};
};

/// Belongs to the proxy's thread. One command at a time. After an error with the code
/// "proxy.backend_lost" the connection is of no use any more.
class Backend {
 public:
  /// Connects and logs in; runs the server's session_init statements.
  /// Errors carry what a client may be told: mysql_errno, sqlstate, a message naming the server.
  static Task<base::Result<std::unique_ptr<Backend>>> open(Server& server, Account account,
                                                           std::chrono::milliseconds limit);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  Server& server() { return server_; }
  base::Side side() const { return server_.side(); }
  std::uint32_t connection_id() const { return connection_id_; }
  /// Status flags after the last command sent by this class.
  std::uint16_t status() const { return status_; }
  net::Stream& stream() { return stream_; }

  /// A statement without a result set.
  Task<base::Result<bool>> execute(std::string sql);
  /// The first row of a SELECT.
  Task<base::Result<std::vector<Cell>>> query_row(std::string sql);
  /// A command answered by OK, EOF or ERR.
  Task<base::Result<bool>> command(mysql::Command command, std::string body);
  /// Prepares all of `texts`, in the same order; the first error ends it.
  Task<base::Result<std::vector<mysql::PrepareOk>>> prepare(std::vector<std::string> texts);
  /// Says good-bye and closes.
  Task<void> quit();

  /// What a client is told when the connection broke.
  base::Error lost(std::string_view why) const;

 private:
  Backend(asio::any_io_executor executor, Server& server);

  Task<base::Result<bool>> log_in(Account account);
  Task<base::Result<bool>> start_tls(mysql::Login login, bool offered);
  Task<base::Result<bool>> authenticate(Account account, std::string plugin, std::string nonce);
  Task<base::Result<std::string>> full_authentication(std::string password, std::string nonce);
  Task<base::Result<std::string>> read_payload();
  Task<base::Result<bool>> send(std::string payload);
  base::Error refused(std::string_view payload) const;

  Server& server_;
  net::Stream stream_;
  std::uint32_t connection_id_ = 0;
  std::uint16_t status_ = mysql::status::kAutocommit;
  std::uint8_t sequence_ = 0;
  bool registered_ = false;
  bool tls_failed_ = false;
};

}  // namespace flyover::proxy
