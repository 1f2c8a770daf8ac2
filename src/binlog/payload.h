#pragma once
// Transaction payload events (binlog_transaction_compression): the events of one transaction in one
// compressed block. Read as a stream, so that a large transaction does not fill memory.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flyover::binlog {

/// The events inside, one after another. They carry no checksum and no position of their own.
class PayloadReader {
 public:
  /// `body` of the event, which must outlive the reader. `memory_max_bytes` bounds the largest
  /// single event; the compression's own window is at most 128 MiB.
  static base::Result<PayloadReader> open(std::string_view body,
                                          std::size_t memory_max_bytes = std::size_t{2} << 30);

  PayloadReader(PayloadReader&&) noexcept;
  ~PayloadReader();

  /// The next whole event, valid until the next call; nothing at the end.
  base::Result<std::optional<std::string_view>> next();

 private:
  struct Decompressor;
  PayloadReader(std::string_view payload, std::size_t memory_max_bytes,
                std::unique_ptr<Decompressor> decompressor);
  std::optional<base::Error> fill(std::size_t bytes);

  std::string_view payload_;
  std::size_t memory_max_bytes_;
  std::size_t taken_ = 0;                       ///< of payload_
  std::unique_ptr<Decompressor> decompressor_;  ///< null: the payload is not compressed
  std::string buffer_;
  std::size_t at_ = 0;  ///< in buffer_
  bool frame_ended_ = true;
};

}  // namespace flyover::binlog
