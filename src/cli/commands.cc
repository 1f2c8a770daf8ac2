#include "cli/commands.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "cli/render.h"
#include "control/client.h"
#include "control/run_service.h"
#include "net/json_socket.h"

namespace flyover::cli {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// A comparison or a reload takes as long as the tables are large; its progress is seen in status.
constexpr auto kNoTimeout = std::chrono::hours(24 * 30);

void print(const json& value, bool as_json, const std::string& text) {
  if (as_json) {
    std::cout << net::json_text(value, 2) << std::endl;
  } else {
    std::cout << text << std::flush;
  }
}

int terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 120;
}

int switch_command(const config::Config& config, const Invocation& call, const json& request) {
  const json report = control::call(config, request, kNoTimeout);
  print(report, call.json, render_switch(report));
  return report.at("succeeded").get<bool>() ? kDone : kAnswerIsNo;
}

}  // namespace

int assess(const config::Config& config, const Invocation& call) {
  const json report = control::assess(config);
  print(report, call.json, report.at("text").get<std::string>());
  return report.at("blockers").get<int>() == 0 ? kDone : kAnswerIsNo;
}

int status(const config::Config& config, const Invocation& call) {
  while (true) {
    const json value = control::status(config);
    const bool terminal = call.watch && !call.json && isatty(STDOUT_FILENO) != 0;
    const std::string clear_screen = terminal ? "\x1b[H\x1b[2J" : "";
    print(value, call.json, clear_screen + render_status(value, terminal_width()));
    const std::string phase = value.at("phase");
    if (!call.watch || phase == "finished" || phase == "failed") return kDone;
    std::this_thread::sleep_for(1s);
  }
}

int verify(const config::Config& config, const Invocation& call) {
  const json report = control::call(
      config, {{"op", "verify"}, {"table", call.table}, {"repair", call.repair}}, kNoTimeout);
  print(report, call.json, render_verify(report));
  return report.at("equal").get<bool>() ? kDone : kAnswerIsNo;
}

int reload(const config::Config& config, const Invocation& call) {
  const json report = control::reload(config, call.table);
  const std::string done = report.contains("rows")
                               ? fmt::format("{} copied again: {} rows\n", call.table,
                                             report["rows"].get<std::uint64_t>())
                               : report.at("text").get<std::string>();
  print(report, call.json, done);
  return kDone;
}

int throttle(const config::Config& config, const Invocation& call) {
  const json state = control::call(
      config, {{"op", "throttle"}, {"limits", call.limits}, {"reset", call.reset}}, 60s);
  print(state, call.json, render_throttle(state));
  return kDone;
}

int cutover(const config::Config& config, const Invocation& call) {
  if (!call.dry_run) return switch_command(config, call, {{"op", "cutover"}});
  const json plan = control::call(config, {{"op", "cutover_dry_run"}}, 60s);
  print(plan, call.json, plan.at("text").get<std::string>());
  return plan.at("ready").get<bool>() ? kDone : kAnswerIsNo;
}

int rollback(const config::Config& config, const Invocation& call) {
  return switch_command(config, call, {{"op", "rollback"}});
}

int finish(const config::Config& config, const Invocation& call) {
  const json report = control::finish(config);
  print(report, call.json, report.at("text").get<std::string>());
  return kDone;
}

}  // namespace flyover::cli
