#pragma once
// How work that a stop request ended tells so: nothing failed, the next run goes on.

#include <string>

#include "base/error.h"

namespace flyover::migration {

inline constexpr const char* kStoppedCode = "stopped";

[[noreturn]] inline void throw_stopped(const std::string& doing) {
  base::throw_error({.code = kStoppedCode,
                     .side = base::Side::us,
                     .action = base::Action::pause,
                     .message = "stopped while " + doing,
                     .hint = "`flyover run` goes on from here."});
}

}  // namespace flyover::migration
