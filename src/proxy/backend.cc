#include "proxy/backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/byte_reader.h"
#include "base/log.h"
#include "mysql/auth.h"
#include "mysql/command.h"
#include "mysql/packet.h"

namespace flyover::proxy {
namespace {

constexpr char kAuthMoreData = '\x01';
constexpr char kAuthSwitch = '\xfe';
constexpr char kErr = '\xff';
constexpr char kFastAuthOk = '\x03';
constexpr char kFullAuth = '\x04';
constexpr char kRequestPublicKey = '\x02';
/// Statements prepared with one write: their answers fit the socket's buffers.
constexpr std::size_t kPrepareBatch = 16;
/// utf8mb4_0900_ai_ci, which servers before 8.0 take for an unknown one, and what they get instead.
constexpr std::uint8_t kCollationOf80 = 255;
constexpr std::uint8_t kUtf8mb4GeneralCi = 45;

}  // namespace

Backend::Backend(asio::any_io_executor executor, Server& server)
    : server_(server), stream_(asio::ip::tcp::socket(executor)) {}

Backend::~Backend() {
  if (registered_) server_.registry().remove(side(), connection_id_);
}

Task<base::Result<std::unique_ptr<Backend>>> Backend::open(Server& server, Account account,
                                                           std::chrono::milliseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    std::unique_ptr<Backend> backend(new Backend(executor, server));
    const net::Deadline deadline(executor, limit, [&] { backend->stream_.close(); });
    const ServerAddress& address = server.address();
    const net::ErrorCode error = co_await backend->stream_.connect(address.host, address.port);
    if (error || deadline.has_expired()) {
      const std::string why = deadline.has_expired() ? "no answer in time" : error.message();
      co_return base::Error{
          .code = "proxy.backend_unreachable",
          .side = server.side(),
          .action = base::Action::retry,
          .message = fmt::format("Can't connect to the {} ({})", server.name(), why),
          .hint = "check that the server runs and accepts connections",
          .mysql_errno = 2003,
          .sqlstate = "HY000"};
    }
    const auto logged_in = co_await backend->log_in(account);
    if (logged_in) co_return std::move(backend);
    if (backend->tls_failed_ && address.tls == TlsMode::preferred) {
      base::log::warn("proxy.tls_unusable", "{}: {}; going on without TLS", server.name(),
                      logged_in.error().message);
      server.set_tls_unusable();
      continue;
    }
    co_return logged_in.error();
  }
}

base::Error Backend::lost(std::string_view why) const {
  return {.code = "proxy.backend_lost",
          .side = side(),
          .action = base::Action::retry,
          .message = fmt::format("Lost connection to the {} ({})", server_.name(), why),
          .hint = "",
          .mysql_errno = 2013,
          .sqlstate = "HY000"};
}

base::Error Backend::refused(std::string_view payload) const {
  const auto err = mysql::decode_err(payload);
  if (!err) return lost("a malformed answer");
  return {.code = "proxy.backend_refused",
          .side = side(),
          .action = base::Action::fail,
          .message = err->message,
          .hint = "",
          .mysql_errno = err->code,
          .sqlstate = err->sqlstate};
}

Task<base::Result<std::string>> Backend::read_payload() {
  std::string payload;
  for (;;) {
    net::ErrorCode error = co_await stream_.fill_to(mysql::kPacketHeaderSize);
    if (error) co_return lost(error.message());
    const auto header = mysql::read_packet_header(stream_.data());
    error = co_await stream_.fill_to(mysql::kPacketHeaderSize + header.length);
    if (error) co_return lost(error.message());
    payload.append(stream_.view().substr(mysql::kPacketHeaderSize, header.length));
    stream_.consume(mysql::kPacketHeaderSize + header.length);
    sequence_ = static_cast<std::uint8_t>(header.sequence + 1);
    if (header.length < mysql::kMaxPacketPart) co_return payload;
  }
}

Task<base::Result<bool>> Backend::send(std::string payload) {
  std::string packet;
  mysql::append_packet(packet, payload, sequence_);
  const net::ErrorCode error = co_await stream_.write(packet);
  if (error) co_return lost(error.message());
  co_return true;
}

