// XA transactions: their rows are in the log when they are prepared, and count when they are
// committed, which may be long after.
#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/byte_writer.h"
#include "stream/transaction_assembler.h"

namespace flyover::stream {

using binlog::EventView;

namespace {

// Where an event's header says how long the event is.
constexpr std::size_t kEventSizeAt = 9;

std::string xa_identifier(const binlog::XaPrepareEvent& prepare) {
  const auto hex = [](std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
      fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(c));
    }
    return text;
  };
  return fmt::format("x'{}',x'{}',{}", hex(prepare.global_id), hex(prepare.branch),
                     prepare.format_id);
}

}  // namespace

std::optional<base::Error> TransactionAssembler::take_xa_prepare(const EventView& event,
                                                                 const EventPlace& place) {
  auto prepare = binlog::parse_xa_prepare(event.body);
  if (!prepare) return prepare.error();
  if (!group_.open) return fail("source.binlog_order", "XA PREPARE without a transaction", "");
  HeldEvents held = std::exchange(group_.held, HeldEvents());
  group_.xa = false;
  if (prepare->one_phase) {
    if (auto error = replay(held, place)) return error;
  } else {
    prepared_.insert_or_assign(xa_identifier(*prepare), Prepared{group_.start, std::move(held)});
  }
  finish_group(event, place);
  return std::nullopt;
}

std::optional<base::Error> TransactionAssembler::hold(const EventView& event) {
  // The copy has no checksum, and its header says so.
  std::string bytes(event.bytes);
  base::ByteWriter size;
  size.u32(static_cast<std::uint32_t>(bytes.size()));
  bytes.replace(kEventSizeAt, size.str().size(), size.str());
  return group_.held.append(bytes);
}

std::optional<base::Error> TransactionAssembler::hold_table_map(const EventView& event) {
  auto map = binlog::parse_table_map(event, format_);
  if (!map) return map.error();
  if (options_.filter(map->name) == nullptr) {
    group_.held_tables.erase(map->table_id);
    return std::nullopt;
  }
  group_.held_tables.insert(map->table_id);
  return hold(event);
}

std::optional<base::Error> TransactionAssembler::replay(const HeldEvents& held,
                                                        const EventPlace& place) {
  return held.visit([&](std::string_view bytes) -> MaybeError {
    auto event = binlog::parse_event(bytes, binlog::ChecksumAlgorithm::off);
    if (!event) return event.error();
    return dispatch(*event, place);
  });
}

std::optional<base::Error> TransactionAssembler::take_xa_end(const Statement& statement,
                                                             const EventView& event,
                                                             const EventPlace& place) {
  if (group_.open) return fail("source.binlog_order", "XA COMMIT inside a transaction", "");
  if (auto error = open_group(place)) return error;
  const auto found = prepared_.find(statement.name);
  const bool commit = statement.kind == StatementKind::xa_commit;
  const auto harmless = [&] {
    return group_.applied ||
           (options_.may_miss_prepared && options_.may_miss_prepared({place.file, place.end}));
  };
  if (found == prepared_.end() && commit && !harmless()) {
    return fail("source.xa_unknown",
                fmt::format("the XA transaction {} is committed, but was prepared before the "
                            "stream started: its rows are unknown",
                            statement.name),
                "Verify the tables it may have changed, or start the load again when XA RECOVER "
                "on the server is empty.");
  }
  if (found != prepared_.end()) {
    const Prepared prepared = std::move(found->second);
    prepared_.erase(found);
    if (commit && !group_.applied) {
      if (auto error = replay(prepared.events, place)) return error;
    }
  }
  finish_group(event, place);
  return std::nullopt;
}

mysql::BinlogPosition TransactionAssembler::oldest_needed() const {
  mysql::BinlogPosition oldest;
  for (const auto& [id, prepared] : prepared_) {
    if (oldest.empty() || prepared.start < oldest) oldest = prepared.start;
  }
  return oldest;
}

}  // namespace flyover::stream
