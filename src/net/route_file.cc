#include "net/route_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace flyover::net {
namespace {

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

base::Error route_error(std::string code, const std::filesystem::path& path,
                        const std::string& why) {
  return {.code = std::move(code),
          .side = base::Side::us,
          .action = base::Action::fail,
          .message = fmt::format("route file {}: {}", path.string(), why),
          .hint = "check that state_dir exists, is writable and has free space"};
}

bool write_all(int fd, const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + at, text.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    at += static_cast<std::size_t>(wrote);
  }
  return true;
}

}  // namespace

RouteFile::RouteFile(std::filesystem::path state_dir)
    : directory_(std::move(state_dir)), file_(directory_ / "route.json") {}

base::Result<Route> RouteFile::read() const {
  std::ifstream in(file_);
  if (!in) {
    std::error_code error;
    if (!std::filesystem::exists(file_, error) && !error) return Route{};
    return route_error("route.unreadable", file_, "can not be opened");
  }
  const auto json = nlohmann::json::parse(in, nullptr, false);
  if (!json.is_object() || !json.contains("epoch") || !json["epoch"].is_number_unsigned() ||
      !json.contains("active") || (json["active"] != "source" && json["active"] != "target")) {
    return route_error("route.unreadable", file_, "is malformed");
  }
  return Route{json["epoch"].get<std::uint64_t>(),
               json["active"] == "target" ? base::Side::target : base::Side::source};
}

base::Result<Route> RouteFile::compare_and_set(std::uint64_t expected_epoch,
                                               base::Side active) const {
  FLYOVER_CHECK(active == base::Side::source || active == base::Side::target);
  // The lock is a file of its own because the route file is replaced, not rewritten.
  const auto lock_path = directory_ / "route.lock";
  const Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.ok() || ::flock(lock.get(), LOCK_EX) != 0) {
    return route_error("route.unwritable", lock_path, std::strerror(errno));
  }
  const base::Result<Route> now = read();
  if (!now) return now.error();
  if (now->epoch != expected_epoch) {
    return route_error(
        "route.conflict", file_,
        fmt::format("its epoch is {}, not {}: somebody else changed the route, nothing was done",
                    now->epoch, expected_epoch));
  }
  const Route next{expected_epoch + 1, active};
  const nlohmann::json json = {{"epoch", next.epoch}, {"active", base::to_string(active)}};
  const auto temporary = directory_ / "route.json.new";
  {
    const Descriptor out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!out.ok() || !write_all(out.get(), json.dump() + "\n") || ::fsync(out.get()) != 0) {
      return route_error("route.unwritable", temporary, std::strerror(errno));
    }
  }
  if (::rename(temporary.c_str(), file_.c_str()) != 0) {
    return route_error("route.unwritable", file_, std::strerror(errno));
  }
  const Descriptor directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || ::fsync(directory.get()) != 0) {
    return route_error("route.unwritable", directory_, std::strerror(errno));
  }
  return next;
}

}  // namespace flyover::net
