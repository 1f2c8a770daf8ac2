#pragma once
// The messages that open a session: greeting, login, authentication switch, change of user.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flyover::mysql {

/// Capability flags, as in the protocol.
namespace capability {
inline constexpr std::uint32_t kLongPassword = 1u << 0;
inline constexpr std::uint32_t kFoundRows = 1u << 1;
inline constexpr std::uint32_t kLongFlag = 1u << 2;
inline constexpr std::uint32_t kConnectWithDb = 1u << 3;
inline constexpr std::uint32_t kNoSchema = 1u << 4;
inline constexpr std::uint32_t kCompress = 1u << 5;
inline constexpr std::uint32_t kOdbc = 1u << 6;
inline constexpr std::uint32_t kLocalFiles = 1u << 7;
inline constexpr std::uint32_t kIgnoreSpace = 1u << 8;
inline constexpr std::uint32_t kProtocol41 = 1u << 9;
inline constexpr std::uint32_t kInteractive = 1u << 10;
inline constexpr std::uint32_t kSsl = 1u << 11;
inline constexpr std::uint32_t kIgnoreSigpipe = 1u << 12;
inline constexpr std::uint32_t kTransactions = 1u << 13;
inline constexpr std::uint32_t kSecureConnection = 1u << 15;
inline constexpr std::uint32_t kMultiStatements = 1u << 16;
inline constexpr std::uint32_t kMultiResults = 1u << 17;
inline constexpr std::uint32_t kPsMultiResults = 1u << 18;
inline constexpr std::uint32_t kPluginAuth = 1u << 19;
inline constexpr std::uint32_t kConnectAttrs = 1u << 20;
inline constexpr std::uint32_t kPluginAuthLenenc = 1u << 21;

/// What every server from 5.6 on can do and flyover relays: nothing that 5.6 lacks (DEPRECATE_EOF,
/// SESSION_TRACK, QUERY_ATTRIBUTES, ...), because the flags of a session are agreed once and must
/// hold on both servers. No compression and no TLS towards the client.
inline constexpr std::uint32_t kCommon =
    kLongPassword | kFoundRows | kLongFlag | kConnectWithDb | kNoSchema | kOdbc | kLocalFiles |
    kIgnoreSpace | kProtocol41 | kInteractive | kIgnoreSigpipe | kTransactions | kSecureConnection |
    kMultiStatements | kMultiResults | kPsMultiResults | kPluginAuth | kConnectAttrs |
    kPluginAuthLenenc;
}  // namespace capability

/// The server's first message (protocol 10).
struct Greeting {
  std::string server_version;
  std::uint32_t connection_id = 0;
  std::string nonce;  ///< 20 bytes
  std::uint32_t capabilities = 0;
  std::uint8_t collation = 33;
  std::uint16_t status = 0;
  std::string auth_plugin;
};

std::string encode(const Greeting& greeting);
base::Result<Greeting> decode_greeting(std::string_view payload);

/// The client's answer to the greeting.
struct Login {
  std::uint32_t capabilities = 0;
  std::uint32_t max_packet_size = 1u << 30;
  std::uint8_t collation = 33;
  std::string user;
  std::string auth_response;
  std::string schema;       ///< empty: none
  std::string auth_plugin;  ///< empty: the client named none
  std::string attributes;   ///< the connection attributes as sent, with their length in front
};

std::string encode(const Login& login);
/// The short message that asks for TLS; the full login follows inside it.
std::string encode_tls_request(const Login& login);
base::Result<Login> decode_login(std::string_view payload);

/// COM_CHANGE_USER, decoded into the fields of a login; `session` gives the agreed capabilities
/// and the collation to keep when the client names none.
base::Result<Login> decode_change_user(std::string_view payload, const Login& session);

struct AuthSwitch {
  std::string plugin;
  std::string nonce;  ///< 20 bytes, without the NUL that ends it on the wire
};

std::string encode(const AuthSwitch& request);
/// `payload` begins with 0xfe.
base::Result<AuthSwitch> decode_auth_switch(std::string_view payload);

}  // namespace flyover::mysql
