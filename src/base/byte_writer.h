#pragma once
// Appends MySQL's little-endian fields to a string: the counterpart of ByteReader.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace flyover::base {

class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t value) { return uint_le(value, 1); }
  ByteWriter& u16(std::uint16_t value) { return uint_le(value, 2); }
  ByteWriter& u24(std::uint32_t value) { return uint_le(value, 3); }
  ByteWriter& u32(std::uint32_t value) { return uint_le(value, 4); }
  ByteWriter& u64(std::uint64_t value) { return uint_le(value, 8); }
  ByteWriter& uint_le(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) out_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  ByteWriter& bytes(std::string_view bytes) {
    out_ += bytes;
    return *this;
  }
  ByteWriter& zeros(std::size_t size) {
    out_.append(size, '\0');
    return *this;
  }
  ByteWriter& nul_terminated(std::string_view text) { return bytes(text).u8(0); }
  ByteWriter& length_encoded(std::uint64_t value) {
    if (value < 0xfb) return u8(static_cast<std::uint8_t>(value));
    if (value <= 0xffff) return u8(0xfc).uint_le(value, 2);
    if (value <= 0xffffff) return u8(0xfd).uint_le(value, 3);
    return u8(0xfe).u64(value);
  }
  ByteWriter& length_encoded_bytes(std::string_view text) {
    return length_encoded(text.size()).bytes(text);
  }

  const std::string& str() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace flyover::base
