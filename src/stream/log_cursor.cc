#include "stream/log_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "binlog/control_events.h"

namespace flyover::stream {
namespace {

using binlog::EventType;

constexpr std::uint64_t kFirstEventAt = 4;  // Behind the file's magic number.

}  // namespace

std::uint32_t LogCursor::begin(const mysql::BinlogPosition& from) {
  file_ = from.file;
  offset_ = std::max(from.offset, kFirstEventAt);
  after_rotate_.reset();
  drop_before_ = {};
  if (offset_ > std::numeric_limits<std::uint32_t>::max()) {
    drop_before_ = {file_, offset_};
    offset_ = kFirstEventAt;
  }
  return static_cast<std::uint32_t>(offset_);
}

std::optional<base::Error> LogCursor::rotate(const binlog::EventView& event) {
  const auto rotate = binlog::parse_rotate(event.body);
  if (!rotate) return rotate.error();
  if (event.header.artificial()) {
    file_ = rotate->next_file;
    offset_ = rotate->position;
  } else {
    after_rotate_ = {std::string(rotate->next_file), rotate->position};
  }
  return std::nullopt;
}

base::Result<LogCursor::Place> LogCursor::place(const binlog::EventView& event) {
  const binlog::EventHeader& header = event.header;
  if (after_rotate_) {
    file_ = std::move(after_rotate_->file);
    offset_ = after_rotate_->offset;
    after_rotate_.reset();
  }
  bool counted = !header.artificial();
  if (header.type == EventType::rotate) {
    if (auto error = rotate(event)) return std::move(*error);
  } else if (header.type == EventType::format_description) {
    const auto format = binlog::parse_format_description(event.body);
    if (!format) return format.error();
    checksum_ = format->checksum;
    // Sent again, from the head of the file, when a dump starts in the middle of one.
    counted = offset_ == kFirstEventAt && header.log_pos == offset_ + header.event_bytes;
  } else if (header.type == EventType::heartbeat || header.type == EventType::heartbeat_v2) {
    counted = false;
  }
  Place place{.start = offset_, .end = offset_, .wanted = true};
  if (!counted) return place;
  offset_ += header.event_bytes;
  place.end = offset_;
  if (header.log_pos != 0 && header.log_pos != static_cast<std::uint32_t>(offset_)) {
    return base::Error{
        .code = "source.binlog_order",
        .action = base::Action::fail,
        .message = fmt::format("a {} event says that it ends at {} (modulo 2^32)",
                               to_string(header.type), header.log_pos),
        .hint = "Events are missing between server and flyover: connect to the server itself."};
  }
  if (file_ == drop_before_.file && place.start < drop_before_.offset) {
    // A format description is needed to read the events behind it, but its position is of the past.
    place.end = place.start;
    place.wanted = header.type == EventType::format_description;
  }
  return place;
}

}  // namespace flyover::stream
