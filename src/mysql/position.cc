#include "mysql/position.h"

#include <charconv>

namespace flyover::mysql {

std::uint64_t BinlogPosition::file_number() const {
  const std::size_t dot = file.rfind('.');
  std::uint64_t number = 0;
  if (dot != std::string::npos) {
    std::from_chars(file.data() + dot + 1, file.data() + file.size(), number);
  }
  return number;
}

std::string BinlogPosition::to_string() const {
  return file + ":" + std::to_string(offset);
}

std::strong_ordering operator<=>(const BinlogPosition& a, const BinlogPosition& b) {
  if (const auto by_file = a.file_number() <=> b.file_number(); by_file != 0) return by_file;
  return a.offset <=> b.offset;
}

}  // namespace flyover::mysql
