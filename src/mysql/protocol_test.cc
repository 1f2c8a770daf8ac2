#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>

#include "mysql/auth.h"
#include "mysql/command.h"
#include "mysql/handshake.h"
#include "mysql/packet.h"
#include "mysql/response.h"

namespace flyover::mysql {
namespace {

using Next = ResponseTracker::Next;
using namespace std::string_literals;

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : bytes) {
    out += kDigits[c >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

std::string eof(std::uint16_t status, std::uint16_t warnings = 0) {
  return {'\xfe', static_cast<char>(warnings), static_cast<char>(warnings >> 8),
          static_cast<char>(status), static_cast<char>(status >> 8)};
}

/// Feeds payloads; the answer to the last one.
Next feed(ResponseTracker& tracker, std::initializer_list<std::string> payloads) {
  Next next = Next::more;
  for (const std::string& payload : payloads) {
    EXPECT_EQ(next, Next::more);
    next = tracker.on_packet(std::string_view(payload).substr(0, ResponseTracker::kHeadSize),
                             payload.size());
  }
  return next;
}

TEST(Packet, SplitsAt16MiB) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{kMaxPacketPart} - 1,
                                 std::size_t{kMaxPacketPart}, std::size_t{kMaxPacketPart} + 1}) {
    std::string out;
    std::uint8_t sequence = 3;
    append_packet(out, std::string(size, 'x'), sequence);
    const std::size_t parts = size / kMaxPacketPart + 1;
    EXPECT_EQ(out.size(), size + parts * kPacketHeaderSize);
    EXPECT_EQ(sequence, 3 + parts);
    EXPECT_EQ(read_packet_header(out.data()).sequence, 3);
  }
}

TEST(Packet, WalkerFindsTheEndInAnyPieces) {
  std::string stream;
  std::uint8_t sequence = 1;
  append_packet(stream, "first", sequence);
  append_packet(stream, std::string(kMaxPacketPart, 'y'), sequence);
  append_packet(stream, "", sequence);
  append_packet(stream, "last", sequence);
  const std::size_t end = stream.size();
  stream += "beyond";
  for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{3333333}, stream.size()}) {
    PacketWalker walker;
    std::string data = stream, pending, passed;
    std::size_t payloads = 0;
    for (std::size_t at = 0; at < data.size() && !walker.finished(); at += piece) {
      pending += data.substr(at, piece);
      const std::size_t used = walker.walk(pending.data(), pending.size(), 4, 2,
                                           [&](char*, std::string_view head, std::uint32_t) {
                                             ++payloads;
                                             return head == "last";
                                           });
      passed += pending.substr(0, used);
      pending.erase(0, used);
    }
    EXPECT_TRUE(walker.finished());
    EXPECT_EQ(passed.size(), end);
    EXPECT_EQ(payloads, 4u);
    EXPECT_EQ(read_packet_header(passed.data()).sequence, 3);
  }
}

TEST(Packet, WalkerByteByByte) {
  std::string stream;
  std::uint8_t sequence = 0;
  append_packet(stream, "abc", sequence);
  append_packet(stream, "", sequence);
  PacketWalker walker;
  std::string pending;
  std::size_t used = 0;
  for (const char c : stream) {
    pending += c;
    const std::size_t step =
        walker.walk(pending.data(), pending.size(), 2, 0,
                    [](char*, std::string_view, std::uint32_t length) { return length == 0; });
    used += step;
    pending.erase(0, step);
  }
  EXPECT_TRUE(walker.finished());
  EXPECT_EQ(used, stream.size());
}

TEST(Handshake, RoundTrips) {
  Greeting greeting;
  greeting.server_version = "5.6.24-log";
  greeting.connection_id = 77;
  greeting.nonce = "12345678abcdefghijkl";
  greeting.capabilities = capability::kCommon;
  greeting.auth_plugin = "mysql_native_password";
  const auto decoded = decode_greeting(encode(greeting));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->server_version, "5.6.24-log");
  EXPECT_EQ(decoded->nonce, greeting.nonce);
  EXPECT_EQ(decoded->capabilities, greeting.capabilities);
  EXPECT_EQ(decoded->auth_plugin, greeting.auth_plugin);

  Login login;
  login.capabilities = capability::kCommon;
  login.collation = 45;
  login.user = "app";
  login.auth_response = "proof";
  login.schema = "shop";
  login.auth_plugin = "mysql_native_password";
  login.attributes = "\x04\x01k\x01v";
  const auto back = decode_login(encode(login));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->user, "app");
  EXPECT_EQ(back->auth_response, "proof");
  EXPECT_EQ(back->schema, "shop");
  EXPECT_EQ(back->attributes, login.attributes);
  EXPECT_EQ(back->collation, 45);
}

