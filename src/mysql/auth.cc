#include "mysql/auth.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <memory>

namespace flyover::mysql {
namespace {

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  FLYOVER_CHECK(EVP_Digest(bytes.data(), bytes.size(), out, &size, algorithm, nullptr) == 1);
  return {reinterpret_cast<const char*>(out), size};
}

std::string exclusive_or(std::string left, std::string_view right) {
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = static_cast<char>(left[i] ^ right[i % right.size()]);
  }
  return left;
}

base::Error bad_key() {
  return {.code = "mysql.bad_public_key",
          .side = base::Side::endpoint,
          .message = "the server's public key for caching_sha2_password can not be used"};
}

}  // namespace

std::string random_nonce() {
  unsigned char bytes[20];
  FLYOVER_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
  std::string nonce;
  // Seven bits, no NUL and no '$', as servers do: a client may treat the nonce as text.
  for (const unsigned char byte : bytes) {
    const char c = static_cast<char>(byte & 0x7f);
    nonce += (c == '\0' || c == '$') ? static_cast<char>(c + 1) : c;
  }
  return nonce;
}

std::string native_password_proof(std::string_view password, std::string_view nonce) {
  if (password.empty()) return {};
  const std::string once = digest(EVP_sha1(), password);
  const std::string twice = digest(EVP_sha1(), once);
  return exclusive_or(once, digest(EVP_sha1(), std::string(nonce) + twice));
}

std::string caching_sha2_proof(std::string_view password, std::string_view nonce) {
  if (password.empty()) return {};
  const std::string once = digest(EVP_sha256(), password);
  const std::string twice = digest(EVP_sha256(), once);
  return exclusive_or(once, digest(EVP_sha256(), twice + std::string(nonce)));
}

bool proofs_equal(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

base::Result<std::string> encrypt_password(std::string_view password, std::string_view nonce,
                                           std::string_view public_key_pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(public_key_pem.data(), static_cast<int>(public_key_pem.size())), BIO_free);
  if (!bio || nonce.empty()) return bad_key();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (!key) return bad_key();
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key.get(), nullptr), EVP_PKEY_CTX_free);
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1) {
    return bad_key();
  }
  std::string text(password);
  text += '\0';
  const std::string mixed = exclusive_or(text, nonce);
  const auto* in = reinterpret_cast<const unsigned char*>(mixed.data());
  std::size_t size = 0;
  if (EVP_PKEY_encrypt(context.get(), nullptr, &size, in, mixed.size()) != 1) return bad_key();
  std::string out(size, '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  if (EVP_PKEY_encrypt(context.get(), to, &size, in, mixed.size()) != 1) return bad_key();
  out.resize(size);
  return out;
}

}  // namespace flyover::mysql
