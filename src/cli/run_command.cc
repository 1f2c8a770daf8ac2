// `flyover run` in the foreground: the signals, the log and the live display around the service.
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <thread>

#include "base/log.h"
#include "base/task_group.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "control/run_service.h"
#include "net/json_socket.h"

namespace flyover::cli {
namespace {

using namespace std::chrono_literals;

/// Turns SIGINT and SIGTERM into a stop request: the first ends the work in an orderly way.
void watch_signals(const sigset_t& signals, base::TaskGroup& group, std::stop_source& work) {
  group.start("signals", [&signals, &work](std::stop_token stop) {
    const timespec interval{.tv_sec = 0, .tv_nsec = 200'000'000};
    while (!stop.stop_requested()) {
      if (sigtimedwait(&signals, nullptr, &interval) > 0) {
        base::log::info("run.stopping", "signal received; what is done stays done");
        work.request_stop();
      }
    }
  });
}

void show(const control::RunService& service, bool json, bool terminal) {
  const nlohmann::json status = service.status();
  if (json) {
    std::cout << net::json_text(status) << std::endl;
  } else if (terminal) {
    winsize size{};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    std::cout << "\x1b[H\x1b[2J" << render_status(status, size.ws_col) << std::flush;
  } else {
    std::cout << render_status_line(status) << std::endl;
  }
}

}  // namespace

int run_migration(const config::Config& config, const Invocation& call) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const bool terminal = !call.json && isatty(STDOUT_FILENO) != 0;
  std::filesystem::create_directories(config.state_dir);
  base::log::configure(!terminal, config.state_dir / "flyover.log");

  control::RunService service(config);
  std::stop_source work;
  base::TaskGroup group;
  watch_signals(signals, group, work);
  group.start("display", [&](std::stop_token stop) {
    while (base::sleep_for(terminal ? 500ms : 2000ms, stop)) show(service, call.json, terminal);
  });
  service.run(work.get_token());
  group.request_stop();
  group.join();
  show(service, call.json, terminal);
  return kDone;
}

}  // namespace flyover::cli
