#include "proxy/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "mysql/auth.h"
#include "mysql/handshake.h"
#include "mysql/packet.h"

namespace flyover::proxy {
namespace {

constexpr std::uint16_t kErrAccessDenied = 1045;
constexpr std::uint16_t kErrNotSupported = 1235;
constexpr std::uint16_t kErrShutdown = 1053;
/// A command up to this length is read whole before it is passed on.
constexpr std::size_t kWholeCommand = 1u << 20;
/// Of a longer one, what is read before it is passed on.
constexpr std::size_t kCommandHead = 256u << 10;
/// A login or an answer in an authentication; anything longer is no client.
constexpr std::size_t kMaxLoginPayload = 1u << 20;

base::Error client_error(std::uint16_t code, std::string sqlstate, std::string message) {
  return {.code = "proxy.client",
          .side = base::Side::endpoint,
          .message = std::move(message),
          .hint = "",
          .mysql_errno = code,
          .sqlstate = std::move(sqlstate)};
}

base::Error access_denied(const mysql::Login& login, bool user_known) {
  const char* why = user_known ? "wrong password" : "the flyover proxy knows no such user";
  base::log::warn("proxy.access_denied", "user '{}': {}", login.user, why);
  return client_error(kErrAccessDenied, "28000",
                      fmt::format("Access denied for user '{}' ({}, using password: {})",
                                  login.user, why, login.auth_response.empty() ? "NO" : "YES"));
}

}  // namespace

Session::Session(Endpoint& endpoint, asio::ip::tcp::socket socket, std::uint32_t id)
    : endpoint_(endpoint),
      client_(std::move(socket)),
      id_(id),
      nonce_(mysql::random_nonce()),
      moved_(client_.socket().get_executor()) {}

Task<void> Session::run() {
  bool open = co_await log_in_client();
  while (open) open = co_await one_command();
  while (moving_) co_await moved_.wait();
  activity_ = Activity::closed;
  client_.close();
  if (backend_) co_await backend_->quit();
  drop_standby();
}

Task<bool> Session::reply(std::string payload, std::uint8_t sequence) {
  const net::ErrorCode error = co_await client_.write(mysql::make_packet(payload, sequence));
  co_return !error;
}

Task<bool> Session::reply_error(const base::Error& error, std::uint8_t sequence) {
  const mysql::ErrPacket packet{
      .code = static_cast<std::uint16_t>(error.mysql_errno ? error.mysql_errno : kErrShutdown),
      .sqlstate = error.sqlstate.size() == 5 ? error.sqlstate : "08S01",
      .message = error.message};
  co_return co_await reply(mysql::encode(packet), sequence);
}

Task<base::Result<std::string>> Session::read_client_payload() {
  const base::Error gone = client_error(0, "", "the client went away");
  if (co_await client_.fill_to(mysql::kPacketHeaderSize)) co_return gone;
  const auto header = mysql::read_packet_header(client_.data());
  if (header.length > kMaxLoginPayload) co_return gone;
  if (co_await client_.fill_to(mysql::kPacketHeaderSize + header.length)) co_return gone;
  std::string payload(client_.view().substr(mysql::kPacketHeaderSize, header.length));
  client_.consume(mysql::kPacketHeaderSize + header.length);
  co_return payload;
}

Task<bool> Session::log_in_client() {
  {
    const net::Deadline deadline(client_.socket().get_executor(),
                                 endpoint_.options().client_login_timeout,
                                 [this] { client_.close(); });
    if (!co_await greet()) co_return false;
  }
  // From here on the client waits for us, as long as a hold lasts.
  co_return co_await open_backend();
}

/// Greets the client and checks who it is; its final OK is sent when it has a server.
Task<bool> Session::greet() {
  if (endpoint_.active_server().version_text().empty()) {
    const User& user = endpoint_.options().users.front();
    Account probe;
    probe.login.user = user.name;
    probe.login.capabilities = mysql::capability::kCommon & ~mysql::capability::kConnectAttrs;
    probe.password = user.password;
    auto opened = co_await Backend::open(endpoint_.active_server(), probe,
                                         endpoint_.options().connect_timeout);
    if (opened) {
      co_await (*opened)->quit();
    } else if (endpoint_.active_server().version_text().empty()) {
      co_await reply_error(opened.error(), 0);
      co_return false;
    }
  }
  mysql::Greeting greeting;
  greeting.server_version = endpoint_.active_server().version_text();
  greeting.connection_id = id_;
  greeting.nonce = nonce_;
  greeting.capabilities = mysql::capability::kCommon;
  greeting.status = mysql::status::kAutocommit;
  greeting.auth_plugin = mysql::kNativePassword;
  if (!co_await reply(mysql::encode(greeting), 0)) co_return false;
  const auto payload = co_await read_client_payload();
  if (!payload) co_return false;
  auto login = mysql::decode_login(*payload);
  if (!login) {
    co_await reply_error(client_error(1043, "08S01", "Bad handshake"), 2);
    co_return false;
  }
  login->capabilities &= mysql::capability::kCommon;
  co_return co_await authenticate(std::move(*login), 2);
}

/// Checks the password that the login proves, after a switch of the method when the client began
/// with another one. `sequence`: of our next packet, which open_backend() sends in the end. The
/// nonce stays the same for the life of the connection, as with servers: clients rely on it in
/// COM_CHANGE_USER.
Task<bool> Session::authenticate(mysql::Login login, std::uint8_t sequence) {
  const User* user = endpoint_.find_user(login.user);
  std::string password = mysql::random_nonce();
  if (user) password = user->password.reveal();
  const bool sha2 = login.auth_plugin == mysql::kCachingSha2Password;
  std::string proof = mysql::native_password_proof(password, nonce_);
  if (sha2) proof = mysql::caching_sha2_proof(password, nonce_);
  const bool known =
      sha2 || login.auth_plugin.empty() || login.auth_plugin == mysql::kNativePassword;
  bool proven = known && mysql::proofs_equal(login.auth_response, proof);
  if (!proven && (login.capabilities & mysql::capability::kPluginAuth)) {
    mysql::AuthSwitch request;
    request.plugin = mysql::kNativePassword;
    if (sha2) request.plugin = mysql::kCachingSha2Password;
    request.nonce = nonce_;
    const bool sent = co_await reply(mysql::encode(request), sequence);
    if (!sent) co_return false;
    const auto answer = co_await read_client_payload();
    if (!answer) co_return false;
    sequence = static_cast<std::uint8_t>(sequence + 2);
    proven = mysql::proofs_equal(*answer, proof);
    login.auth_response = *answer;
  }
  if (!user || !proven) {
    const base::Error denied = access_denied(login, user != nullptr);
    co_await reply_error(denied, sequence);
    co_return false;
  }
  if (sha2 && !password.empty()) {
    const bool sent = co_await reply("\x01\x03", sequence++);
    if (!sent) co_return false;
  }
  account_.login = std::move(login);
  account_.password = user->password;
  login_sequence_ = sequence;
  co_return true;
}

/// Logs in on the active server, waiting for the end of a hold, and tells the client.
Task<bool> Session::open_backend() {
  bool was_held = false;
  for (;;) {
    while (endpoint_.gate().holding()) {
      was_held = true;
      co_await endpoint_.released().wait();
    }
    // Those that waited are let go together: they take turns with the sessions that move.
    if (was_held) co_await endpoint_.move_slots().acquire();
    if (!closing_.empty() || client_.peer_closed()) {
      if (was_held) endpoint_.move_slots().release();
      co_return false;
    }
    auto opened = co_await Backend::open(endpoint_.active_server(), account_,
                                         endpoint_.options().connect_timeout);
    if (was_held) endpoint_.move_slots().release();
    if (!opened) {
      base::log::warn("proxy.backend_login", "{}", opened.error().message);
      co_await reply_error(opened.error(), login_sequence_);
      co_return false;
    }
    backend_ = std::move(*opened);
    if (backend_->side() == endpoint_.gate().active()) break;
    co_await backend_->quit();
  }
  state_.clear();
  statements_.clear();
  status_unsure_ = left_diagnostics_ = false;
  tracker_.set_status(backend_->status());
  co_return co_await reply(mysql::encode(mysql::OkPacket{.status = backend_->status()}),
                           login_sequence_);
}

std::string_view Session::payload_head(const Incoming& command) {
  return client_.view().substr(mysql::kPacketHeaderSize, command.in_buffer);
}

/// Reads a command and carries it out. False: the session ends.
Task<bool> Session::one_command() {
  activity_ = Activity::idle;
  idle_since_ = Clock::now();
  if (!closing_.empty()) co_return false;
  if (co_await client_.fill_to(mysql::kPacketHeaderSize)) co_return false;
  activity_ = Activity::running;
  while (moving_) co_await moved_.wait();

  Incoming command;
  const auto header = mysql::read_packet_header(client_.data());
  command.part_length = header.length;
  command.complete = header.length <= kWholeCommand;
  command.in_buffer = command.complete ? header.length : kCommandHead;
  if (header.length == 0) co_return false;
  if (co_await client_.fill_to(mysql::kPacketHeaderSize + command.in_buffer)) co_return false;
  command.code = static_cast<mysql::Command>(client_.data()[mysql::kPacketHeaderSize]);
  if (command.code == mysql::Command::quit) co_return false;
  ++endpoint_.counters().queries;
  read_effects(command);
  if (command.code == mysql::Command::ping && must_hold()) {
    // Pools ask this before they hand out a connection: no reason to let them wait.
    client_.consume(mysql::kPacketHeaderSize + command.in_buffer);
    co_return co_await reply(mysql::encode(mysql::OkPacket{.status = tracker_.status()}), 1);
  }
  if (!co_await pass_gate(command.effects)) co_return false;
  co_return co_await dispatch(command);
}

/// Waits while commands are held and moves the session when the gate has opened elsewhere. False:
/// the command may not run, the client has been told.
Task<bool> Session::pass_gate(const StatementEffects& effects) {
  bool was_held = false;
  for (;;) {
    if (!closing_.empty()) {
      co_await reply_error(unmovable_error(closing_), 1);
      co_return false;
    }
    const Gate& gate = endpoint_.gate();
    if (gate.holding() && status_unsure_) co_await refresh_status();
    // The answer belongs to the statement before, which ran there.
    if (effects.only_reads_diagnostics && !was_held) break;
    if (must_hold()) {
      if (!was_held) held_since_ = Clock::now();
      was_held = true;
      activity_ = Activity::held;
      co_await endpoint_.released().wait();
      continue;
    }
    if (gate.holding() || backend_->side() == gate.active()) break;
    activity_ = Activity::held;
    base::Result<bool> moved = unmovable_error("a statement that needs results of the one before");
    if (!effects.reads_diagnostics) moved = co_await move();
    if (!moved) {
      endpoint_.counters().count_closed();
      base::log::warn("proxy.session_closed", "session {}: {}", id_, moved.error().message);
      co_await reply_error(moved.error(), 1);
      co_return false;
    }
  }
  activity_ = Activity::running;
  if (was_held) {
    auto& longest = endpoint_.counters().switch_longest_hold;
    longest = std::max(
        longest, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - held_since_));
    // A client that gave up may have repeated its command elsewhere: it must not run twice.
    if (client_.peer_closed()) co_return false;
  }
  co_return true;
}