Task<base::Result<bool>> Backend::log_in(Account account) {
  const auto first = co_await read_payload();
  if (!first) co_return first.error();
  if (!first->empty() && first->front() == kErr) co_return refused(*first);
  const auto greeting = mysql::decode_greeting(*first);
  if (!greeting) co_return greeting.error();
  connection_id_ = greeting->connection_id;
  server_.registry().add(side(), connection_id_);
  registered_ = true;
  server_.set_version(greeting->server_version);

  mysql::Login& login = account.login;
  login.capabilities &= mysql::capability::kCommon & greeting->capabilities;
  login.capabilities |= mysql::capability::kPluginAuth | mysql::capability::kSecureConnection |
                        mysql::capability::kProtocol41;
  if (login.schema.empty()) login.capabilities &= ~mysql::capability::kConnectWithDb;
  if (!login.schema.empty()) login.capabilities |= mysql::capability::kConnectWithDb;
  if (login.collation == kCollationOf80 && !server_.version().at_least(8, 0)) {
    login.collation = kUtf8mb4GeneralCi;
  }
  const auto secured =
      co_await start_tls(login, (greeting->capabilities & mysql::capability::kSsl) != 0);
  if (!secured) co_return secured.error();
  if (*secured) login.capabilities |= mysql::capability::kSsl;

  const bool sha2 = greeting->auth_plugin == mysql::kCachingSha2Password;
  login.auth_plugin = sha2 ? mysql::kCachingSha2Password : mysql::kNativePassword;
  const std::string& password = account.password.reveal();
  login.auth_response = sha2 ? mysql::caching_sha2_proof(password, greeting->nonce)
                             : mysql::native_password_proof(password, greeting->nonce);
  const auto sent = co_await send(mysql::encode(login));
  if (!sent) co_return sent.error();
  const auto authenticated = co_await authenticate(account, login.auth_plugin, greeting->nonce);
  if (!authenticated) co_return authenticated.error();
  for (const std::string& statement : server_.address().session_init) {
    const auto done = co_await execute(statement);
    if (!done) co_return done.error();
  }
  co_return true;
}

/// True: the connection is inside TLS from now on.
Task<base::Result<bool>> Backend::start_tls(mysql::Login login, bool offered) {
  const TlsMode mode = server_.address().tls;
  if (mode == TlsMode::disabled) co_return false;
  if (mode == TlsMode::preferred && (!offered || server_.tls_unusable())) co_return false;
  if (!offered) {
    co_return base::Error{.code = "proxy.tls_not_offered",
                          .side = side(),
                          .action = base::Action::fail,
                          .message = fmt::format("the {} does not offer TLS", server_.name()),
                          .hint = "set tls = \"disabled\" or \"preferred\", or enable TLS there",
                          .mysql_errno = 2026,
                          .sqlstate = "HY000"};
  }
  login.capabilities |= mysql::capability::kSsl;
  const auto sent = co_await send(mysql::encode_tls_request(login));
  if (!sent) co_return sent.error();
  const net::ErrorCode error = co_await stream_.start_tls(server_.tls(), server_.address().host,
                                                          mode == TlsMode::verify_identity);
  if (!error) co_return true;
  tls_failed_ = true;
  co_return base::Error{
      .code = "proxy.tls_failed",
      .side = side(),
      .action = base::Action::fail,
      .message = fmt::format("TLS with the {} failed: {}", server_.name(), error.message()),
      .hint = "check the certificate and the protocol versions of the server",
      .mysql_errno = 2026,
      .sqlstate = "HY000"};
}

Task<base::Result<bool>> Backend::authenticate(Account account, std::string plugin,
                                               std::string nonce) {
  const std::string& password = account.password.reveal();
  for (;;) {
    auto answer = co_await read_payload();
    if (!answer) co_return answer.error();
    if (answer->empty()) co_return lost("a malformed answer");
    const char kind = answer->front();
    if (kind == kErr) co_return refused(*answer);
    std::string reply;
    if (kind == kAuthSwitch) {
      const auto request = mysql::decode_auth_switch(*answer);
      if (!request) co_return request.error();
      plugin = request->plugin;
      nonce = request->nonce;
      if (plugin == mysql::kNativePassword) {
        reply = mysql::native_password_proof(password, nonce);
      } else if (plugin == mysql::kCachingSha2Password) {
        reply = mysql::caching_sha2_proof(password, nonce);
      } else {
        co_return base::Error{
            .code = "proxy.auth_plugin",
            .side = side(),
            .action = base::Action::fail,
            .message = fmt::format("the {} wants authentication by {} for user '{}', which "
                                   "flyover does not know",
                                   server_.name(), plugin, account.login.user),
            .hint = "use caching_sha2_password or mysql_native_password",
            .mysql_errno = 2059,
            .sqlstate = "HY000"};
      }
    } else if (kind == kAuthMoreData && answer->size() >= 2) {
      if ((*answer)[1] == kFastAuthOk) continue;
      if ((*answer)[1] != kFullAuth) co_return lost("an unknown step of authentication");
      auto full = co_await full_authentication(password, nonce);
      if (!full) co_return full.error();
      reply = std::move(*full);
    } else {
      const auto ok = mysql::decode_ok(*answer);
      if (!ok) co_return ok.error();
      status_ = ok->status;
      co_return true;
    }
    const auto sent = co_await send(reply);
    if (!sent) co_return sent.error();
  }
}

