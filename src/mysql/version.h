#pragma once
// A server's version, for feature decisions where no probe exists.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace flyover::mysql {

/// "5.6.24-log", "9.7.4", "10.11.6-MariaDB", "26.10.1.2": the first three numbers count.
struct Version {
  std::uint32_t major_number = 0;
  std::uint32_t minor_number = 0;
  std::uint32_t patch_number = 0;
  bool mariadb = false;

  static Version parse(std::string_view text);
  bool at_least(std::uint32_t major, std::uint32_t minor, std::uint32_t patch = 0) const;
  std::string to_string() const;
  friend bool operator==(const Version&, const Version&) = default;
};

}  // namespace flyover::mysql
