#include "stream/dump_session.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/byte_writer.h"
#include "base/random.h"
#include "binlog/checksum.h"
#include "binlog/control_events.h"

namespace flyover::stream {
namespace {

using binlog::EventType;

constexpr std::uint8_t kComBinlogDump = 0x12;
constexpr std::uint64_t kFirstEventAt = 4;  // Behind the file's magic number.
constexpr char kOk = 0;

std::string random_uuid() {
  const std::string token = base::random_token();
  return fmt::format("{}-{}-{}-{}-{}", token.substr(0, 8), token.substr(8, 4), token.substr(12, 4),
                     token.substr(16, 4), token.substr(20, 12));
}

db::Endpoint with_read_timeout(db::Endpoint endpoint, std::chrono::milliseconds heartbeat_period) {
  static constexpr std::chrono::seconds kReadTimeoutMin{30};
  if (endpoint.read_timeout.count() == 0) {
    endpoint.read_timeout =
        std::max(kReadTimeoutMin, std::chrono::ceil<std::chrono::seconds>(heartbeat_period * 5));
  }
  return endpoint;
}

bool has_checksum(std::string_view event) {
  if (event.size() < binlog::kEventHeaderBytes + binlog::kChecksumBytes) return false;
  const std::string_view body = event.substr(0, event.size() - binlog::kChecksumBytes);
  const std::uint32_t crc = binlog::crc32(body);
  for (std::size_t i = 0; i < binlog::kChecksumBytes; ++i) {
    if (static_cast<unsigned char>(event[body.size() + i]) != (crc >> 8 * i & 0xff)) return false;
  }
  return true;
}

}  // namespace

std::uint32_t random_server_id() {
  const std::string token = base::random_token();
  return 0x80000000U | static_cast<std::uint32_t>(std::stoul(token.substr(0, 7), nullptr, 16));
}

DumpSession::DumpSession(db::Endpoint endpoint, std::chrono::milliseconds heartbeat_period)
    : connection_(db::Connection::open(with_read_timeout(std::move(endpoint), heartbeat_period))) {
  const auto period_ns = std::chrono::nanoseconds(heartbeat_period).count();
  const std::string uuid = random_uuid();
  // Both spellings: servers up to 8.0.25 read @master_… and @slave_…, later ones also the others.
  connection_.execute(
      "SET @master_binlog_checksum = @@global.binlog_checksum, "
      "@source_binlog_checksum = @@global.binlog_checksum");
  connection_.execute(
      fmt::format("SET @master_heartbeat_period = {0}, @source_heartbeat_period = {0}", period_ns));
  connection_.execute(fmt::format("SET @slave_uuid = '{0}', @replica_uuid = '{0}'", uuid));
  if (connection_.query_value("SELECT @@global.binlog_checksum") == "CRC32") {
    checksum_ = binlog::ChecksumAlgorithm::crc32;
  }
}

void DumpSession::start(const mysql::BinlogPosition& from) {
  file_ = from.file;
  offset_ = std::max(from.offset, kFirstEventAt);
  if (offset_ > std::numeric_limits<std::uint32_t>::max()) {
    drop_before_ = {file_, offset_};
    offset_ = kFirstEventAt;
  }
  base::ByteWriter payload;
  payload.u32(static_cast<std::uint32_t>(offset_));
  payload.u16(0);
  payload.u32(random_server_id());
  payload.bytes(from.file);
  connection_.send_command(kComBinlogDump, payload.str());
}

void DumpSession::fail(base::Error error) const {
  error.side = connection_.side();
  error.message +=
      fmt::format(" (at {}:{} of {})", file_, offset_, connection_.endpoint().address());
  base::throw_error(std::move(error));
}

binlog::EventView DumpSession::parse(std::string_view bytes) const {
  auto view = binlog::parse_event(bytes, checksum_, false);
  if (view && view->header.type == EventType::rotate && view->header.artificial()) {
    // Made before the file, and so its checksum algorithm, is known.
    view = binlog::parse_event(bytes, has_checksum(bytes) ? binlog::ChecksumAlgorithm::crc32
                                                          : binlog::ChecksumAlgorithm::off);
  } else if (view) {
    view = binlog::parse_event(bytes, checksum_);
  }
  if (!view) fail(view.error());
  return *view;
}

bool DumpSession::place(const binlog::EventView& view, DumpedEvent& out) {
  const binlog::EventHeader& header = view.header;
  if (after_rotate_) {
    file_ = std::move(after_rotate_->file);
    offset_ = after_rotate_->offset;
    after_rotate_.reset();
  }
  bool counted = !header.artificial();
  if (header.type == EventType::rotate) {
    auto rotate = binlog::parse_rotate(view.body);
    if (!rotate) fail(rotate.error());
    if (header.artificial()) {
      file_ = rotate->next_file;
      offset_ = rotate->position;
    } else {
      after_rotate_ = {std::string(rotate->next_file), rotate->position};
    }
  } else if (header.type == EventType::format_description) {
    auto format = binlog::parse_format_description(view.body);
    if (!format) fail(format.error());
    checksum_ = format->checksum;
    // Sent again, from the head of the file, when a dump starts in the middle of one.
    counted = offset_ == kFirstEventAt && header.log_pos == offset_ + header.event_bytes;
  } else if (header.type == EventType::heartbeat || header.type == EventType::heartbeat_v2) {
    counted = false;
  }
  out.file = &file_;
  out.start = offset_;
  if (counted) offset_ += header.event_bytes;
  out.end = offset_;
  if (counted && header.log_pos != 0 && header.log_pos != static_cast<std::uint32_t>(offset_)) {
    fail({.code = "source.binlog_order",
          .action = base::Action::fail,
          .message = fmt::format("a {} event says that it ends at {} (modulo 2^32)",
                                 to_string(header.type), header.log_pos),
          .hint = "Events are missing between server and flyover: connect to the server itself."});
  }
  if (!counted || file_ != drop_before_.file || out.start >= drop_before_.offset) return true;
  // Needed to read the events behind it, but a position of the past.
  out.end = out.start;
  return header.type == EventType::format_description;
}

std::optional<DumpedEvent> DumpSession::next() {
  while (true) {
    const std::optional<std::string_view> packet = connection_.read_packet();
    if (!packet) return std::nullopt;
    if (packet->empty() || (*packet)[0] != kOk) {
      fail({.code = "source.protocol",
            .action = base::Action::fail,
            .message = "the server sent a packet that is no event",
            .hint = "Connect to the server itself, not to a proxy."});
    }
    DumpedEvent event;
    event.packet_bytes = packet->size();
    event.view = parse(packet->substr(1));
    if (place(event.view, event)) return event;
  }
}

}  // namespace flyover::stream
