#pragma once
// The errors of this module's decoders. Callers add where in the log it happened.

#include <string>

#include "base/error.h"

namespace flyover::binlog {

/// Bytes that no server writes: cut, flipped, or of a format newer than this decoder.
inline base::Error corrupt(std::string what) {
  return {.code = "binlog.corrupt",
          .side = base::Side::source,
          .action = base::Action::fail,
          .message = "the binary log can not be read: " + std::move(what),
          .hint = "Check the file with mysqlbinlog --verify-binlog-checksum on the server."};
}

/// Well-formed, but something this decoder does not handle.
inline base::Error unsupported(std::string what, std::string hint) {
  return {.code = "binlog.unsupported",
          .side = base::Side::source,
          .action = base::Action::fail,
          .message = std::move(what),
          .hint = std::move(hint)};
}

}  // namespace flyover::binlog
