#pragma once
// The command line as data: commands and their options, and the help made from them.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"

namespace flyover::cli {

/// What the user asked for.
struct Invocation {
  std::string config_file{};
  bool json = false;
  bool watch = false;
  bool dry_run = false;
  bool repair = false;
  std::string table{};  ///< "schema.table" or ""
  bool reset = false;
  std::map<std::string, std::int64_t> limits{};  ///< of [throttle], by key
};

/// Exit codes of every command.
inline constexpr int kDone = 0;
inline constexpr int kAnswerIsNo = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kFailed = 3;

/// What stands above this module and is handed in by main.
struct Collaborators {
  std::function<int(const config::Config&, bool json)> run_proxy;
};

/// Parses, runs the command and answers the exit code. Every error ends here, as text on stderr or,
/// with --json, as {"error":{…}} on stdout.
int run(int argc, char** argv, const Collaborators& collaborators);

}  // namespace flyover::cli
