#include "mysql/handshake.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace flyover::mysql {
namespace {

constexpr std::size_t kNonceSize = 20;
constexpr std::size_t kFirstNoncePart = 8;

base::Error bad_packet(std::string_view what) {
  return {.code = "mysql.bad_packet",
          .side = base::Side::endpoint,
          .message = std::string(what) + " is malformed"};
}

void append_login_head(base::ByteWriter& out, const Login& login) {
  out.u32(login.capabilities).u32(login.max_packet_size).u8(login.collation).zeros(23);
}

}  // namespace

std::string encode(const Greeting& greeting) {
  base::ByteWriter out;
  out.u8(10).nul_terminated(greeting.server_version).u32(greeting.connection_id);
  out.bytes(greeting.nonce.substr(0, kFirstNoncePart)).u8(0);
  out.u16(static_cast<std::uint16_t>(greeting.capabilities)).u8(greeting.collation);
  out.u16(greeting.status).u16(static_cast<std::uint16_t>(greeting.capabilities >> 16));
  out.u8(kNonceSize + 1).zeros(10);
  out.nul_terminated(greeting.nonce.substr(kFirstNoncePart));
  out.nul_terminated(greeting.auth_plugin);
  return out.take();
}

base::Result<Greeting> decode_greeting(std::string_view payload) {
  base::ByteReader reader(payload);
  Greeting greeting;
  const std::uint8_t protocol = reader.u8();
  greeting.server_version = reader.nul_terminated();
  greeting.connection_id = reader.u32();
  greeting.nonce = reader.bytes(kFirstNoncePart);
  reader.skip(1);
  greeting.capabilities = reader.u16();
  greeting.collation = reader.u8();
  greeting.status = reader.u16();
  greeting.capabilities |= static_cast<std::uint32_t>(reader.u16()) << 16;
  reader.skip(11);
  const std::size_t rest = std::min(reader.remaining(), kNonceSize + 1 - kFirstNoncePart);
  greeting.nonce += reader.bytes(rest);
  if (!greeting.nonce.empty() && greeting.nonce.back() == '\0') greeting.nonce.pop_back();
  if (greeting.capabilities & capability::kPluginAuth) {
    // Servers before 5.5.10 did not send the final NUL.
    const std::string_view name = reader.rest();
    greeting.auth_plugin = name.substr(0, name.find('\0'));
  }
  if (!reader.ok() || protocol != 10 || greeting.nonce.size() != kNonceSize) {
    return bad_packet("the server's greeting");
  }
  return greeting;
}

std::string encode_tls_request(const Login& login) {
  base::ByteWriter out;
  append_login_head(out, login);
  return out.take();
}

std::string encode(const Login& login) {
  base::ByteWriter out;
  append_login_head(out, login);
  out.nul_terminated(login.user);
  if (login.capabilities & capability::kPluginAuthLenenc) {
    out.length_encoded_bytes(login.auth_response);
  } else {
    out.u8(static_cast<std::uint8_t>(login.auth_response.size())).bytes(login.auth_response);
  }
  if (login.capabilities & capability::kConnectWithDb) out.nul_terminated(login.schema);
  if (login.capabilities & capability::kPluginAuth) out.nul_terminated(login.auth_plugin);
  if (login.capabilities & capability::kConnectAttrs) out.bytes(login.attributes);
  return out.take();
}

base::Result<Login> decode_login(std::string_view payload) {
  base::ByteReader reader(payload);
  Login login;
  login.capabilities = reader.u32();
  login.max_packet_size = reader.u32();
  login.collation = reader.u8();
  reader.skip(23);
  login.user = reader.nul_terminated();
  if (login.capabilities & capability::kPluginAuthLenenc) {
    login.auth_response = reader.length_encoded_bytes();
  } else if (login.capabilities & capability::kSecureConnection) {
    login.auth_response = reader.bytes(reader.u8());
  } else {
    login.auth_response = reader.nul_terminated();
  }
  if ((login.capabilities & capability::kConnectWithDb) && reader.remaining() > 0) {
    login.schema = reader.nul_terminated();
  }
  if ((login.capabilities & capability::kPluginAuth) && reader.remaining() > 0) {
    login.auth_plugin = reader.nul_terminated();
  }
  if (login.capabilities & capability::kConnectAttrs) login.attributes = reader.rest();
  if (!reader.ok() || !(login.capabilities & capability::kProtocol41)) {
    return bad_packet("the client's login");
  }
  return login;
}

base::Result<Login> decode_change_user(std::string_view payload, const Login& session) {
  base::ByteReader reader(payload);
  Login login;
  login.capabilities = session.capabilities;
  login.max_packet_size = session.max_packet_size;
  login.collation = session.collation;
  login.attributes = session.attributes;
  reader.skip(1);
  login.user = reader.nul_terminated();
  login.auth_response = reader.bytes(reader.u8());
  login.schema = reader.nul_terminated();
  if (reader.remaining() >= 2) login.collation = static_cast<std::uint8_t>(reader.u16());
  if (login.capabilities & capability::kPluginAuth && reader.remaining() > 0) {
    login.auth_plugin = reader.nul_terminated();
  }
  if (login.capabilities & capability::kConnectAttrs && reader.remaining() > 0) {
    login.attributes = reader.rest();
  }
  if (!reader.ok()) return bad_packet("the client's COM_CHANGE_USER");
  return login;
}

std::string encode(const AuthSwitch& request) {
  base::ByteWriter out;
  out.u8(0xfe).nul_terminated(request.plugin).nul_terminated(request.nonce);
  return out.take();
}

base::Result<AuthSwitch> decode_auth_switch(std::string_view payload) {
  base::ByteReader reader(payload);
  AuthSwitch request;
  reader.skip(1);
  request.plugin = reader.nul_terminated();
  request.nonce = reader.rest();
  if (!request.nonce.empty() && request.nonce.back() == '\0') request.nonce.pop_back();
  if (!reader.ok()) return bad_packet("the server's authentication switch");
  return request;
}

}  // namespace flyover::mysql
