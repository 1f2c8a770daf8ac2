#pragma once
// Control over a unix socket: one JSON object per line, one answer line per request line.

#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <thread>

#include "base/error.h"

namespace flyover::net {

/// Answers a request. Runs on the thread of the connection, so several may run at once. An
/// exception is answered as {"error":{...}}, the shape of error_json().
using JsonHandler = std::function<nlohmann::json(const nlohmann::json& request)>;

/// {"error":{"code","side","action","message","hint"}}
nlohmann::json error_json(const base::Error& error);

/// The value as text. Bytes that are no UTF-8, as error messages of servers may quote them, become
/// U+FFFD.
std::string json_text(const nlohmann::json& value, int indent = -1);

/// Serves a unix socket with plain blocking threads, one per connection, from construction to
/// destruction. The socket is readable and writable by the owner only.
class JsonServer {
 public:
  /// Listens on `path`. A socket file nobody listens on any more is replaced.
  /// Throws "socket.in_use" when another process serves it, "socket.unusable" otherwise.
  JsonServer(std::filesystem::path path, JsonHandler handler);

  /// Stops listening, removes the file, and waits for the handlers that still run.
  ~JsonServer();
  JsonServer(const JsonServer&) = delete;
  JsonServer& operator=(const JsonServer&) = delete;

 private:
  struct Connection {
    int fd = -1;
    std::jthread thread{};
    bool finished = false;  ///< guarded by mutex_
  };

  void accept_loop(std::stop_token stop);
  void serve(Connection& connection);
  void remove_finished();

  const std::filesystem::path path_;
  const JsonHandler handler_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::mutex mutex_;
  std::list<Connection> connections_;
  std::jthread accepting_;
};

/// Sends one request and waits for its answer. Thread-safe.
/// Throws "socket.nobody" when nobody listens, "socket.timeout", "socket.broken", and an error
/// with the code of the answer when the answer is an error_json().
nlohmann::json json_call(const std::filesystem::path& path, const nlohmann::json& request,
                         std::chrono::milliseconds timeout);

}  // namespace flyover::net