TEST(Handshake, RefusesWhatIsCut) {
  Login login;
  login.capabilities = capability::kCommon;
  login.user = "app";
  const std::string whole = encode(login);
  for (std::size_t size = 0; size < 34; ++size) {
    EXPECT_FALSE(decode_login(std::string_view(whole).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(decode_greeting("\x0a").ok());
  EXPECT_FALSE(decode_auth_switch("\xfeplugin without an end").ok());
}

TEST(Handshake, ChangeUser) {
  Login session;
  session.capabilities = capability::kCommon;
  const auto login = decode_change_user(
      "\x11"s + "bob\0"s + "\x03xyz"s + "db\0"s + "\x2d\0"s + "plug\0"s, session);
  ASSERT_TRUE(login.ok());
  EXPECT_EQ(login->user, "bob");
  EXPECT_EQ(login->auth_response, "xyz");
  EXPECT_EQ(login->schema, "db");
  EXPECT_EQ(login->collation, 45);
  EXPECT_EQ(login->auth_plugin, "plug");
}

TEST(Auth, KnownProofs) {
  const std::string nonce = "abcdefghijklmnopqrst";
  EXPECT_EQ(native_password_proof("", nonce), "");
  EXPECT_EQ(caching_sha2_proof("", nonce), "");
  // Computed with Python's hashlib from the definitions.
  EXPECT_EQ(hex(native_password_proof("secret", nonce)),
            "8817c50fa779daef010ee7577825b0847df9842e");
  EXPECT_EQ(hex(caching_sha2_proof("secret", nonce)),
            "c76e2898612a4cf042c77fa8c4702c4c64c0c2c557c53c4d75595aaa6abae809");
  EXPECT_TRUE(proofs_equal("ab", "ab"));
  EXPECT_FALSE(proofs_equal("ab", "ac"));
  EXPECT_FALSE(proofs_equal("ab", "abc"));
  const std::string random = random_nonce();
  EXPECT_EQ(random.size(), 20u);
  EXPECT_EQ(random.find('\0'), std::string::npos);
}

TEST(Auth, EncryptedPasswordComesBack) {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  ASSERT_NE(key, nullptr);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  const std::string nonce = "abcdefghijklmnopqrst";
  const auto cipher = encrypt_password("secret", nonce, {text, static_cast<std::size_t>(size)});
  ASSERT_TRUE(cipher.ok());
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
  EVP_PKEY_decrypt_init(context);
  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING);
  std::string plain(512, '\0');
  std::size_t plain_size = plain.size();
  ASSERT_EQ(
      EVP_PKEY_decrypt(context, reinterpret_cast<unsigned char*>(plain.data()), &plain_size,
                       reinterpret_cast<const unsigned char*>(cipher->data()), cipher->size()),
      1);
  plain.resize(plain_size);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<char>(plain[i] ^ nonce[i]);
  EXPECT_EQ(plain, "secret\0"s);
  EVP_PKEY_CTX_free(context);
  BIO_free(bio);
  EVP_PKEY_free(key);
  EXPECT_FALSE(encrypt_password("secret", nonce, "no key").ok());
}

TEST(Execute, TypesAreFoundAndPutIn) {
  // Statement 1, no flags, one iteration, two parameters: bitmap, flag 1, types, values.
  const std::string head = "\x17\x01\0\0\0\0\x01\0\0\0"s;
  const std::string types = "\x08\0\xfe\0"s;
  const std::string values = "12345678\x02hi";
  const std::string bound = head + "\0\x01"s + types + values;
  const std::string unbound = head + "\0\0"s + values;
  const auto first = read_execute(bound, 2);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->types_sent);
  EXPECT_EQ(first->types, types);
  const auto second = read_execute(unbound, 2);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->types_sent);
  EXPECT_EQ(with_types(unbound, *second, types), bound);
  EXPECT_FALSE(read_execute(head, 2).ok());
  EXPECT_TRUE(read_execute(head, 0).ok());
}

TEST(Response, OkErrAndSingles) {
  ResponseTracker tracker;
  tracker.begin(Command::query);
  EXPECT_EQ(feed(tracker, {encode(OkPacket{.affected_rows = 1u << 20,
                                           .last_insert_id = 1ull << 40,
                                           .status = 0x3,
                                           .warnings = 2})}),
            Next::done);
  EXPECT_EQ(tracker.status(), 0x3);
  EXPECT_EQ(tracker.warnings(), 2);
  tracker.begin(Command::query);
  EXPECT_EQ(feed(tracker, {encode(ErrPacket{1064, "42000", "no"})}), Next::done);
  EXPECT_EQ(tracker.error_code(), 1064);
  EXPECT_EQ(tracker.status(), 0x3) << "an error says nothing of the status";
  tracker.begin(Command::statistics);
  EXPECT_EQ(feed(tracker, {"Uptime: 3"}), Next::done);
  tracker.begin(Command::set_option);
  EXPECT_EQ(feed(tracker, {eof(2)}), Next::done);
}

