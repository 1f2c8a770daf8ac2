#include "verify/row_hash.h"

#include <cstring>
#include <limits>

#include "base/error.h"

namespace flyover::verify {
namespace {

constexpr std::size_t kBufferBytesMax = 64 << 10;
constexpr std::uint64_t kNullLength = std::numeric_limits<std::uint64_t>::max();

}  // namespace

RowHasher::RowHasher() : state_(XXH3_createState()) {
  FLYOVER_CHECK(state_ != nullptr);
}

Hash128 RowHasher::hash(db::Row row) {
  begin();
  for (const db::Field& field : row) add(field);
  return end();
}

Hash128 RowHasher::hash(db::Row row, std::span<const std::size_t> positions) {
  begin();
  for (const std::size_t position : positions) add(row[position]);
  return end();
}

void RowHasher::begin() {
  buffer_.clear();
  streaming_ = false;
  last_bytes_ = 0;
}

void RowHasher::add(const db::Field& field) {
  const std::uint64_t length = field ? field->size() : kNullLength;
  char head[sizeof length];
  std::memcpy(head, &length, sizeof length);
  if (field) last_bytes_ += field->size();
  if (!streaming_ && buffer_.size() + sizeof length + last_bytes_ > kBufferBytesMax) {
    streaming_ = true;
    XXH3_128bits_reset(state_.get());
    XXH3_128bits_update(state_.get(), buffer_.data(), buffer_.size());
  }
  if (streaming_) {
    XXH3_128bits_update(state_.get(), head, sizeof head);
    if (field) XXH3_128bits_update(state_.get(), field->data(), field->size());
  } else {
    buffer_.append(head, sizeof head);
    if (field) buffer_.append(*field);
  }
}

Hash128 RowHasher::end() {
  const XXH128_hash_t hash =
      streaming_ ? XXH3_128bits_digest(state_.get()) : XXH3_128bits(buffer_.data(), buffer_.size());
  return {hash.low64, hash.high64};
}

}  // namespace flyover::verify
