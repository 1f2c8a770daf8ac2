#pragma once
// CRC-32 as zlib and MySQL's binlog_checksum=CRC32 compute it.

#include <cstdint>
#include <string_view>

namespace flyover::binlog {

/// Polynomial 0xEDB88320 (reflected). `previous`: the result for the bytes before, 0 at the start.
std::uint32_t crc32(std::string_view bytes, std::uint32_t previous = 0);

}  // namespace flyover::binlog
