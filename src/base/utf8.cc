#include "base/utf8.h"

#include <fmt/format.h>

namespace flyover::base {

bool is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
    if (size == 0 || i + size > bytes.size()) return false;
    for (std::size_t k = 1; k < size; ++k) {
      if ((static_cast<unsigned char>(bytes[i + k]) & 0xc0) != 0x80) return false;
    }
    if (size == 3 && lead == 0xe0 && static_cast<unsigned char>(bytes[i + 1]) < 0xa0) return false;
    if (size == 4 && lead == 0xf0 && static_cast<unsigned char>(bytes[i + 1]) < 0x90) return false;
    i += size;
  }
  return true;
}

std::string excerpt(std::string_view bytes, std::size_t bytes_max) {
  std::string_view shown = bytes.substr(0, bytes_max);
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(bytes[at]) & 0xc0) == 0x80;
  };
  for (int i = 0; i < 3 && shown.size() < bytes.size() && !shown.empty(); ++i) {
    if (!continues(shown.size())) break;
    shown.remove_suffix(1);
  }
  const bool utf8 = is_utf8(shown);
  std::string out;
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
    if (control || (byte >= 0x80 && !utf8)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return shown.size() < bytes.size() ? out + " …" : out;
}

}  // namespace flyover::base
