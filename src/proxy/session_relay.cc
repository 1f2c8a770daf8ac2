// A command on its way to the server and its answer on the way back. Nothing is kept whole except
// commands of up to a mebibyte, which are read before they are passed on.

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "mysql/packet.h"
#include "proxy/session.h"

namespace flyover::proxy {
namespace {

using mysql::Command;
using Next = mysql::ResponseTracker::Next;

/// Statements up to this length are read token by token, longer ones are scanned as they pass.
constexpr std::size_t kTokenizedText = 64u << 10;
/// The first words of a long statement.
constexpr std::size_t kLeadingText = 512;
/// The longest command that is kept whole because its parameter types must be put in.
constexpr std::size_t kMaxRewritten = 1u << 30;

}  // namespace

/// Finds out what the command does to its session, from its text or from its statement.
void Session::read_effects(Incoming& command) {
  const std::string_view head = payload_head(command);
  const bool escapes = !(tracker_.status() & mysql::status::kNoBackslashEscapes);
  if (command.code == Command::query) {
    const bool whole = command.complete && head.size() <= kTokenizedText;
    const std::string_view text = head.substr(1, whole ? head.size() : kLeadingText);
    command.effects = read_statement(text, escapes);
    // A list cut in the middle would name something else.
    if (!whole) {
      StatementEffects& effects = command.effects;
      effects.only_reads_diagnostics = false;
      effects.single = false;
      effects.kill.reset();
      if (!effects.session_variables.empty() || !effects.temporary_tables_created.empty()) {
        effects.unclassified = "a very long statement that changes the session";
      }
    }
  } else if (mysql::names_statement(command.code) && head.size() >= 5) {
    command.statement = mysql::statement_id(head);
    const auto found = statements_.find(command.statement);
    if (found != statements_.end() && command.code == Command::stmt_execute) {
      command.effects = found->second.effects;
    }
  }
  if (!endpoint_.options().routines_pin_sessions) command.effects.calls_routine = false;
}

/// A client kills a session by the id it got from us, the server knows it by another one.
void Session::rewrite_kill(Incoming& command) {
  const auto& kill = command.effects.kill;
  const auto id = endpoint_.backend_id(kill->connection_id);
  if (!id) return;
  std::string payload(payload_head(command));
  payload.replace(1 + kill->at, kill->size, std::to_string(*id));
  if (payload.size() > kTokenizedText + 32) return;
  rewritten_ = mysql::make_packet(payload, 0);
}

/// Puts the parameter types into an execute that leaves them out because an earlier server was told
/// them. False: the client went away.
Task<bool> Session::rewrite_execute(Incoming& command, Prepared& prepared) {
  const auto layout = mysql::read_execute(payload_head(command), prepared.parameters);
  // The server refuses a malformed execute by itself.
  if (!layout || prepared.parameters == 0) co_return true;
  if (layout->types_sent) {
    if (prepared.types != layout->types) prepared.types = layout->types;
    prepared.types_on_backend = true;
    co_return true;
  }
  if (prepared.types_on_backend || prepared.types.empty()) co_return true;
  std::string payload;
  std::uint8_t parts = 0;
  for (bool more = true; more; ++parts) {
    if (co_await client_.fill_to(mysql::kPacketHeaderSize)) co_return false;
    const auto header = mysql::read_packet_header(client_.data());
    const std::size_t size = mysql::kPacketHeaderSize + header.length;
    if (payload.size() + size > kMaxRewritten) co_return false;
    if (co_await client_.fill_to(size)) co_return false;
    payload.append(client_.view().substr(mysql::kPacketHeaderSize, header.length));
    client_.consume(size);
    more = header.length == mysql::kMaxPacketPart;
  }
  mysql::set_statement_id(payload.data(), prepared.backend_id);
  const auto whole = mysql::read_execute(payload, prepared.parameters);
  if (!whole) co_return false;
  std::uint8_t sequence = 0;
  mysql::append_packet(rewritten_, mysql::with_types(payload, *whole, prepared.types), sequence);
  command.sequence_shift = static_cast<std::uint8_t>(parts - sequence);
  command.in_buffer = 0;
  prepared.types_on_backend = true;
  co_return true;
}

Task<bool> Session::execute(Incoming& command) {
  rewritten_.clear();
  std::string prepared_text;
  if (command.effects.kill) rewrite_kill(command);
  if (command.code == Command::process_kill && command.complete && command.in_buffer == 5) {
    char* payload = client_.data() + mysql::kPacketHeaderSize;
    const auto id = endpoint_.backend_id(mysql::statement_id({payload, 5}));
    if (id) mysql::set_statement_id(payload, *id);
  }
  if (command.code == Command::stmt_prepare && command.complete) {
    prepared_text = payload_head(command).substr(1);
  }
  if (command.code == Command::set_option) new_option_ = payload_head(command).substr(1);
  if (mysql::names_statement(command.code) && command.in_buffer >= 5) {
    const auto found = statements_.find(command.statement);
    const bool known = found != statements_.end();
    // Zero names no statement on any server: it answers with its own error.
    const std::uint32_t id = known ? found->second.backend_id : 0;
    if (known && command.code == Command::stmt_execute) {
      if (!co_await rewrite_execute(command, found->second)) co_return false;
    }
    if (rewritten_.empty()) {
      mysql::set_statement_id(client_.data() + mysql::kPacketHeaderSize, id);
    }
  }

  const bool escapes = !(tracker_.status() & mysql::status::kNoBackslashEscapes);
  LongTextScanner scanner(escapes);
  const bool scan =
      command.code == Command::query && (!command.complete || command.in_buffer > kTokenizedText);
  const std::uint16_t status_before = tracker_.status();
  if (!co_await forward(command, scan ? &scanner : nullptr)) co_return false;
  if (mysql::has_response(command.code)) {
    if (!co_await relay(command)) co_return false;
  }
  after_answer(command, status_before, scan && scanner.suspicious());
  if (command.code == Command::stmt_prepare) after_prepare(command, std::move(prepared_text));
  co_return true;
}

/// Passes the command on. False: the client went away in the middle. A server that stops listening
/// is noticed by relay(), which may still find its error message.
Task<bool> Session::forward(Incoming& command, LongTextScanner* scanner) {
  net::Stream& to = backend_->stream();
  if (!rewritten_.empty()) {
    if (command.in_buffer > 0) client_.consume(mysql::kPacketHeaderSize + command.in_buffer);
    send_error_ = co_await to.write(rewritten_);
    co_return true;
  }
  send_error_ = {};
  if (command.complete) {
    const std::size_t size = mysql::kPacketHeaderSize + command.in_buffer;
    if (scanner) scanner->feed(payload_head(command).substr(1));
    send_error_ = co_await to.write(client_.view().substr(0, size));
    client_.consume(size);
    co_return true;
  }
  mysql::PacketWalker walker;
  bool first = true;
  for (;;) {
    const std::size_t used =
        walker.walk(client_.data(), client_.size(), 0, 0,
                    [](char*, std::string_view, std::uint32_t) { return true; });
    const std::size_t skip = first ? mysql::kPacketHeaderSize + 1 : 0;
    // Headers of further parts are scanned as text too; at worst that makes the session unmovable.
    if (scanner && used > skip) scanner->feed(client_.view().substr(skip, used - skip));
    first = false;
    send_error_ = co_await to.write(client_.view().substr(0, used));
    client_.consume(used);
    if (send_error_ || walker.finished()) co_return true;
    if (co_await client_.fill()) co_return false;
  }
}

/// Relays one answer, with everything it consists of. False: the session ends.
Task<bool> Session::relay(const Incoming& command) {
  net::Stream& from = backend_->stream();
  tracker_.begin(command.code);
  mysql::PacketWalker walker;
  bool answered = false;
  bool renamed = false;
  Next next = Next::more;
  const auto on_payload = [&](char* payload, std::string_view head, std::uint32_t length) {
    next = tracker_.on_packet(head, length);
    if (tracker_.prepared() && !renamed) {
      mysql::set_statement_id(payload, next_statement_);
      renamed = true;
    }
    return next != Next::more;
  };
  for (;;) {
    const std::size_t used =
        walker.walk(from.data(), from.size(), mysql::ResponseTracker::kHeadSize,
                    command.sequence_shift, on_payload);
    if (used > 0) {
      if (co_await client_.write(from.view().substr(0, used))) co_return false;
      from.consume(used);
      answered = true;
    }
    if (walker.finished() && next == Next::client_data) {
      if (!co_await relay_file()) co_return false;
      walker = {};
      next = Next::more;
      continue;
    }
    if (walker.finished()) break;
    const net::ErrorCode error = co_await from.fill();
    if (error) co_return co_await backend_lost(command, answered, error);
  }
  if (next == Next::unintelligible) {
    base::log::error("proxy.unintelligible", "session {}: the {} sent no answer to command {}", id_,
                     backend_->server().name(), static_cast<int>(command.code));
    co_return false;
  }
  // A server that stopped reading closes after its error message.
  co_return !send_error_;
}

/// The content of a file for LOAD DATA LOCAL, up to the empty packet that ends it.
Task<bool> Session::relay_file() {
  mysql::PacketWalker walker;
  for (;;) {
    const std::size_t used =
        walker.walk(client_.data(), client_.size(), 0, 0,
                    [](char*, std::string_view, std::uint32_t length) { return length == 0; });
    if (used > 0 && !send_error_) {
      send_error_ = co_await backend_->stream().write(client_.view().substr(0, used));
    }
    client_.consume(used);
    if (walker.finished()) co_return true;
    if (co_await client_.fill()) co_return false;
  }
}

Task<bool> Session::backend_lost(const Incoming& command, bool answered, net::ErrorCode error) {
  const base::Error lost = backend_->lost(error.message());
  base::log::warn("proxy.backend_lost", "session {}: {}", id_, lost.message);
  // In the middle of an answer the client can only be disconnected.
  if (!answered) {
    co_await reply_error(
        lost, static_cast<std::uint8_t>(1 + command.part_length / mysql::kMaxPacketPart));
  }
  co_return false;
}

void Session::after_answer(Incoming& command, std::uint16_t status_before, bool suspicious) {
  const bool ok = tracker_.error_code() == 0;
  if (mysql::has_response(command.code)) {
    state_.apply(command.effects, ok);
    state_.on_status(status_before, tracker_.status());
    // An error says nothing of the transaction: it may have been rolled back, or have begun.
    status_unsure_ = !ok && (in_transaction() || !(tracker_.status() & mysql::status::kAutocommit));
    left_diagnostics_ = command.effects.leaves_diagnostics || !ok || tracker_.warnings() > 0;
  }
  if (suspicious) state_.pin("a very long statement that may change the session");
  if (command.code == Command::set_option && ok) option_ = new_option_;
  const auto found = statements_.find(command.statement);
  if (!mysql::names_statement(command.code) || found == statements_.end()) return;
  Prepared& prepared = found->second;
  switch (command.code) {
    case Command::stmt_send_long_data:
      prepared.long_data = true;
      break;
    case Command::stmt_execute:
      prepared.long_data = false;
      prepared.cursor = tracker_.cursor_opened();
      break;
    case Command::stmt_fetch:
      if (tracker_.last_row_sent() || !ok) prepared.cursor = false;
      break;
    case Command::stmt_reset:
      prepared.long_data = prepared.cursor = false;
      break;
    case Command::stmt_close:
      statements_.erase(found);
      break;
    default:
      break;
  }
}

void Session::after_prepare(const Incoming& command, std::string text) {
  if (!tracker_.prepared()) return;
  if (!command.complete) state_.pin("a very long prepared statement");
  const bool escapes = !(tracker_.status() & mysql::status::kNoBackslashEscapes);
  Prepared prepared;
  prepared.effects = read_statement(text, escapes);
  prepared.effects.kill.reset();
  prepared.text = std::move(text);
  prepared.backend_id = tracker_.prepared()->statement_id;
  prepared.parameters = tracker_.prepared()->parameters;
  prepared.columns = tracker_.prepared()->columns;
  statements_.emplace(next_statement_++, std::move(prepared));
}

}  // namespace flyover::proxy
