#pragma once
// flyover's own tables, in schema `flyover` on both servers.

#include <string>
#include <string_view>
#include <vector>

namespace flyover::schema {

/// The schema of the control tables: left out of everything that is copied, compared or counted.
inline constexpr std::string_view kControlSchema = "flyover";

/// Statements that create the control schema and whatever of its tables is missing. They may be run
/// again at any time, and work on every server from 5.6 on.
///
///   marker         rows written to the source to find a point of its binlog in the stream
///   heartbeat      one row, updated at the source, whose age at the target is the lag
///   checkpoint     up to where a link's transactions are applied without a gap
///   applied        the transactions beyond the checkpoint that are applied already
///   load_chunk     the chunks of the full load that are in the target
///   ddl_step       the statement that changes definitions and is being carried out
///   paused_object  triggers and events that are created or enabled at the cutover
///   borrowed_collation  the own collation of a schema that has another one for a moment
std::vector<std::string> create_control_schema_sql();

}  // namespace flyover::schema
