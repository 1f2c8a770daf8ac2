#pragma once
// Settings of the state database that several files of this module read and write.

#include <string_view>

namespace flyover::migration {

inline constexpr std::string_view kPhaseKey = "phase";
/// Text of the error that ended the last `flyover run`; "" while one goes on.
inline constexpr std::string_view kErrorKey = "error";
/// AppliedCounts::text().
inline constexpr std::string_view kAppliedCountsKey = "link.counts";
inline constexpr std::string_view kLastSwitchKey = "switch.last";
/// "schema.table" that a reload emptied and did not fill again yet; "" when there is none.
inline constexpr std::string_view kPendingReloadKey = "reload.pending";
/// Pattern of tables that `flyover reload` was asked to copy again while no process was there.
inline constexpr std::string_view kAskedReloadKey = "reload.asked";
/// "yes" from when a table is suspended until every table was compared.
inline constexpr std::string_view kUnprovedKey = "reload.unproved";

/// What `flyover throttle` changed, as JSON; "": nothing, the configuration holds.
inline constexpr std::string_view kThrottleKey = "throttle";

}  // namespace flyover::migration
