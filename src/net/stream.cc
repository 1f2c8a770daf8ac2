#include "net/stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <utility>

namespace flyover::net {
namespace {

constexpr std::size_t kFirstBuffer = 16 * 1024;
constexpr std::size_t kLargestBuffer = 256 * 1024;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)), buffer_(kFirstBuffer) {
  ErrorCode ignored;
  if (socket_.is_open()) socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<ErrorCode> Stream::connect(std::string host, std::uint16_t port) {
  asio::ip::tcp::resolver resolver(socket_.get_executor());
  auto [resolve_error, endpoints] =
      co_await resolver.async_resolve(host, std::to_string(port), kTuple);
  if (resolve_error) co_return resolve_error;
  auto [error, endpoint] = co_await asio::async_connect(socket_, endpoints, kTuple);
  if (error) co_return error;
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  co_return ErrorCode{};
}

asio::awaitable<ErrorCode> Stream::start_tls(asio::ssl::context& context, std::string host,
                                             bool check_host) {
  tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, context);
  if (check_host) tls_->set_verify_callback(asio::ssl::host_name_verification(host));
  // Fails for an address, for which there is no server name indication anyway.
  SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
  auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kTuple);
  co_return error;
}

void Stream::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < buffer_.size()) return;
  if (begin_ > 0) {
    std::copy(data(), data() + size(), buffer_.data());
    end_ -= begin_;
    begin_ = 0;
    return;
  }
  buffer_.resize(buffer_.size() * 2);
}

asio::awaitable<ErrorCode> Stream::fill() {
  make_room();
  const auto room = asio::buffer(buffer_.data() + end_, buffer_.size() - end_);
  ErrorCode error;
  std::size_t got = 0;
  if (tls_) {
    std::tie(error, got) = co_await tls_->async_read_some(room, kTuple);
  } else {
    std::tie(error, got) = co_await socket_.async_read_some(room, kTuple);
  }
  end_ += got;
  // A full read means that more is waiting: read it in larger pieces.
  if (got == room.size() && buffer_.size() < kLargestBuffer) buffer_.resize(buffer_.size() * 2);
  co_return error;
}

asio::awaitable<ErrorCode> Stream::fill_to(std::size_t size) {
  while (this->size() < size) {
    const ErrorCode error = co_await fill();
    if (error) co_return error;
  }
  co_return ErrorCode{};
}

asio::awaitable<ErrorCode> Stream::write(std::string_view bytes) {
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  if (tls_) {
    auto [error, sent] = co_await asio::async_write(*tls_, buffer, kTuple);
    co_return error;
  }
  auto [error, sent] = co_await asio::async_write(socket_, buffer, kTuple);
  co_return error;
}

void Stream::consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  if (buffer_.size() > kLargestBuffer) {
    buffer_.resize(kFirstBuffer);
    buffer_.shrink_to_fit();
  }
}

bool Stream::peer_closed() {
  if (!socket_.is_open()) return true;
  char byte = 0;
  const ssize_t got =
      ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void Stream::close() {
  ErrorCode ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

Deadline::Deadline(const asio::any_io_executor& executor, std::chrono::milliseconds limit,
                   std::function<void()> expired)
    : timer_(executor, limit),
      alive_(std::make_shared<bool>(true)),
      expired_(std::make_shared<bool>(false)) {
  timer_.async_wait([alive = alive_, fired = expired_, expired](const ErrorCode& error) {
    if (error || !*alive) return;
    *fired = true;
    expired();
  });
}

Deadline::~Deadline() {
  *alive_ = false;
}

Signal::Signal(const asio::any_io_executor& executor)
    : timer_(executor, asio::steady_timer::time_point::max()) {}

asio::awaitable<void> Signal::wait() {
  co_await timer_.async_wait(kTuple);
}

asio::awaitable<void> pause(std::chrono::milliseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(kTuple);
}

}  // namespace flyover::net
