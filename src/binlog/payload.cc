#include "binlog/payload.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "binlog/errors.h"
#include "binlog/event.h"

namespace flyover::binlog {

struct PayloadReader::Decompressor {
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream{ZSTD_createDStream(),
                                                                       ZSTD_freeDStream};
};

PayloadReader::PayloadReader(std::string_view payload, std::size_t memory_max_bytes,
                             std::unique_ptr<Decompressor> decompressor)
    : payload_(payload),
      memory_max_bytes_(memory_max_bytes),
      decompressor_(std::move(decompressor)) {}
PayloadReader::PayloadReader(PayloadReader&&) noexcept = default;
PayloadReader::~PayloadReader() = default;

base::Result<PayloadReader> PayloadReader::open(std::string_view body,
                                                std::size_t memory_max_bytes) {
  enum Field : std::uint64_t { kEnd = 0, kSize = 1, kCompression = 2, kUncompressedSize = 3 };
  static constexpr std::uint64_t kZstd = 0;
  static constexpr std::uint64_t kNone = 255;
  base::ByteReader in(body);
  std::uint64_t size = 0;
  std::uint64_t compression = kNone;
  while (true) {
    const std::uint64_t field = in.length_encoded();
    if (!in.ok() || field == kEnd) break;
    base::ByteReader value(in.length_encoded_bytes());
    if (field == kSize) size = value.length_encoded();
    if (field == kCompression) compression = value.length_encoded();
    if (!value.ok()) in.fail();
  }
  if (!in.ok() || size > in.remaining()) return corrupt("a transaction_payload event is cut");
  if (compression != kZstd && compression != kNone) {
    return unsupported(fmt::format("a transaction compressed by algorithm {}", compression),
                       "Set binlog_transaction_compression to OFF on the server.");
  }
  std::unique_ptr<Decompressor> decompressor;
  if (compression == kZstd) {
    decompressor = std::make_unique<Decompressor>();
    // A frame names the window it needs, and that much is allocated. Every level a server can be
    // set to stays within this.
    static constexpr int kWindowLogMax = 27;
    ZSTD_DCtx_setParameter(decompressor->stream.get(), ZSTD_d_windowLogMax, kWindowLogMax);
  }
  return PayloadReader(in.bytes(static_cast<std::size_t>(size)), memory_max_bytes,
                       std::move(decompressor));
}

// Makes at least `bytes` available behind at_, or fewer at the end of the payload.
std::optional<base::Error> PayloadReader::fill(std::size_t bytes) {
  static constexpr std::size_t kStepBytes = std::size_t{128} << 10;
  buffer_.erase(0, at_);
  at_ = 0;
  if (decompressor_ == nullptr) {
    const std::size_t more =
        std::min(bytes - std::min(bytes, buffer_.size()), payload_.size() - taken_);
    buffer_.append(payload_.substr(taken_, more));
    taken_ += more;
    return std::nullopt;
  }
  while (buffer_.size() < bytes) {
    const std::size_t old_size = buffer_.size();
    buffer_.resize(old_size + kStepBytes);
    ZSTD_inBuffer input{payload_.data(), payload_.size(), taken_};
    ZSTD_outBuffer output{buffer_.data() + old_size, kStepBytes, 0};
    const std::size_t left = ZSTD_decompressStream(decompressor_->stream.get(), &output, &input);
    const bool input_taken = input.pos > taken_;
    taken_ = input.pos;
    buffer_.resize(old_size + output.pos);
    if (ZSTD_isError(left) != 0U) {
      return corrupt(fmt::format("a compressed transaction: {}", ZSTD_getErrorName(left)));
    }
    if (output.pos > 0 || input_taken) frame_ended_ = left == 0;
    if (output.pos == 0 && taken_ == payload_.size()) {
      if (!frame_ended_) return corrupt("a compressed transaction is cut");
      break;
    }
  }
  return std::nullopt;
}

base::Result<std::optional<std::string_view>> PayloadReader::next() {
  if (buffer_.size() - at_ < kEventHeaderBytes) {
    if (auto error = fill(kEventHeaderBytes)) return std::move(*error);
    if (buffer_.empty()) return std::optional<std::string_view>();
    if (buffer_.size() < kEventHeaderBytes) return corrupt("an event in a transaction_payload");
  }
  static constexpr std::size_t kEventBytesAt = 9;
  base::ByteReader header(std::string_view(buffer_).substr(at_));
  header.skip(kEventBytesAt);
  const std::size_t size = header.u32();
  if (size < kEventHeaderBytes || size > memory_max_bytes_) {
    return corrupt(fmt::format("an event of {} bytes in a transaction_payload", size));
  }
  if (buffer_.size() - at_ < size) {
    if (auto error = fill(size)) return std::move(*error);
    if (buffer_.size() < size) return corrupt("an event in a transaction_payload is cut");
  }
  const std::string_view event = std::string_view(buffer_).substr(at_, size);
  at_ += size;
  return std::optional<std::string_view>(event);
}

}  // namespace flyover::binlog
