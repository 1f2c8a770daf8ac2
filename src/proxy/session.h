#pragma once
// One client and its one server connection: login, commands and their answers, the move.
//
// The session's coroutine reads a command, lets the gate decide, passes the command on and relays
// the answer. While it waits for the client, a release may move the session from another
// coroutine; a command that arrives meanwhile waits for the end of the move.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "mysql/command.h"
#include "mysql/response.h"
#include "net/stream.h"
#include "proxy/backend.h"
#include "proxy/endpoint.h"
#include "proxy/session_state.h"
#include "proxy/tokenizer.h"

namespace flyover::proxy {

/// What a session is doing.
enum class Activity {
  login,    ///< the client or we are logging in
  idle,     ///< waiting for a command
  held,     ///< a command waits at the gate
  running,  ///< a command is on its way or answered
  closed
};

/// Belongs to the proxy's thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Endpoint& endpoint, asio::ip::tcp::socket socket, std::uint32_t id);

  /// Until the client leaves or the session is closed.
  Task<void> run();

  // What the endpoint asks and does from outside.
  Activity activity() const { return activity_; }
  Backend* backend() { return backend_.get(); }
  bool in_transaction() const;
  /// Why it can not move; empty: it can, once it is outside a transaction.
  std::vector<std::string> pins() const;
  /// Pins that its own next commands will end.
  std::vector<std::string> draining() const;
  /// The last answer was an error, which says nothing about the transaction.
  bool status_unsure() const { return status_unsure_; }
  bool moving() const { return moving_; }
  bool has_standby(base::Side side) const { return standby_ && standby_->side() == side; }

  /// Idle, outside a transaction, and nothing left to ask about the last statement.
  bool may_move_now(Clock::time_point now) const;
  /// Moves an idle session; one that can not move is closed and counted.
  Task<void> move_idle();
  /// Asks the server whether a transaction is open, when that is unsure and the session is idle.
  Task<void> refresh_idle_status();
  /// Logs in to the other server in advance. False when that failed.
  Task<bool> open_standby(base::Side side);
  void drop_standby();
  /// Ends the session: a held command is answered by an error saying `why`, else the connection is
  /// closed. Running commands are not interrupted: the session ends after their answer.
  void close_politely(std::string why);
  void close_now();

 private:
  /// A command of the client, at the head of client_'s buffer.
  struct Incoming {
    mysql::Command code = mysql::Command::sleep;
    std::size_t part_length = 0;  ///< of its first part
    bool complete = false;        ///< wholly in the buffer
    std::size_t in_buffer = 0;    ///< payload bytes in the buffer
    StatementEffects effects{};
    std::uint32_t statement = 0;  ///< the client's id of the statement it names
    std::uint8_t sequence_shift = 0;
  };

  /// A prepared statement of the client. `backend_id` changes at a move, the client's id does not.
  struct Prepared {
    std::string text;
    StatementEffects effects;
    std::uint32_t backend_id = 0;
    std::uint16_t parameters = 0;
    std::uint16_t columns = 0;
    std::string types;              ///< as the client bound them last
    bool types_on_backend = false;  ///< the server was told them
    bool long_data = false;
    bool cursor = false;
  };

  // session.cc: the client's login and the command loop.
  Task<bool> log_in_client();
  Task<bool> greet();
  Task<bool> authenticate(mysql::Login login, std::uint8_t sequence);
  Task<bool> open_backend();
  Task<bool> one_command();
  Task<bool> pass_gate(const StatementEffects& effects);
  bool must_hold() const;
  Task<bool> dispatch(Incoming& command);
  Task<bool> change_user(Incoming& command);
  Task<bool> reset_connection(Incoming& command);
  Task<base::Result<std::string>> read_client_payload();
  Task<bool> reply(std::string payload, std::uint8_t sequence);
  Task<bool> reply_error(const base::Error& error, std::uint8_t sequence);
  std::string_view payload_head(const Incoming& command);

  // session_relay.cc: a command to the server and its answer back.
  Task<bool> execute(Incoming& command);
  void read_effects(Incoming& command);
  void rewrite_kill(Incoming& command);
  Task<bool> rewrite_execute(Incoming& command, Prepared& prepared);
  Task<bool> forward(Incoming& command, LongTextScanner* scanner);
  Task<bool> relay(const Incoming& command);
  Task<bool> relay_file();
  Task<bool> backend_lost(const Incoming& command, bool answered, net::ErrorCode error);
  void after_answer(Incoming& command, std::uint16_t status_before, bool suspicious);
  void after_prepare(const Incoming& command, std::string text);

  // session_move.cc: the move.
  Task<base::Result<bool>> move();
  Task<base::Result<bool>> move_to(Server& to);
  Task<base::Result<CarriedState>> read_state(const mysql::Version& to,
                                              std::set<std::string> absent);
  Task<std::set<std::string>> absent_variables(Backend& fresh);
  Task<base::Result<bool>> establish(Backend& fresh, CarriedState carried);
  Task<base::Result<std::unique_ptr<Backend>>> other_backend(Server& to);
  Task<void> refresh_status();
  base::Error unmovable_error(const std::string& why) const;
  std::string why_not_movable() const;

  Endpoint& endpoint_;
  net::Stream client_;
  const std::uint32_t id_;
  const std::string nonce_;  // that the client proves its password for, also at a later change
  Account account_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Backend> standby_;
  Activity activity_ = Activity::login;
  bool moving_ = false;
  bool opening_standby_ = false;
  net::Signal moved_;
  std::string closing_;  // why the session ends at the next occasion; empty: it does not

  SessionState state_;
  mysql::ResponseTracker tracker_;
  bool status_unsure_ = false;
  bool left_diagnostics_ = false;
  std::string rewritten_;      // packets that take the place of the command in the buffer
  net::ErrorCode send_error_;  // while the command was passed on
  std::string new_option_;
  std::string option_;  // body of the last COM_SET_OPTION; empty: none
  std::unordered_map<std::uint32_t, Prepared> statements_;
  std::uint32_t next_statement_ = 1;
  std::uint8_t login_sequence_ = 0;  // of the OK or ERR that ends a login
  Clock::time_point idle_since_{};
  Clock::time_point held_since_{};
};

}  // namespace flyover::proxy
