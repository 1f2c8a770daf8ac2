#include "base/error.h"

#include <fmt/format.h>

#include <utility>

namespace flyover::base {

std::string_view to_string(Side side) {
  switch (side) {
    case Side::source:
      return "source";
    case Side::target:
      return "target";
    case Side::endpoint:
      return "endpoint";
    case Side::us:
      return "flyover";
  }
  return "?";
}

std::string_view to_string(Action action) {
  switch (action) {
    case Action::retry:
      return "retry";
    case Action::pause:
      return "pause";
    case Action::fail:
      return "fail";
    case Action::bug:
      return "bug";
  }
  return "?";
}

std::string Error::text() const {
  return hint.empty() ? message : fmt::format("{}\n  {}", message, hint);
}

ErrorException::ErrorException(Error error) : error_(std::move(error)), text_(error_.text()) {}

void throw_error(Error error) {
  throw ErrorException(std::move(error));
}

void invariant_failed(const char* expression, const char* file, int line) {
  throw_error({.code = "internal.invariant",
               .side = Side::us,
               .action = Action::bug,
               .message = fmt::format("{}:{}: expected {}", file, line, expression),
               .hint = "This is a defect in flyover. Nothing more is written; please report it."});
}

Error to_error(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const ErrorException& e) {
    return e.error();
  } catch (const std::exception& e) {
    return {.code = "internal.exception", .action = Action::bug, .message = e.what()};
  } catch (...) {
    return {.code = "internal.exception", .action = Action::bug, .message = "unknown exception"};
  }
}

}  // namespace flyover::base
