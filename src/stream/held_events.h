#pragma once
// Events that are kept until it is known what becomes of them.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace flyover::stream {

/// The rows of one XA transaction as the log has them: in memory while they are few, then in a file
/// without a name in the folder for temporary files. Not thread-safe.
class HeldEvents {
 public:
  explicit HeldEvents(std::size_t memory_bytes_max = std::size_t{1} << 20)
      : memory_bytes_max_(memory_bytes_max) {}

  /// Header and body of an event, without a checksum. An error when the file can not be written.
  std::optional<base::Error> append(std::string_view event);
  bool empty() const { return count_ == 0; }

  using Visitor = std::function<std::optional<base::Error>(std::string_view event)>;
  /// Shows every event in order; may be called again. Ends at the first error.
  std::optional<base::Error> visit(const Visitor& visitor) const;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::optional<base::Error> spill();

  std::size_t memory_bytes_max_;
  std::string memory_;  ///< each event behind its length; what is in the file is not here
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::uint64_t count_ = 0;
};

}  // namespace flyover::stream
