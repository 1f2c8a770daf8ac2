#include "app_ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace shop {

namespace {
constexpr auto kFlushEvery = std::chrono::milliseconds(500);
}

Ledger::Ledger(const std::filesystem::path& directory, unsigned connection, std::uint64_t run)
    : connection_(connection), run_(run) {
  const std::filesystem::path path = directory / fmt::format("ledger-{:03}.txt", connection);
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) throw std::runtime_error("cannot write " + path.string());
}

Ledger::~Ledger() {
  ::close(file_);
}

std::string Ledger::next_token() {
  return fmt::format("{:x}-{:03}-{:08}", run_, connection_, ++sequence_);
}

void Ledger::acknowledged(const std::string& token, unsigned mask) {
  write(fmt::format("A {} {}\n", token, mask));
}

void Ledger::rolled_back(const std::string& token) {
  write(fmt::format("R {}\n", token));
}

void Ledger::unanswered(const std::string& token, unsigned mask) {
  write(fmt::format("U {} {}\n", token, mask));
}

void Ledger::write(const std::string& line) {
  if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::system_error(errno, std::generic_category(), "cannot write the ledger");
  }
}

LatencyLog::LatencyLog(const std::filesystem::path& directory, unsigned connection)
    : connection_(connection), flushed_(std::chrono::system_clock::now()) {
  const std::filesystem::path path = directory / fmt::format("latency-{:03}.bin", connection);
  file_ = std::fopen(path.c_str(), "wb");
  if (file_ == nullptr) throw std::runtime_error("cannot write " + path.string());
}

LatencyLog::~LatencyLog() {
  std::fclose(file_);
}

void LatencyLog::add(std::chrono::system_clock::time_point start, std::chrono::nanoseconds latency,
                     unsigned action, bool failed) {
  const std::int64_t start_us =
      std::chrono::duration_cast<std::chrono::microseconds>(start.time_since_epoch()).count();
  const std::int64_t wide_us =
      std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
  const auto latency_us = static_cast<std::uint32_t>(
      std::min<std::int64_t>(wide_us, std::numeric_limits<std::uint32_t>::max()));
  std::array<char, 16> record;
  const auto connection = static_cast<std::uint16_t>(connection_);
  std::memcpy(record.data(), &start_us, 8);
  std::memcpy(record.data() + 8, &latency_us, 4);
  std::memcpy(record.data() + 12, &connection, 2);
  record[14] = static_cast<char>(action);
  record[15] = failed ? 1 : 0;
  std::fwrite(record.data(), 1, record.size(), file_);
  if (start - flushed_ > kFlushEvery) {
    std::fflush(file_);
    flushed_ = start;
  }
}

}  // namespace shop
