#include "net/json_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace flyover::net {
namespace {

using Clock = std::chrono::steady_clock;

/// A request or an answer is small; a longer line means that the peer is not ours.
constexpr std::size_t kMaxLine = 256u << 20;

base::Error socket_error(std::string code, const std::filesystem::path& path,
                         const std::string& why, std::string hint = {}) {
  return {.code = std::move(code),
          .side = base::Side::us,
          .action = base::Action::fail,
          .message = fmt::format("control socket {}: {}", path.string(), why),
          .hint = std::move(hint)};
}

/// The address of a socket file. A path too long for sockaddr_un is reached through /proc.
class Address {
 public:
  explicit Address(const std::filesystem::path& path) {
    address_.sun_family = AF_UNIX;
    std::string name = path.string();
    if (name.size() >= sizeof address_.sun_path) {
      const auto parent = path.parent_path();
      directory_ = ::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
      name = fmt::format("/proc/self/fd/{}/{}", directory_, path.filename().string());
      if (name.size() >= sizeof address_.sun_path) {
        base::throw_error(socket_error("socket.unusable", path, "the file name is too long"));
      }
    }
    std::memcpy(address_.sun_path, name.c_str(), name.size() + 1);
  }
  ~Address() {
    if (directory_ >= 0) ::close(directory_);
  }
  Address(const Address&) = delete;
  Address& operator=(const Address&) = delete;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static socklen_t size() { return sizeof(sockaddr_un); }

 private:
  sockaddr_un address_{};
  int directory_ = -1;
};

int new_socket(const std::filesystem::path& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) base::throw_error(socket_error("socket.unusable", path, std::strerror(errno)));
  return fd;
}

/// Waits until `fd` is ready for `events`; false after the deadline.
bool wait_ready(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return false;
  }
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

nlohmann::json answer_to(const JsonHandler& handler, const std::string& line) {
  try {
    const auto request = nlohmann::json::parse(line, nullptr, false);
    if (!request.is_object()) {
      return error_json({.code = "socket.bad_request", .message = "not a JSON object"});
    }
    return handler(request);
  } catch (...) {
    return error_json(base::to_error(std::current_exception()));
  }
}

/// Errors of `answer` as an exception; side and action come back as they were sent.
void throw_if_error(const nlohmann::json& answer) {
  const auto error = answer.find("error");
  if (error == answer.end() || !error->is_object()) return;
  base::Error thrown{.code = error->value("code", "socket.error"),
                     .message = error->value("message", "unknown error"),
                     .hint = error->value("hint", "")};
  for (const auto action : {base::Action::retry, base::Action::pause, base::Action::bug}) {
    if (error->value("action", "") == base::to_string(action)) thrown.action = action;
  }
  for (const auto side : {base::Side::source, base::Side::target, base::Side::endpoint}) {
    if (error->value("side", "") == base::to_string(side)) thrown.side = side;
  }
  base::throw_error(std::move(thrown));
}

}  // namespace

