#include "migration/log_record.h"

#include <nlohmann/json.hpp>

namespace flyover::migration {
namespace {

std::string key_of(const std::string& link) {
  return "log.history." + link;
}

}  // namespace

stream::LogHistory recorded_history(store::StateStore& state, const std::string& link) {
  const auto text = state.get(key_of(link));
  if (!text) return {};
  const nlohmann::json json = nlohmann::json::parse(*text);
  return {.server_uuid = json.at("server_uuid"), .begun_s = json.at("begun_s")};
}

void record_history(store::StateStore& state, const std::string& link,
                    const stream::LogHistory& history) {
  state.set(
      key_of(link),
      nlohmann::json{{"server_uuid", history.server_uuid}, {"begun_s", history.begun_s}}.dump());
}

}  // namespace flyover::migration
