#include "binlog/decimal.h"

#include <cstdint>

namespace flyover::binlog {
namespace {

constexpr unsigned kDigitsPerWord = 9;
constexpr std::size_t kWordBytes = 4;
constexpr std::size_t kBytesOfDigits[kDigitsPerWord + 1] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr std::uint32_t kPowersOfTen[kDigitsPerWord + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

// Reads groups of digits, most significant first. The sign is the inverted top bit of the first
// byte, and a negative number has all its bits inverted.
class PackedDigits {
 public:
  explicit PackedDigits(std::string_view packed) : packed_(packed) {
    negative_ = (static_cast<unsigned char>(packed[0]) & 0x80) == 0;
  }

  bool negative() const { return negative_; }

  // False when the group holds more than `digits` digits.
  bool next(unsigned digits, char* out) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < kBytesOfDigits[digits]; ++i, ++at_) {
      auto byte = static_cast<unsigned char>(packed_[at_]);
      if (at_ == 0) byte ^= 0x80;
      if (negative_) byte ^= 0xff;
      group = group << 8 | byte;
    }
    if (group >= kPowersOfTen[digits]) return false;
    for (unsigned i = digits; i-- > 0; group /= 10) out[i] = static_cast<char>('0' + group % 10);
    return true;
  }

 private:
  std::string_view packed_;
  std::size_t at_ = 0;
  bool negative_ = false;
};

}  // namespace

std::size_t decimal_bytes(unsigned precision, unsigned scale) {
  const unsigned whole = precision - scale;
  return whole / kDigitsPerWord * kWordBytes + kBytesOfDigits[whole % kDigitsPerWord] +
         scale / kDigitsPerWord * kWordBytes + kBytesOfDigits[scale % kDigitsPerWord];
}

std::optional<std::size_t> write_decimal(std::string_view packed, unsigned precision,
                                         unsigned scale, char* out) {
  if (packed.empty()) return std::nullopt;
  const unsigned whole = precision - scale;
  PackedDigits in(packed);
  char digits[kDecimalTextMax];
  unsigned at = 0;
  bool ok = in.next(whole % kDigitsPerWord, digits);
  for (at = whole % kDigitsPerWord; ok && at < whole; at += kDigitsPerWord) {
    ok = in.next(kDigitsPerWord, digits + at);
  }
  for (; ok && at + kDigitsPerWord <= precision; at += kDigitsPerWord) {
    ok = in.next(kDigitsPerWord, digits + at);
  }
  if (!ok || !in.next(precision - at, digits + at)) return std::nullopt;

  const std::string_view all(digits, precision);
  const bool zero = all.find_first_not_of('0') == std::string_view::npos;
  std::size_t size = 0;
  if (in.negative() && !zero) out[size++] = '-';
  unsigned first = 0;
  while (first < whole && digits[first] == '0') ++first;
  if (first == whole) out[size++] = '0';
  for (unsigned i = first; i < precision; ++i) {
    if (i == whole) out[size++] = '.';
    out[size++] = digits[i];
  }
  return size;
}

}  // namespace flyover::binlog
