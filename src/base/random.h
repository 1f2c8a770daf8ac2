#pragma once
// Unguessable tokens for marker rows and names of temporary objects.

#include <string>

namespace flyover::base {

/// 32 lower-case hexadecimal digits from the system's random source.
std::string random_token();

}  // namespace flyover::base
