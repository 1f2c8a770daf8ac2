#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

namespace shop {

/// Which tables hold the token of a transaction; a token's mask is what must be found there.
enum LedgerTable : unsigned {
  kLedger = 1,         ///< auto-increment key
  kLedgerNamed = 2,    ///< the token is the key
  kLedgerBare = 4,     ///< no key
  kLedgerAccount = 8,  ///< one more commit counted for the connection
  kLedgerStat = 16,    ///< one more counted in shop_stats
};

/// What one connection knows on its own disk: one line per finished transaction.
///
///   A token mask   the server acknowledged the commit
///   R token        the server acknowledged the rollback: the token must be nowhere
///   U token mask   no answer: the token may be there, once
///
/// Lines are written with one write each, so that the file is true at any moment.
class Ledger {
 public:
  Ledger(const std::filesystem::path& directory, unsigned connection, std::uint64_t run);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  std::string next_token();
  void acknowledged(const std::string& token, unsigned mask);
  void rolled_back(const std::string& token);
  void unanswered(const std::string& token, unsigned mask);

 private:
  void write(const std::string& line);

  unsigned connection_;
  std::uint64_t run_;
  std::uint64_t sequence_ = 0;
  int file_;
};

/// Every statement's start and latency, 16 bytes each, little-endian:
/// start in microseconds since 1970 (8), latency in microseconds (4), connection (2), action (1),
/// 1 when it failed (1).
class LatencyLog {
 public:
  LatencyLog(const std::filesystem::path& directory, unsigned connection);
  ~LatencyLog();
  LatencyLog(const LatencyLog&) = delete;
  LatencyLog& operator=(const LatencyLog&) = delete;

  void add(std::chrono::system_clock::time_point start, std::chrono::nanoseconds latency,
           unsigned action, bool failed);

 private:
  unsigned connection_;
  std::FILE* file_;
  std::chrono::system_clock::time_point flushed_;
};

}  // namespace shop
