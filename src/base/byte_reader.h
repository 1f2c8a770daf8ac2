#pragma once
// A reader over untrusted bytes with a sticky error: read fields unconditionally, then check ok()
// once before using the values. Reading past the end yields zeros and makes ok() false for good.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flyover::base {

/// Views the bytes, never owns them. All integers are little-endian unless the name says otherwise.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return bytes_.size() - at_; }
  std::size_t position() const { return at_; }
  bool at_end() const { return at_ == bytes_.size(); }

  std::uint8_t u8() { return static_cast<std::uint8_t>(uint_le(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(uint_le(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(uint_le(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(uint_le(4)); }
  std::uint64_t u48() { return uint_le(6); }
  std::uint64_t u64() { return uint_le(8); }

  /// `size` bytes (0 to 8), least significant first.
  std::uint64_t uint_le(std::size_t size) {
    const std::string_view in = bytes(size);
    std::uint64_t value = 0;
    for (std::size_t i = in.size(); i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(in[i]);
    }
    return value;
  }

  /// `size` bytes (0 to 8), most significant first.
  std::uint64_t uint_be(std::size_t size) {
    const std::string_view in = bytes(size);
    std::uint64_t value = 0;
    for (const char c : in) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }

  /// MySQL's length-encoded integer. 0xfb (NULL) and 0xff make the reader fail.
  std::uint64_t length_encoded() {
    const std::uint8_t first = u8();
    if (first < 0xfb) return first;
    if (first == 0xfc) return u16();
    if (first == 0xfd) return u24();
    if (first == 0xfe) return u64();
    fail();
    return 0;
  }

  /// The next `size` bytes as a view; empty and failed when there are fewer.
  std::string_view bytes(std::size_t size) {
    if (!ok_ || size > remaining()) {
      fail();
      return {};
    }
    const std::string_view view = bytes_.substr(at_, size);
    at_ += size;
    return view;
  }

  std::string_view length_encoded_bytes() {
    const std::uint64_t size = length_encoded();
    if (size > remaining()) {
      fail();
      return {};
    }
    return bytes(static_cast<std::size_t>(size));
  }

  /// Bytes up to a NUL, which is consumed too.
  std::string_view nul_terminated() {
    const std::size_t end = ok_ ? bytes_.find('\0', at_) : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail();
      return {};
    }
    const std::string_view view = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return view;
  }

  std::string_view rest() { return bytes(remaining()); }
  void skip(std::size_t size) { bytes(size); }
  void fail() {
    ok_ = false;
    at_ = bytes_.size();
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace flyover::base