std::string json_text(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json error_json(const base::Error& error) {
  return {{"error",
           {{"code", error.code},
            {"side", base::to_string(error.side)},
            {"action", base::to_string(error.action)},
            {"message", error.message},
            {"hint", error.hint}}}};
}

JsonServer::JsonServer(std::filesystem::path path, JsonHandler handler)
    : path_(std::move(path)), handler_(std::move(handler)) {
  const Address address(path_);
  const int probe = new_socket(path_);
  const bool in_use = ::connect(probe, address.get(), Address::size()) == 0;
  ::close(probe);
  if (in_use) {
    base::throw_error(socket_error("socket.in_use", path_, "another process listens on it",
                                   "only one process per state_dir may serve it"));
  }
  ::unlink(path_.c_str());
  listener_ = new_socket(path_);
  const mode_t mask = ::umask(0077);
  const bool bound = ::bind(listener_, address.get(), Address::size()) == 0;
  const int bind_errno = errno;
  ::umask(mask);
  if (!bound || ::listen(listener_, 64) != 0 || ::pipe2(wake_, O_CLOEXEC) != 0) {
    const int cause = bound ? errno : bind_errno;
    ::close(listener_);
    base::throw_error(socket_error("socket.unusable", path_, std::strerror(cause),
                                   "check that state_dir exists and is writable"));
  }
  accepting_ = std::jthread([this](std::stop_token stop) { accept_loop(std::move(stop)); });
}

JsonServer::~JsonServer() {
  accepting_.request_stop();
  if (::write(wake_[1], "x", 1) != 1) base::log::error("socket.wake", "{}", std::strerror(errno));
  accepting_.join();
  ::close(listener_);
  ::unlink(path_.c_str());
  {
    const std::lock_guard lock(mutex_);
    for (Connection& connection : connections_) {
      if (!connection.finished) ::shutdown(connection.fd, SHUT_RD);
    }
  }
  for (Connection& connection : connections_) connection.thread.join();
  ::close(wake_[0]);
  ::close(wake_[1]);
}

void JsonServer::accept_loop(std::stop_token stop) {
  while (!stop.stop_requested()) {
    pollfd entries[] = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0 && errno != EINTR) {
      base::log::error("socket.poll", "{}: {}", path_.string(), std::strerror(errno));
      return;
    }
    if (stop.stop_requested()) return;
    remove_finished();
    if (!(entries[0].revents & POLLIN)) continue;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      // Out of descriptors, most likely: give those who have some the time to finish.
      if (errno != EINTR && errno != ECONNABORTED) ::poll(&entries[1], 1, 100);
      continue;
    }
    const std::lock_guard lock(mutex_);
    Connection& connection = connections_.emplace_back();
    connection.fd = fd;
    connection.thread = std::jthread([this, &connection] { serve(connection); });
  }
}

void JsonServer::serve(Connection& connection) {
  std::string buffer;
  char chunk[16384];
  bool open = true;
  while (open && buffer.size() < kMaxLine) {
    const ssize_t got = ::recv(connection.fd, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    buffer.append(chunk, static_cast<std::size_t>(got));
    for (auto end = buffer.find('\n'); open && end != std::string::npos; end = buffer.find('\n')) {
      const std::string line = buffer.substr(0, end);
      buffer.erase(0, end + 1);
      open = send_all(connection.fd, json_text(answer_to(handler_, line)) + "\n");
    }
  }
  const std::lock_guard lock(mutex_);
  ::close(connection.fd);
  connection.finished = true;
}

void JsonServer::remove_finished() {
  const std::lock_guard lock(mutex_);
  connections_.remove_if([](const Connection& connection) { return connection.finished; });
}

nlohmann::json json_call(const std::filesystem::path& path, const nlohmann::json& request,
                         std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  const Address address(path);
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } const socket{new_socket(path)};
  if (::connect(socket.fd, address.get(), Address::size()) != 0) {
    const bool nobody = errno == ENOENT || errno == ECONNREFUSED;
    base::throw_error(socket_error(nobody ? "socket.nobody" : "socket.broken", path,
                                   nobody ? "nobody listens" : std::strerror(errno),
                                   nobody ? "start the process that serves it first" : ""));
  }
  if (!send_all(socket.fd, json_text(request) + "\n")) {
    base::throw_error(socket_error("socket.broken", path, "the request could not be sent"));
  }
  std::string buffer;
  char chunk[16384];
  while (buffer.find('\n') == std::string::npos) {
    if (!wait_ready(socket.fd, POLLIN, deadline)) {
      base::throw_error(socket_error("socket.timeout", path,
                                     fmt::format("no answer within {} ms", timeout.count()),
                                     "the process is busy or stuck: look at its log"));
    }
    const ssize_t got = ::recv(socket.fd, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || buffer.size() > kMaxLine) {
      base::throw_error(socket_error("socket.broken", path, "closed before the answer came",
                                     "the process ended: look at its log"));
    }
    buffer.append(chunk, static_cast<std::size_t>(got));
  }
  auto answer = nlohmann::json::parse(buffer.substr(0, buffer.find('\n')), nullptr, false);
  if (answer.is_discarded()) {
    base::throw_error(socket_error("socket.broken", path, "the answer is not JSON"));
  }
  throw_if_error(answer);
  return answer;
}

}  // namespace flyover::net