/// The password as caching_sha2_password's full authentication wants it on this connection.
Task<base::Result<std::string>> Backend::full_authentication(std::string password,
                                                             std::string nonce) {
  if (stream_.uses_tls()) co_return password + '\0';
  const auto asked = co_await send(std::string(1, kRequestPublicKey));
  if (!asked) co_return asked.error();
  const auto key = co_await read_payload();
  if (!key) co_return key.error();
  if (!key->empty() && key->front() == kErr) co_return refused(*key);
  if (key->size() < 2) co_return lost("no public key for caching_sha2_password");
  co_return mysql::encrypt_password(password, nonce, std::string_view(*key).substr(1));
}

Task<base::Result<bool>> Backend::command(mysql::Command command, std::string body) {
  sequence_ = 0;
  const auto sent = co_await send(static_cast<char>(command) + body);
  if (!sent) co_return sent.error();
  mysql::ResponseTracker tracker;
  tracker.begin(command);
  for (;;) {
    const auto payload = co_await read_payload();
    if (!payload) co_return payload.error();
    if (!payload->empty() && payload->front() == kErr) co_return refused(*payload);
    const auto next = tracker.on_packet(*payload, payload->size());
    if (next == mysql::ResponseTracker::Next::done) break;
    if (next != mysql::ResponseTracker::Next::more) co_return lost("an unexpected answer");
  }
  status_ = tracker.status();
  co_return true;
}

Task<base::Result<bool>> Backend::execute(std::string sql) {
  co_return co_await command(mysql::Command::query, std::move(sql));
}

Task<base::Result<std::vector<Cell>>> Backend::query_row(std::string sql) {
  sequence_ = 0;
  const auto sent = co_await send(static_cast<char>(mysql::Command::query) + sql);
  if (!sent) co_return sent.error();
  mysql::ResponseTracker tracker;
  tracker.begin(mysql::Command::query);
  std::vector<Cell> row;
  std::size_t columns = 0;
  std::size_t packets = 0;
  for (;;) {
    const auto payload = co_await read_payload();
    if (!payload) co_return payload.error();
    if (!payload->empty() && payload->front() == kErr) co_return refused(*payload);
    const auto next = tracker.on_packet(*payload, payload->size());
    if (next == mysql::ResponseTracker::Next::done) break;
    if (next != mysql::ResponseTracker::Next::more) co_return lost("an unexpected answer");
    base::ByteReader reader(*payload);
    if (packets == 0) {
      columns = static_cast<std::size_t>(reader.length_encoded());
    } else if (packets <= columns) {
      const auto column = mysql::decode_column(*payload);
      if (!column) co_return column.error();
      row.push_back({.type = column->type});
    } else if (packets == columns + 2) {
      for (Cell& cell : row) {
        const bool null = reader.remaining() > 0 &&
                          static_cast<unsigned char>((*payload)[reader.position()]) == 0xfb;
        if (null) reader.skip(1);
        if (!null) cell.text = reader.length_encoded_bytes();
      }
      if (!reader.ok()) co_return lost("a malformed row");
    }
    ++packets;
  }
  status_ = tracker.status();
  if (packets < columns + 3) row.clear();
  co_return row;
}

Task<base::Result<std::vector<mysql::PrepareOk>>> Backend::prepare(std::vector<std::string> texts) {
  std::vector<mysql::PrepareOk> prepared;
  mysql::ResponseTracker tracker;
  for (std::size_t begin = 0; begin < texts.size(); begin += kPrepareBatch) {
    const std::size_t end = std::min(begin + kPrepareBatch, texts.size());
    std::string packets;
    for (std::size_t i = begin; i < end; ++i) {
      packets += mysql::make_packet(static_cast<char>(mysql::Command::stmt_prepare) + texts[i], 0);
    }
    const net::ErrorCode error = co_await stream_.write(packets);
    if (error) co_return lost(error.message());
    for (std::size_t i = begin; i < end; ++i) {
      tracker.begin(mysql::Command::stmt_prepare);
      auto next = mysql::ResponseTracker::Next::more;
      while (next == mysql::ResponseTracker::Next::more) {
        const auto payload = co_await read_payload();
        if (!payload) co_return payload.error();
        if (!payload->empty() && payload->front() == kErr) co_return refused(*payload);
        next = tracker.on_packet(*payload, payload->size());
      }
      if (!tracker.prepared()) co_return lost("an unexpected answer to a prepare");
      prepared.push_back(*tracker.prepared());
    }
  }
  co_return prepared;
}

Task<void> Backend::quit() {
  if (stream_.is_open()) {
    // The server may be gone already: there is nothing to do about it.
    (void)co_await stream_.write(
        mysql::make_packet(std::string(1, static_cast<char>(mysql::Command::quit)), 0));
  }
  stream_.close();
}

}  // namespace flyover::proxy
