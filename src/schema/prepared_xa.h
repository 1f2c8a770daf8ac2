#pragma once
// XA transactions that are prepared on a server: neither committed nor gone.

#include <set>
#include <string>

#include "db/connection.h"

namespace flyover::schema {

/// Their identifiers, written as the binary log and XA COMMIT write them: x'7831',x'',1. Needs the
/// right XA_RECOVER_ADMIN on servers that have it.
std::set<std::string> prepared_xa(db::Connection& connection);

/// "x'7831',x'',1 and 3 more": for messages.
std::string describe_xa(const std::set<std::string>& identifiers);

}  // namespace flyover::schema