TEST(Response, TextResultWithBigValues) {
  ResponseTracker tracker;
  tracker.begin(Command::query);
  // The row begins with 0xfe, but is longer than any EOF.
  EXPECT_EQ(feed(tracker, {"\x02",
                           "\x03"
                           "def1",
                           "\x03"
                           "def2",
                           eof(2),
                           "\x01"
                           "a\x01"
                           "b",
                           "\xfe" + std::string(40, '\1'), eof(0x22, 1)}),
            Next::done);
  EXPECT_EQ(tracker.warnings(), 1);
}

TEST(Response, SeveralResults) {
  ResponseTracker tracker;
  tracker.begin(Command::query);
  EXPECT_EQ(feed(tracker, {encode(OkPacket{.status = status::kMoreResults}), "\x01",
                           "\x03"
                           "def",
                           eof(status::kMoreResults), "\x01x", eof(status::kMoreResults),
                           encode(ErrPacket{1146, "42S02", "gone"})}),
            Next::done);
  EXPECT_EQ(tracker.error_code(), 1146);
}

TEST(Response, ErrorAmongRows) {
  ResponseTracker tracker;
  tracker.begin(Command::query);
  EXPECT_EQ(feed(tracker, {"\x01",
                           "\x03"
                           "def",
                           eof(2), "\x01x", encode(ErrPacket{1317, "70100", "killed"})}),
            Next::done);
  EXPECT_EQ(tracker.error_code(), 1317);
}

TEST(Response, LocalInfile) {
  ResponseTracker tracker;
  tracker.begin(Command::query);
  EXPECT_EQ(feed(tracker, {"\xfb/tmp/file"}), Next::client_data);
  EXPECT_EQ(feed(tracker, {encode(OkPacket{.affected_rows = 3})}), Next::done);
}

TEST(Response, Prepare) {
  ResponseTracker tracker;
  tracker.begin(Command::stmt_prepare);
  EXPECT_EQ(feed(tracker, {"\0\x05\0\0\0\x01\0\x02\0\0\0\0"s,
                           "\x03"
                           "defp1",
                           "\x03"
                           "defp2",
                           eof(2),
                           "\x03"
                           "defc1",
                           eof(2)}),
            Next::done);
  EXPECT_EQ(tracker.prepared()->statement_id, 5u);
  EXPECT_EQ(tracker.prepared()->columns, 1);
  EXPECT_EQ(tracker.prepared()->parameters, 2);
  tracker.begin(Command::stmt_prepare);
  EXPECT_EQ(feed(tracker, {"\0\x06\0\0\0\0\0\0\0\0\0\0"s}), Next::done);
}

TEST(Response, CursorAndFetch) {
  ResponseTracker tracker;
  tracker.begin(Command::stmt_execute);
  EXPECT_EQ(feed(tracker, {"\x01",
                           "\x03"
                           "def",
                           eof(status::kCursorExists)}),
            Next::done);
  EXPECT_TRUE(tracker.cursor_opened());
  tracker.begin(Command::stmt_fetch);
  EXPECT_EQ(feed(tracker, {"\0\0\x01\0\0\0"s, eof(status::kCursorExists | status::kLastRowSent)}),
            Next::done);
  EXPECT_TRUE(tracker.last_row_sent());
}

TEST(Response, Nonsense) {
  ResponseTracker tracker;
  tracker.begin(Command::query);
  EXPECT_EQ(feed(tracker, {""}), Next::unintelligible);
  tracker.begin(Command::query);
  EXPECT_EQ(feed(tracker, {"\x01",
                           "\x03"
                           "def",
                           "no eof here"}),
            Next::unintelligible);
}

TEST(Commands, WhatIsAnswered) {
  EXPECT_FALSE(has_response(Command::quit));
  EXPECT_FALSE(has_response(Command::stmt_close));
  EXPECT_FALSE(has_response(Command::stmt_send_long_data));
  EXPECT_TRUE(has_response(Command::stmt_reset));
  std::string payload = "\x17\x01\0\0\0"s;
  set_statement_id(payload.data(), 0x01020304);
  EXPECT_EQ(statement_id(payload), 0x01020304u);
}

}  // namespace
}  // namespace flyover::mysql
