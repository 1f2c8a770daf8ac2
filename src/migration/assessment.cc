#include "migration/assessment.h"

#include <filesystem>

#include "migration/endpoints.h"
#include "migration/phase.h"
#include "migration/state_keys.h"
#include "migration/status_file.h"
#include "store/state_store.h"

namespace flyover::migration {
namespace {

bool has_begun(const config::Config& config) {
  if (!std::filesystem::exists(state_file(config))) return false;
  store::StateStore state(state_file(config));
  return state.get(kPhaseKey).value_or(std::string(to_string(Phase::assessing))) !=
         to_string(Phase::assessing);
}

}  // namespace

assess::AssessContext assess_context(const config::Config& config, std::stop_token stop) {
  const Endpoints endpoints = make_endpoints(config);
  assess::AssessContext context;
  context.source = endpoints.source;
  context.target = endpoints.target;
  context.selection = {config.tables_include, config.tables_exclude};
  context.migration = config.name;
  for (const config::ProxyUser& user : config.proxy_users) {
    context.proxy_users.push_back({user.name, user.password});
  }
  context.options.target_must_be_empty = !has_begun(config);
  context.options.lock_ms_max = static_cast<std::uint64_t>(config.load_lock_ms_max);
  context.stop = std::move(stop);
  return context;
}

nlohmann::json assess_json(const config::Config& config) {
  const assess::Report report = assess::run_assessment(assess_context(config, {}));
  nlohmann::json json = nlohmann::json::parse(report.json());
  json["text"] = report.text();
  return json;
}

}  // namespace flyover::migration
