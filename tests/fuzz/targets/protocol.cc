// Messages of the client/server protocol. Input: which one, a number, the payload.

#include <vector>

#include "fuzz_target.h"
#include "mysql/command.h"
#include "mysql/handshake.h"
#include "mysql/packet.h"
#include "mysql/response.h"

using namespace flyover;

namespace {

void login(std::string_view payload, std::uint32_t number) {
  if (const auto first = mysql::decode_login(payload)) {
    const auto again = mysql::decode_login(mysql::encode(*first));
    // A response longer than its one-byte length can say is never sent by a client.
    if (first->auth_response.size() < 256 &&
        (first->capabilities & mysql::capability::kSecureConnection) != 0) {
      FLYOVER_EXPECT(again.ok());
      FLYOVER_EXPECT(again->user == first->user);
      FLYOVER_EXPECT(again->auth_response == first->auth_response);
      FLYOVER_EXPECT(again->schema == first->schema);
    }
  }
  mysql::Login session;
  session.capabilities = number << 15U | mysql::capability::kProtocol41;
  if (const auto change = mysql::decode_change_user(payload, session)) fuzz::touch(change->user);
}

void execute(std::string_view payload, std::size_t parameters) {
  const auto layout = mysql::read_execute(payload, parameters);
  if (!layout) return;
  fuzz::touch(layout->types);
  if (layout->types_sent || parameters == 0) return;
  const std::string types(parameters * 2, '\x0f');
  const std::string with = mysql::with_types(payload, *layout, types);
  const auto again = mysql::read_execute(with, parameters);
  FLYOVER_EXPECT(again.ok() && again->types_sent && again->types == types);
}

void answer(std::string_view payloads, std::uint8_t command) {
  if (!mysql::has_response(static_cast<mysql::Command>(command))) return;
  mysql::ResponseTracker tracker;
  tracker.begin(static_cast<mysql::Command>(command));
  while (!payloads.empty()) {
    const std::size_t size = fuzz::take_byte(payloads);
    const std::string_view head = fuzz::take(payloads, size);
    const auto next = tracker.on_packet(head.substr(0, mysql::ResponseTracker::kHeadSize), size);
    if (next != mysql::ResponseTracker::Next::more) return;
  }
}

// The heads of the payloads in a stream of packets that comes in steps of `step` bytes; ends at
// the third one.
std::vector<std::string> walk(std::string_view stream, std::size_t step) {
  static constexpr std::size_t kHead = 5;
  std::string data;
  std::vector<std::string> heads;
  mysql::PacketWalker walker;
  while (!stream.empty() && !walker.finished()) {
    data += fuzz::take(stream, step);
    const std::size_t walked = walker.walk(data.data(), data.size(), kHead, 1,
                                           [&](char*, std::string_view head, std::uint32_t) {
                                             heads.emplace_back(head);
                                             return heads.size() == 3;
                                           });
    FLYOVER_EXPECT(walked <= data.size());
    data.erase(0, walked);
  }
  return heads;
}

}  // namespace

FLYOVER_FUZZ_TARGET(protocol) {
  const std::uint8_t which = fuzz::take_byte(input) % 8;
  const std::uint8_t number = fuzz::take_byte(input);
  switch (which) {
    case 0:
      if (const auto greeting = mysql::decode_greeting(input)) {
        FLYOVER_EXPECT(mysql::decode_greeting(mysql::encode(*greeting)).ok());
      }
      break;
    case 1:
      login(input, number);
      break;
    case 2:
      if (const auto request = mysql::decode_auth_switch(input)) fuzz::touch(request->nonce);
      break;
    case 3:
      if (const auto ok = mysql::decode_ok(input)) {
        FLYOVER_EXPECT(mysql::decode_ok(mysql::encode(*ok))->affected_rows == ok->affected_rows);
      }
      if (const auto err = mysql::decode_err(input)) fuzz::touch(err->message);
      break;
    case 4:
      (void)mysql::decode_column(input);
      (void)mysql::decode_prepare_ok(input);
      break;
    case 5:
      execute(input, number);
      break;
    case 6:
      answer(input, number);
      break;
    default:
      FLYOVER_EXPECT(walk(input, input.size() + 1) == walk(input, number % 16 + 1));
  }
}
