#pragma once
// Numbers as people read them: "12.3 MiB", "4,567 rows", "1 h 02 min".

#include <chrono>
#include <cstdint>
#include <string>

namespace flyover::base {

std::string format_bytes(std::uint64_t bytes);
std::string format_count(std::uint64_t count);
/// "12 ms", "3.4 s", "2 min 05 s", "1 h 02 min".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace flyover::base
