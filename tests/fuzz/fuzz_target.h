#pragma once
// One fuzz target per file: a function that takes any bytes and must come back.
//
//   FLYOVER_FUZZ_TARGET(json) { ... `input` is a std::string_view ... }
//
// With libFuzzer (preset fuzz) it is the program's entry; in the ordinary build replay_main.cc
// calls all targets with the files of the corpus.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "binlog/transaction.h"

namespace flyover::fuzz {

using Target = void (*)(std::string_view input);

/// Makes the target known to replay_main.cc. Called before main().
bool add_target(std::string_view name, Target target);

/// What must hold whatever the input is; it ends the program, as a finding of the sanitizers does.
inline void expect(bool holds, const char* what, const char* file, int line) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

/// The first `size` bytes of `input`, or what there is, which are taken away.
inline std::string_view take(std::string_view& input, std::size_t size) {
  const std::string_view head = input.substr(0, size);
  input.remove_prefix(head.size());
  return head;
}

/// The first byte, which is taken away; 0 at the end.
inline std::uint8_t take_byte(std::string_view& input) {
  const std::string_view head = take(input, 1);
  return head.empty() ? 0 : static_cast<std::uint8_t>(head[0]);
}

/// Reads every byte that values point at, so that a sanitizer sees one that is not there.
inline std::size_t touch(std::string_view bytes) {
  std::size_t sum = 0;
  for (const char c : bytes) sum += static_cast<unsigned char>(c);
  return sum;
}

inline std::size_t touch(const binlog::RowsChange& rows) {
  std::size_t sum = 0;
  for (const binlog::Value& value : rows.values) sum += touch(value.bytes);
  return sum;
}

}  // namespace flyover::fuzz

#define FLYOVER_EXPECT(expression) \
  ::flyover::fuzz::expect((expression), #expression, __FILE__, __LINE__)

#ifdef FLYOVER_LIBFUZZER
#define FLYOVER_FUZZ_TARGET(name)                                                     \
  static void fuzz_##name(std::string_view input);                                    \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_##name(std::string_view(reinterpret_cast<const char*>(data), size));         \
    return 0;                                                                         \
  }                                                                                   \
  static void fuzz_##name(std::string_view input)
#else
#define FLYOVER_FUZZ_TARGET(name)                      \
  static void fuzz_##name(std::string_view input);     \
  [[maybe_unused]] static const bool added_##name =    \
      ::flyover::fuzz::add_target(#name, fuzz_##name); \
  static void fuzz_##name(std::string_view input)
#endif
