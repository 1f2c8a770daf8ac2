#include "control/run_service.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "control/client.h"
#include "control/paths.h"
#include "control/proxy_client.h"
#include "migration/assessment.h"
#include "migration/runner.h"
#include "migration/status_json.h"
#include "net/json_socket.h"

namespace flyover::control {
namespace {

using nlohmann::json;

/// One process per state folder, for as long as it lives; a killed process leaves nothing behind.
class ProcessLock {
 public:
  explicit ProcessLock(const std::filesystem::path& file) {
    std::filesystem::create_directories(file.parent_path());
    fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    if (fd_ >= 0) ::close(fd_);
    base::throw_error({.code = "refused.already_running",
                       .side = base::Side::us,
                       .action = base::Action::pause,
                       .message = "another `flyover run` holds " + file.parent_path().string(),
                       .hint = "`flyover status` shows what it does."});
  }
  ~ProcessLock() { ::close(fd_); }
  ProcessLock(const ProcessLock&) = delete;
  ProcessLock& operator=(const ProcessLock&) = delete;

 private:
  int fd_ = -1;
};

json finished() {
  return {{"text", "finished: the reverse replication ended, the control tables are gone\n"}};
}

}  // namespace

struct RunService::Parts {
  explicit Parts(const config::Config& the_config)
      : config(the_config),
        lock(config.state_dir / "run.lock"),
        traffic(config),
        runner(config, traffic) {}

  const config::Config config;
  ProcessLock lock;
  ProxyClient traffic;
  migration::Runner runner;
};

RunService::RunService(const config::Config& config) : parts_(std::make_unique<Parts>(config)) {}

RunService::~RunService() = default;

void RunService::run(std::stop_token stop) {
  const net::JsonServer server(control_socket(parts_->config),
                               [this](const json& request) { return handle(request); });
  parts_->runner.run(std::move(stop));
}

json RunService::status() const {
  return migration::to_json(parts_->runner.progress());
}

json RunService::handle(const json& request) {
  migration::Runner& runner = parts_->runner;
  const std::string op = request.value("op", "");
  if (op == "status") return status();
  if (op == "verify") {
    return runner.compare(request.value("table", ""), request.value("repair", false));
  }
  if (op == "reload") return {{"rows", runner.reload(request.value("table", ""))}};
  if (op == "cutover") return migration::to_json(runner.cutover());
  if (op == "rollback") return migration::to_json(runner.rollback());
  if (op == "cutover_dry_run") return migration::to_json(runner.readiness());
  if (op == "throttle") {
    return runner.throttle(request.value("limits", json::object()), request.value("reset", false));
  }
  if (op == "finish") {
    runner.finish();
    return finished();
  }
  base::throw_error({.code = "control.unknown_op", .message = "unknown request " + op});
}

json reload(const config::Config& config, const std::string& table) {
  try {
    return call(config, {{"op", "reload"}, {"table", table}}, std::chrono::hours(24 * 30));
  } catch (const base::ErrorException& e) {
    if (e.error().code != kNotRunningCode || !std::filesystem::exists(config.state_dir)) {
      throw;
    }
  }
  const ProcessLock lock(config.state_dir / "run.lock");
  migration::reload_without_run(config, table);
  return {{"text", table + " is copied again when `flyover run` starts\n"}};
}

json finish(const config::Config& config) {
  try {
    return call(config, {{"op", "finish"}}, std::chrono::minutes(2));
  } catch (const base::ErrorException& e) {
    if (e.error().code != kNotRunningCode && e.error().code != kFinishedCode) throw;
  }
  std::optional<ProcessLock> lock;
  if (std::filesystem::exists(config.state_dir)) lock.emplace(config.state_dir / "run.lock");
  migration::finish_without_run(config);
  return finished();
}

json assess(const config::Config& config) {
  return migration::assess_json(config);
}

}  // namespace flyover::control
