#pragma once
// What each command does. All answer an exit code and throw what they can not resolve.

#include "cli/command_line.h"
#include "config/config.h"

namespace flyover::cli {

int assess(const config::Config& config, const Invocation& call);
int run_migration(const config::Config& config, const Invocation& call);
int status(const config::Config& config, const Invocation& call);
int verify(const config::Config& config, const Invocation& call);
int reload(const config::Config& config, const Invocation& call);
int throttle(const config::Config& config, const Invocation& call);
int cutover(const config::Config& config, const Invocation& call);
int rollback(const config::Config& config, const Invocation& call);
int finish(const config::Config& config, const Invocation& call);

}  // namespace flyover::cli
