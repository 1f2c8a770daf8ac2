#pragma once
// Rows of flyover's own tables as they come by in the source's binlog.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "binlog/transaction.h"

namespace flyover::apply {

struct MarkerRow {
  std::string purpose{};
  std::string token{};
};

struct HeartbeatRow {
  std::uint64_t written_us = 0;  ///< since 1970, by the clock of who wrote it
};

/// What a transaction says about one migration.
struct ControlRows {
  std::vector<MarkerRow> markers{};
  std::optional<HeartbeatRow> heartbeat{};
};

/// Adds what `change`, a change of a table of schema flyover, says about `migration`.
void read_control_rows(const binlog::RowsChange& change, const std::string& migration,
                       ControlRows& out);

}  // namespace flyover::apply
