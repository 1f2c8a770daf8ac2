#include "mysql/identifier.h"

namespace flyover::mysql {

std::string quote_name(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out += '`';
}

std::string quote_bytes(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 2);
  append_quoted_bytes(out, bytes);
  return out;
}

void append_quoted_bytes(std::string& out, std::string_view bytes) {
  out += '\'';
  for (const char c : bytes) {
    switch (c) {
      case '\0':
        out += "\\0";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\x1a':
        out += "\\Z";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\'':
        out += "\\'";
        break;
      default:
        out += c;
    }
  }
  out += '\'';
}

std::string hex_literal(std::string_view bytes) {
  if (bytes.empty()) return "''";
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "0x";
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace flyover::mysql
