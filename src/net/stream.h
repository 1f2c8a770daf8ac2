#pragma once
// A TCP connection with an input buffer, plain or inside TLS, for Asio coroutines.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Two errors of g++ 12 in coroutines are worked around wherever this is included: `while (co_await`
// and a temporary made by `?:` inside a co_await expression destroy things twice. Name the value
// first.

// g++ 12 takes Asio's coroutine frames, allocated and freed by Asio's own operators, for a mismatch
// and says so at the end of the coroutines of whoever includes this.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace flyover::net {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

/// Belongs to one io_context thread. One read and one write may be in flight at a time. Bytes read
/// stay in the buffer until consumed; the buffer grows as far as reserve() asks.
class Stream {
 public:
  explicit Stream(asio::ip::tcp::socket socket);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { close(); }

  /// Resolves and connects; sets TCP_NODELAY.
  asio::awaitable<ErrorCode> connect(std::string host, std::uint16_t port);

  /// Continues inside TLS as a client. `host` is checked against the certificate when
  /// `check_host`. The context must outlive the stream.
  asio::awaitable<ErrorCode> start_tls(asio::ssl::context& context, std::string host,
                                       bool check_host);
  bool uses_tls() const { return tls_ != nullptr; }

  /// Reads what is there, at least one byte, behind the bytes of the buffer.
  asio::awaitable<ErrorCode> fill();
  /// Reads until the buffer holds at least `size` bytes.
  asio::awaitable<ErrorCode> fill_to(std::size_t size);
  asio::awaitable<ErrorCode> write(std::string_view bytes);

  char* data() { return buffer_.data() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  std::string_view view() const { return {buffer_.data() + begin_, size()}; }
  void consume(std::size_t bytes);

  /// True when the peer has closed the connection and nothing is left to read from the socket;
  /// bytes in the buffer do not count. Never blocks.
  bool peer_closed();

  /// Ends pending operations with an error. May be called more than once.
  void close();
  bool is_open() const { return socket_.is_open(); }
  asio::ip::tcp::socket& socket() { return socket_; }

 private:
  void make_room();

  asio::ip::tcp::socket socket_;
  std::unique_ptr<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Calls `expired` unless destroyed before `limit` has passed.
class Deadline {
 public:
  Deadline(const asio::any_io_executor& executor, std::chrono::milliseconds limit,
           std::function<void()> expired);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  bool has_expired() const { return *expired_; }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<bool> alive_;    // shared with the pending handler, which may run after us
  std::shared_ptr<bool> expired_;  // likewise
};

/// A condition of one io_context thread: coroutines wait, others notify. Check the condition,
/// then wait: nothing can happen in between on one thread.
class Signal {
 public:
  explicit Signal(const asio::any_io_executor& executor);
  asio::awaitable<void> wait();
  void notify_all() { timer_.cancel(); }
  void notify_one() { timer_.cancel_one(); }

 private:
  asio::steady_timer timer_;
};

/// Waits without blocking the thread.
asio::awaitable<void> pause(std::chrono::milliseconds duration);

}  // namespace flyover::net
