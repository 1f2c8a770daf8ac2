#pragma once
// Result<T>: a value or an Error, for outcomes the caller branches on (decoders, proxy data path).
// Shaped like std::expected, which g++ 12 does not have in C++20 mode.

#include <utility>
#include <variant>

#include "base/error.h"

namespace flyover::base {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { return std::get<1>(state_); }

  /// The value, or the error thrown as ErrorException.
  T value_or_throw() && {
    if (!ok()) throw_error(std::move(std::get<1>(state_)));
    return std::get<0>(std::move(state_));
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace flyover::base
