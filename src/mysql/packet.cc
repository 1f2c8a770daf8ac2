#include "mysql/packet.h"

namespace flyover::mysql {

PacketHeader read_packet_header(const char* bytes) {
  const auto at = [&](int i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  return {at(0) | at(1) << 8 | at(2) << 16, static_cast<std::uint8_t>(at(3))};
}

void write_packet_header(char* bytes, PacketHeader header) {
  bytes[0] = static_cast<char>(header.length);
  bytes[1] = static_cast<char>(header.length >> 8);
  bytes[2] = static_cast<char>(header.length >> 16);
  bytes[3] = static_cast<char>(header.sequence);
}

void append_packet(std::string& out, std::string_view payload, std::uint8_t& sequence) {
  bool more = true;
  while (more) {
    const std::string_view part = payload.substr(0, kMaxPacketPart);
    char header[kPacketHeaderSize];
    write_packet_header(header, {static_cast<std::uint32_t>(part.size()), sequence++});
    out.append(header, kPacketHeaderSize);
    out.append(part);
    payload.remove_prefix(part.size());
    more = part.size() == kMaxPacketPart;
  }
}

std::string make_packet(std::string_view payload, std::uint8_t sequence) {
  std::string out;
  out.reserve(payload.size() + kPacketHeaderSize);
  append_packet(out, payload, sequence);
  return out;
}

}  // namespace flyover::mysql
