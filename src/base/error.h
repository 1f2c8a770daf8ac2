#pragma once
// Errors that carry a decision: what went wrong, on which side, and what the caller should do.

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace flyover::base {

/// Where the cause of an error lies.
enum class Side { source, target, endpoint, us };

/// What whoever owns the unit of work should do about it. Never decided on message text.
enum class Action {
  retry,  ///< transient: repeat the whole unit of work after a pause
  pause,  ///< a person must act; nothing is lost, going on later is safe
  fail,   ///< the migration can not go on
  bug     ///< flyover itself is wrong: stop loudly
};

std::string_view to_string(Side side);
std::string_view to_string(Action action);

/// One error, written for an administrator: `message` says what and where, `hint` what to do.
struct Error {
  std::string code{};  ///< stable id such as "source.access_denied"
  Side side = Side::us;
  Action action = Action::fail;
  std::string message{};
  std::string hint{};
  std::uint32_t mysql_errno = 0;
  std::string sqlstate{};

  /// "message (hint)"; never contains a password.
  std::string text() const;
};

/// The exception that ends a unit of work (a chunk, an applied transaction, a request).
/// Caught once per unit, in the loop that owns the decision.
class ErrorException : public std::exception {
 public:
  explicit ErrorException(Error error);
  const char* what() const noexcept override { return text_.c_str(); }
  const Error& error() const { return error_; }

 private:
  Error error_;
  std::string text_;
};

[[noreturn]] void throw_error(Error error);

/// An invariant of flyover's own does not hold. On in release builds: throws with Action::bug, so
/// that the unit of work ends before anything wrong is written. Never used on input.
[[noreturn]] void invariant_failed(const char* expression, const char* file, int line);

/// The Error of any exception; one that is not an ErrorException becomes Action::bug.
Error to_error(const std::exception_ptr& exception);

}  // namespace flyover::base

#define FLYOVER_CHECK(expression) \
  ((expression) ? void(0) : ::flyover::base::invariant_failed(#expression, __FILE__, __LINE__))