Task<bool> Session::dispatch(Incoming& command) {
  switch (command.code) {
    case mysql::Command::change_user:
      co_return co_await change_user(command);
    case mysql::Command::reset_connection:
      co_return co_await reset_connection(command);
    case mysql::Command::binlog_dump:
    case mysql::Command::binlog_dump_gtid:
    case mysql::Command::table_dump:
    case mysql::Command::register_slave:
    case mysql::Command::daemon:
    case mysql::Command::delayed_insert:
    case mysql::Command::connect_out:
      co_await reply_error(
          client_error(kErrNotSupported, "42000",
                       "The flyover proxy does not carry replication: connect to the server "
                       "itself"),
          1);
      co_return false;
    default:
      co_return co_await execute(command);
  }
}

Task<bool> Session::change_user(Incoming& command) {
  if (!command.complete) co_return false;
  auto login = mysql::decode_change_user(payload_head(command), account_.login);
  client_.consume(mysql::kPacketHeaderSize + command.in_buffer);
  if (!login) {
    co_await reply_error(client_error(1047, "08S01", "Malformed COM_CHANGE_USER"), 1);
    co_return false;
  }
  const bool authenticated = co_await authenticate(std::move(*login), 1);
  if (!authenticated) co_return false;
  if (backend_) co_await backend_->quit();
  drop_standby();
  co_return co_await open_backend();
}

