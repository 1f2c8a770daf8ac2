#include "mysql/version.h"

#include <charconv>
#include <tuple>

namespace flyover::mysql {

Version Version::parse(std::string_view text) {
  Version version;
  version.mariadb = text.find("MariaDB") != std::string_view::npos;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::uint32_t* part :
       {&version.major_number, &version.minor_number, &version.patch_number}) {
    at = std::from_chars(at, end, *part).ptr;
    if (at == end || *at != '.') break;
    ++at;
  }
  return version;
}

bool Version::at_least(std::uint32_t major, std::uint32_t minor, std::uint32_t patch) const {
  return std::tie(major_number, minor_number, patch_number) >= std::tie(major, minor, patch);
}

std::string Version::to_string() const {
  return std::to_string(major_number) + "." + std::to_string(minor_number) + "." +
         std::to_string(patch_number);
}

}  // namespace flyover::mysql
