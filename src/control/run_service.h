#pragma once
// `flyover run`: the migration's runner behind the control socket.

#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>

#include "config/config.h"

namespace flyover::control {

/// Holds the migration for the life of the process. One per state folder: a second one is refused.
class RunService {
 public:
  explicit RunService(const config::Config& config);
  ~RunService();
  RunService(const RunService&) = delete;
  RunService& operator=(const RunService&) = delete;

  /// Carries the migration as far as it goes and then keeps it there, until `finish` or a stop
  /// request. Throws the error that ended it.
  void run(std::stop_token stop);

  /// What `status --json` prints. Thread-safe.
  nlohmann::json status() const;

 private:
  nlohmann::json handle(const nlohmann::json& request);

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Copies a table again: at once through the `run` that holds the migration, else when one starts.
/// Answers {"rows"} or {"text"}.
nlohmann::json reload(const config::Config& config, const std::string& table);

/// Ends the migration: through the `run` that holds it, or, when there is none, by itself.
nlohmann::json finish(const config::Config& config);

/// The assessment on its own. Answers {"blockers":n,"findings":[…],"text":"…"}.
nlohmann::json assess(const config::Config& config);

}  // namespace flyover::control