Task<bool> Session::reset_connection(Incoming& command) {
  if (backend_->server().version().at_least(5, 7, 3)) {
    if (!co_await execute(command)) co_return false;
    if (tracker_.error_code() == 0) {
      state_.clear();
      statements_.clear();
    }
    co_return true;
  }
  // 5.6 does not know the command: a new login gives the same.
  client_.consume(mysql::kPacketHeaderSize + command.in_buffer);
  const auto row = co_await backend_->query_row("SELECT DATABASE()");
  if (!row || row->size() != 1) {
    base::Error error = backend_->lost("no answer");
    if (!row) error = row.error();
    co_await reply_error(error, 1);
    co_return false;
  }
  account_.login.schema = row->front().text.value_or("");
  co_await backend_->quit();
  login_sequence_ = 1;
  co_return co_await open_backend();
}

bool Session::must_hold() const {
  const Gate& gate = endpoint_.gate();
  return gate.holding() && gate.must_hold({in_transaction(), !draining().empty()});
}

bool Session::in_transaction() const {
  return tracker_.status() & mysql::status::kInTransaction;
}

std::vector<std::string> Session::pins() const {
  return state_.pins();
}

std::vector<std::string> Session::draining() const {
  auto reasons = state_.draining();
  for (const auto& [id, prepared] : statements_) {
    if (prepared.long_data) reasons.emplace_back("unsent long data");
    if (prepared.cursor) reasons.emplace_back("open cursor");
  }
  return reasons;
}

void Session::close_politely(std::string why) {
  closing_ = std::move(why);
  // A held command is answered when the session wakes up.
  if (activity_ == Activity::held) return endpoint_.released().notify_all();
  if (activity_ == Activity::idle) client_.close();
}

void Session::close_now() {
  client_.close();
  if (backend_) backend_->stream().close();
  endpoint_.released().notify_all();
}

}  // namespace flyover::proxy
