#include "proxy/proxy.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <future>

#include "base/log.h"
#include "mysql/packet.h"
#include "mysql/response.h"
#include "net/json_socket.h"
#include "proxy/endpoint.h"

namespace flyover::proxy {
namespace {

base::Error bad_request(const std::string& why) {
  return {.code = "proxy.bad_request",
          .side = base::Side::endpoint,
          .action = base::Action::bug,
          .message = "a request to the proxy is malformed: " + why};
}

std::uint64_t number(const nlohmann::json& request, const char* name) {
  const auto found = request.find(name);
  if (found == request.end() || !found->is_number_unsigned()) {
    base::throw_error(bad_request(fmt::format("{} must be a number from 0", name)));
  }
  return found->get<std::uint64_t>();
}

base::Side side(const nlohmann::json& request) {
  const auto found = request.find("side");
  if (found != request.end() && *found == "source") return base::Side::source;
  if (found != request.end() && *found == "target") return base::Side::target;
  base::throw_error(bad_request("side must be source or target"));
}

/// Runs on the proxy's thread.
Task<nlohmann::json> answer(Endpoint& endpoint, nlohmann::json request) {
  const auto op = request.find("op");
  const std::string name = op != request.end() && op->is_string() ? op->get<std::string>() : "";
  if (name == "status") co_return endpoint.status();
  if (name == "hold") {
    co_return endpoint.hold(number(request, "epoch"),
                            std::chrono::milliseconds(number(request, "limit_ms")),
                            std::chrono::milliseconds(number(request, "max_hold_ms")));
  }
  if (name == "drained") co_return co_await endpoint.drained();
  if (name == "prepare") co_return co_await endpoint.prepare(side(request));
  if (name == "unprepare") co_return endpoint.drop_prepared();
  if (name == "close_unmovable") co_return endpoint.close_unmovable();
  if (name == "release") {
    co_return co_await endpoint.release(side(request), number(request, "epoch"));
  }
  base::throw_error(bad_request(fmt::format("there is no op '{}'", name)));
}

/// Can destroy pending coroutines while everything they refer to still lives.
class Context : public asio::io_context {
 public:
  Context() : asio::io_context(1) {}
  void abandon_all() { shutdown(); }
};

}  // namespace

class Proxy::Impl {
 public:
  explicit Impl(Options options)
      : options_(std::move(options)), acceptor_(io_), endpoint_(checked(io_, options_)) {
    listen();
    admin_ = std::make_unique<net::JsonServer>(
        options_.state_dir / "proxy.sock",
        [this](const nlohmann::json& request) { return ask(request); });
  }

  ~Impl() {
    finished_ = true;
    admin_.reset();
    io_.abandon_all();
  }

  std::uint16_t port() const { return port_; }

  void run() {
    asio::signal_set signals(io_, SIGINT, SIGTERM);
    signals.async_wait([this](const net::ErrorCode& error, int) {
      if (!error) begin_stop();
    });
    asio::co_spawn(io_, accept(), asio::detached);
    base::log::info("proxy.listening", "{}:{}, leading to the {} (epoch {})", options_.listen_host,
                    port_, base::to_string(endpoint_.gate().active()), endpoint_.gate().epoch());
    io_.run();
    finished_ = true;
    admin_.reset();
    base::log::info("proxy.ended", "all sessions are closed");
  }

  void stop() {
    asio::post(io_, [this] { begin_stop(); });
  }

 private:
  static Endpoint checked(asio::io_context& io, const Options& options) {
    if (options.users.empty()) {
      base::throw_error({.code = "proxy.no_users",
                         .side = base::Side::endpoint,
                         .message = "the proxy knows no users, so nobody could log in",
                         .hint = "add [[proxy.users]] with name and password"});
    }
    return Endpoint(io, options);
  }

  void listen() {
    net::ErrorCode error;
    asio::ip::tcp::resolver resolver(io_);
    const auto found =
        resolver.resolve(options_.listen_host, std::to_string(options_.listen_port), error);
    if (!error && !found.empty()) {
      const asio::ip::tcp::endpoint address = *found.begin();
      acceptor_.open(address.protocol(), error);
      if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
      if (!error) acceptor_.bind(address, error);
      if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      base::throw_error({.code = "proxy.listen",
                         .side = base::Side::endpoint,
                         .message = fmt::format("can not listen on {}:{}: {}", options_.listen_host,
                                                options_.listen_port, error.message()),
                         .hint = "check proxy.listen, and that no other process uses the port"});
    }
    port_ = acceptor_.local_endpoint().port();
  }

  Task<void> accept() {
    constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
    while (acceptor_.is_open()) {
      auto [error, socket] = co_await acceptor_.async_accept(tuple);
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        // Most likely out of descriptors: existing sessions go on.
        base::log::error("proxy.accept", "{}", error.message());
        co_await net::pause(std::chrono::milliseconds(100));
        continue;
      }
      if (endpoint_.session_count() >= options_.max_sessions) {
        asio::co_spawn(io_, refuse(std::move(socket)), asio::detached);
        continue;
      }
      asio::co_spawn(io_, endpoint_.serve(std::move(socket)), [](std::exception_ptr exception) {
        if (exception) base::log::error("proxy.session", "{}", base::to_error(exception).text());
      });
    }
  }

  Task<void> refuse(asio::ip::tcp::socket socket) {
    net::Stream stream(std::move(socket));
    const mysql::ErrPacket err{
        .code = 1040, .sqlstate = "08004", .message = "Too many connections at the flyover proxy"};
    (void)co_await stream.write(mysql::make_packet(mysql::encode(err), 0));
  }

  void begin_stop() {
    if (stopping_) return;
    stopping_ = true;
    net::ErrorCode ignored;
    acceptor_.close(ignored);
    asio::co_spawn(io_, endpoint_.shut_down(), [this](std::exception_ptr) {
      // Give the last packets a turn before everything ends.
      asio::post(io_, [this] { io_.stop(); });
    });
  }

  /// Runs on a thread of the control socket and waits for the proxy's thread.
  nlohmann::json ask(const nlohmann::json& request) {
    auto promise = std::make_shared<std::promise<nlohmann::json>>();
    auto future = promise->get_future();
    asio::co_spawn(io_, answer(endpoint_, request),
                   [promise](std::exception_ptr exception, nlohmann::json json) {
                     if (exception) {
                       promise->set_exception(exception);
                     } else {
                       promise->set_value(std::move(json));
                     }
                   });
    while (future.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
      if (finished_) {
        base::throw_error({.code = "proxy.ending",
                           .side = base::Side::endpoint,
                           .message = "the proxy is ending"});
      }
    }
    return future.get();
  }

  const Options options_;
  Context io_;
  asio::ip::tcp::acceptor acceptor_;
  Endpoint endpoint_;
  std::uint16_t port_ = 0;
  bool stopping_ = false;
  std::atomic<bool> finished_ = false;
  std::unique_ptr<net::JsonServer> admin_;
};

Proxy::Proxy(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Proxy::~Proxy() = default;
std::uint16_t Proxy::port() const {
  return impl_->port();
}
void Proxy::run() {
  impl_->run();
}
void Proxy::stop() {
  impl_->stop();
}

}  // namespace flyover::proxy
