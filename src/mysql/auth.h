#pragma once
// Password proofs of mysql_native_password and caching_sha2_password.

#include <string>
#include <string_view>

#include "base/result.h"

namespace flyover::mysql {

inline constexpr std::string_view kNativePassword = "mysql_native_password";
inline constexpr std::string_view kCachingSha2Password = "caching_sha2_password";

/// 20 random bytes without NUL, fit for a greeting.
std::string random_nonce();

/// SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))); empty for an empty password.
std::string native_password_proof(std::string_view password, std::string_view nonce);

/// SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce); empty for an empty password.
std::string caching_sha2_proof(std::string_view password, std::string_view nonce);

/// Equal, compared in a time that does not depend on where they differ.
bool proofs_equal(std::string_view left, std::string_view right);

/// The password for caching_sha2_password's full authentication without TLS: it is XORed with the
/// nonce and encrypted with the server's RSA key (PEM) using OAEP.
/// Error code "mysql.bad_public_key" when the key can not be used.
base::Result<std::string> encrypt_password(std::string_view password, std::string_view nonce,
                                           std::string_view public_key_pem);

}  // namespace flyover::mysql
