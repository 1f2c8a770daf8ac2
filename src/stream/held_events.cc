#include "stream/held_events.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace flyover::stream {
namespace {

base::Error file_error(const char* what) {
  return {.code = "stream.held_events",
          .side = base::Side::us,
          .action = base::Action::pause,
          .message = fmt::format("the rows of a prepared XA transaction could not be {} a "
                                 "temporary file: {}",
                                 what, std::strerror(errno)),
          .hint = "Make room in the folder for temporary files (TMPDIR) and start again."};
}

using Length = std::uint32_t;

}  // namespace

std::optional<base::Error> HeldEvents::append(std::string_view event) {
  const auto length = static_cast<Length>(event.size());
  char bytes[sizeof length];
  std::memcpy(bytes, &length, sizeof length);
  memory_.append(bytes, sizeof bytes).append(event);
  ++count_;
  return memory_.size() > memory_bytes_max_ ? spill() : std::nullopt;
}

std::optional<base::Error> HeldEvents::spill() {
  if (!file_) file_.reset(std::tmpfile());
  if (!file_) return file_error("kept in");
  if (std::fwrite(memory_.data(), 1, memory_.size(), file_.get()) != memory_.size() ||
      std::fflush(file_.get()) != 0) {
    return file_error("written to");
  }
  memory_.clear();
  return std::nullopt;
}

std::optional<base::Error> HeldEvents::visit(const Visitor& visitor) const {
  std::string event;
  Length length = 0;
  if (file_) {
    std::rewind(file_.get());
    while (std::fread(&length, sizeof length, 1, file_.get()) == 1) {
      event.resize(length);
      if (std::fread(event.data(), 1, length, file_.get()) != length) {
        return file_error("read from");
      }
      if (auto error = visitor(event)) return error;
    }
    if (std::ferror(file_.get()) != 0) return file_error("read from");
    if (std::fseek(file_.get(), 0, SEEK_END) != 0) return file_error("read from");
  }
  std::string_view rest = memory_;
  while (!rest.empty()) {
    std::memcpy(&length, rest.data(), sizeof length);
    if (auto error = visitor(rest.substr(sizeof length, length))) return error;
    rest.remove_prefix(sizeof length + length);
  }
  return std::nullopt;
}

}  // namespace flyover::stream
