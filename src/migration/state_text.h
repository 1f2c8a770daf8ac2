#pragma once
// JSON for the state database.

#include <nlohmann/json.hpp>
#include <string>

namespace flyover::migration {

/// Where texts for people hold bytes that are no UTF-8 (statements that were cut, or that are in
/// another character set), U+FFFD stands for them.
inline std::string state_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace flyover::migration
