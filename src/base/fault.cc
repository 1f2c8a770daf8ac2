#include "base/fault.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.h"

namespace flyover::base {
namespace {

struct Armed {
  std::string action;
  std::string argument;
  int at_hit = 0;  // 0: every time
  int hits = 0;
};

std::map<std::string, Armed, std::less<>> parse_environment() {
  std::map<std::string, Armed, std::less<>> points;
  const char* text = std::getenv("FLYOVER_FAULTS");  // NOLINT(concurrency-mt-unsafe)
  std::string_view rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view action = item.substr(equals + 1);
    Armed armed;
    if (const std::size_t at = action.rfind('@'); at != std::string_view::npos) {
      armed.at_hit = std::atoi(std::string(action.substr(at + 1)).c_str());
      action = action.substr(0, at);
    }
    if (const std::size_t colon = action.find(':'); colon != std::string_view::npos) {
      armed.argument = action.substr(colon + 1);
      action = action.substr(0, colon);
    }
    armed.action = action;
    points.emplace(item.substr(0, equals), armed);
  }
  return points;
}

void wait_for_file(const std::string& file) {
  std::ofstream(file + ".reached").flush();
  while (!std::filesystem::exists(file)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace

void fault_point(std::string_view name) {
  static std::mutex mutex;
  static auto points = parse_environment();
  if (points.empty()) return;
  Armed armed;
  {
    std::unique_lock lock(mutex);
    const auto found = points.find(name);
    if (found == points.end()) return;
    ++found->second.hits;
    if (found->second.at_hit != 0 && found->second.hits != found->second.at_hit) return;
    armed = found->second;
  }
  if (armed.action == "kill") ::kill(::getpid(), SIGKILL);
  if (armed.action == "delay") {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(armed.argument.c_str())));
  }
  if (armed.action == "wait") wait_for_file(armed.argument);
  if (armed.action == "fail" || armed.action == "retry") {
    throw_error({.code = "fault.injected",
                 .action = armed.action == "fail" ? Action::fail : Action::retry,
                 .message = "fault point " + std::string(name)});
  }
}

}  // namespace flyover::base
