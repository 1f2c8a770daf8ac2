#pragma once
// What a server's or the client library's error number means for the unit of work.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace flyover::db {

/// Classifies by number, never by text. `where`: "source 10.0.0.1:3306".
base::Error mysql_error(base::Side side, std::uint32_t number, std::string_view sqlstate,
                        std::string_view message, std::string_view where,
                        std::string_view statement);

}  // namespace flyover::db
