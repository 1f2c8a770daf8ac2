#include "base/random.h"

#include <fmt/format.h>

#include <random>

namespace flyover::base {

std::string random_token() {
  std::random_device device;
  std::string token;
  for (int i = 0; i < 4; ++i) token += fmt::format("{:08x}", device());
  return token;
}

}  // namespace flyover::base
