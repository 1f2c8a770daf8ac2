#pragma once
// Named fault points: places where a test may make the running program wait, fail, delay or die.
//
//   FLYOVER_FAULT("apply.before_commit");
//
// The environment variable FLYOVER_FAULTS arms them, "name=action[@n]" separated by commas:
//   kill          SIGKILL to ourselves
//   fail          throw an Error with Action::fail
//   retry         throw an Error with Action::retry
//   delay:<ms>    sleep that long
//   wait:<file>   create <file>.reached and wait until <file> exists
// @n: only when the point is reached for the n-th time (default: every time).
// Builds without FLYOVER_FAULT_POINTS contain none of it.

#include <string_view>

namespace flyover::base {

void fault_point(std::string_view name);

}  // namespace flyover::base

#if FLYOVER_FAULT_POINTS
#define FLYOVER_FAULT(name) ::flyover::base::fault_point(name)
#else
#define FLYOVER_FAULT(name) void(0)
#endif
