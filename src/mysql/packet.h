#pragma once
// Packets of the MySQL client/server protocol: a 3-byte length, a sequence number, a payload.
// A payload of 16 MiB - 1 bytes or more is split; the last part is shorter than that, maybe empty.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace flyover::mysql {

inline constexpr std::size_t kPacketHeaderSize = 4;
/// A part of this length is followed by another part of the same payload.
inline constexpr std::uint32_t kMaxPacketPart = 0xffffff;

struct PacketHeader {
  std::uint32_t length = 0;
  std::uint8_t sequence = 0;
};

/// `bytes` holds at least kPacketHeaderSize bytes.
PacketHeader read_packet_header(const char* bytes);

/// Writes a header over the kPacketHeaderSize bytes at `bytes`.
void write_packet_header(char* bytes, PacketHeader header);

/// Appends `payload` in as many parts as it needs. `sequence` is the number of the first part and
/// afterwards the number after the last one.
void append_packet(std::string& out, std::string_view payload, std::uint8_t& sequence);

/// One payload that fits the usual case: its parts, the first numbered `sequence`.
std::string make_packet(std::string_view payload, std::uint8_t sequence);

/// Follows packet boundaries in a byte stream that is passed on piece by piece, without keeping
/// payloads. Ends with the payload that the caller calls the last.
class PacketWalker {
 public:
  /// Goes over `data` as far as it is understood and returns that number of bytes; the rest has to
  /// be offered again with more behind it. At the begin of each payload calls
  /// `bool on_payload(char* payload, std::string_view head, std::uint32_t first_part_length)` with
  /// the payload's first min(length, head_size) bytes; true: this is the last one. Adds
  /// `sequence_shift` to each sequence number in place.
  template <typename OnPayload>
  std::size_t walk(char* data, std::size_t size, std::size_t head_size, std::uint8_t sequence_shift,
                   OnPayload&& on_payload) {
    std::size_t at = 0;
    while (!finished_) {
      if (rest_ > 0) {
        const std::size_t step = rest_ < size - at ? rest_ : size - at;
        at += step;
        rest_ -= step;
        if (rest_ > 0) break;
        end_part();
        continue;
      }
      if (size - at < kPacketHeaderSize) break;
      const PacketHeader header = read_packet_header(data + at);
      const std::size_t head = header.length < head_size ? header.length : head_size;
      char* payload = data + at + kPacketHeaderSize;
      if (!continues_ && size - at - kPacketHeaderSize < head) break;
      data[at + 3] = static_cast<char>(header.sequence + sequence_shift);
      if (!continues_) last_ = on_payload(payload, std::string_view(payload, head), header.length);
      continues_ = header.length == kMaxPacketPart;
      rest_ = header.length;
      at += kPacketHeaderSize;
      if (rest_ == 0) end_part();
    }
    return at;
  }

  /// The last payload has passed completely.
  bool finished() const { return finished_; }

 private:
  void end_part() { finished_ = last_ && !continues_; }

  std::size_t rest_ = 0;
  bool continues_ = false;
  bool last_ = false;
  bool finished_ = false;
};

}  // namespace flyover::mysql
