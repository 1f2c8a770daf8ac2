#pragma once
// How a migration stands, as one value: what status, the live table and the API show.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "migration/phase.h"

namespace flyover::migration {

/// One table. `state` and `validation_state` use the words of AWS DMS table statistics.
struct TableProgress {
  std::string schema{};
  std::string table{};
  std::string state = "Before load";
  std::uint64_t rows_estimated = 0;
  std::uint64_t rows_loaded = 0;
  std::uint64_t inserts = 0;  ///< applied by replication since the migration began
  std::uint64_t updates = 0;
  std::uint64_t deletes = 0;
  std::uint64_t ddls = 0;
  std::string reason{};               ///< why it is to be copied again; "" when it is not
  std::uint64_t changes_dropped = 0;  ///< rows events, since the link started, while it is
  std::string validation_state = "Pending validation";
  std::uint64_t rows_compared = 0;
  std::uint64_t rows_different = 0;
};

/// The comparison that runs or ran last.
struct ValidationProgress {
  bool running = false;
  bool complete = false;  ///< every table was compared since the last start of a link
  std::uint64_t rows_compared = 0;
  std::uint64_t rows_different = 0;
  std::uint64_t rows_per_second = 0;
  std::int64_t elapsed_ms = 0;
  unsigned lanes = 0;  ///< that work now; 0 when none runs
};

struct SwitchStepTime {
  std::string step{};
  std::int64_t duration_ms = 0;
};

/// The last cutover or rollback.
struct SwitchReport {
  std::string direction{};  ///< "cutover" or "rollback"
  bool succeeded = false;
  std::string failure{};
  std::int64_t pause_ms = 0;  ///< from the gate to the last released session
  std::uint64_t moved_sessions = 0;
  std::uint64_t closed_sessions = 0;
  std::vector<SwitchStepTime> steps{};
};

/// Whether a switch may begin, and what stands in its way, for people.
struct Readiness {
  bool ready = false;
  std::vector<std::string> obstacles{};
  std::string next_action{};  ///< what would remove the first obstacle; "": waiting
};

struct Progress {
  std::string name{};
  Phase phase = Phase::assessing;
  std::string reason{};       ///< what it does or waits for, and why
  std::string next_action{};  ///< what the user can do now
  base::Side active = base::Side::source;
  bool ready = false;                    ///< a cutover (or rollback) may begin
  std::optional<std::int64_t> lag_ms{};  ///< nothing: not known
  std::int64_t lag_ms_highest = 0;       ///< since the last start of a link
  std::uint64_t rows_per_second = 0;
  std::optional<std::uint64_t> eta_seconds{};
  std::uint64_t rows_loaded = 0;
  std::uint64_t rows_to_load = 0;
  std::uint64_t bytes_loaded = 0;
  std::string applied_position{};
  /// Of the last transaction on the target: row changes that came in, and rows written for them.
  std::uint64_t batch_changes = 0;
  std::uint64_t batch_rows = 0;
  /// What the copy that runs uses now: lanes and the size of its chunks, and whether the
  /// configuration fixes them. Null when none runs.
  nlohmann::json copying{};
  nlohmann::json throttle{};  ///< Throttle::status()
  std::vector<TableProgress> tables{};
  ValidationProgress validation{};
  std::optional<SwitchReport> last_switch{};
  std::optional<base::Error> error{};
};

}  // namespace flyover::migration
