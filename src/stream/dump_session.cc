#include "stream/dump_session.h"

#include <fmt/format.h>

#include <utility>

#include "base/byte_writer.h"
#include "base/random.h"
#include "binlog/checksum.h"

namespace flyover::stream {
namespace {

using binlog::EventType;

constexpr std::uint8_t kComBinlogDump = 0x12;
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
    cursor_.set_checksum(binlog::ChecksumAlgorithm::crc32);
  }
  server_uuid_ = connection_.query_value("SELECT @@global.server_uuid").value_or("");
}

void DumpSession::start(const mysql::BinlogPosition& from) {
  const std::uint32_t offset = cursor_.begin(from);
  base::ByteWriter payload;
  payload.u32(offset);
  payload.u16(0);
  payload.u32(random_server_id());
  payload.bytes(from.file);
  connection_.send_command(kComBinlogDump, payload.str());
}

void DumpSession::fail(base::Error error) const {
  error.side = connection_.side();
  error.message += fmt::format(" (at {}:{} of {})", cursor_.file(), cursor_.offset(),
                               connection_.endpoint().address());
  base::throw_error(std::move(error));
}

binlog::EventView DumpSession::parse(std::string_view bytes) const {
  auto view = binlog::parse_event(bytes, cursor_.checksum(), false);
  if (view && view->header.type == EventType::rotate && view->header.artificial()) {
    // Made before the file, and so its checksum algorithm, is known.
    view = binlog::parse_event(bytes, has_checksum(bytes) ? binlog::ChecksumAlgorithm::crc32
                                                          : binlog::ChecksumAlgorithm::off);
  } else if (view) {
    view = binlog::parse_event(bytes, cursor_.checksum());
  }
  if (!view) fail(view.error());
  return *view;
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
    const auto place = cursor_.place(event.view);
    if (!place) fail(place.error());
    event.file = &cursor_.file();
    event.start = place->start;
    event.end = place->end;
    if (place->wanted) return event;
  }
}

}  // namespace flyover::stream
