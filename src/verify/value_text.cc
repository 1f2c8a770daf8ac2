#include "verify/value_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "mysql/identifier.h"

namespace flyover::verify {
namespace {

constexpr std::size_t kTextBytesMax = 48;
constexpr std::size_t kHexBytesMax = 24;
/// Bytes shown before the first one that differs.
constexpr std::size_t kBefore = 8;

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f;
  });
}

}  // namespace

std::string value_text(const std::optional<std::string_view>& value, std::size_t from) {
  if (!value) return "NULL";
  const std::size_t begin = from > kBefore ? std::min(from - kBefore, value->size()) : 0;
  std::string_view shown = value->substr(begin, kTextBytesMax);
  std::string text;
  if (printable(shown)) {
    text = fmt::format("'{}'", shown);
  } else {
    shown = shown.substr(0, kHexBytesMax);
    text = mysql::hex_literal(shown);
  }
  if (shown.size() < value->size()) {
    text += fmt::format(" (from byte {} of {})", begin, value->size());
  }
  return text;
}

std::size_t first_difference(const std::optional<std::string_view>& a,
                             const std::optional<std::string_view>& b) {
  if (!a || !b) return 0;
  const auto [left, right] = std::mismatch(a->begin(), a->end(), b->begin(), b->end());
  return static_cast<std::size_t>(left - a->begin());
}

}  // namespace flyover::verify
