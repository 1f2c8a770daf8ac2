#pragma once
// Structured log lines: a stable event name, then a sentence. The only includer of spdlog.
//
//   log::info("load.table_done", "{}.{}: {} rows", schema, table, rows);

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace flyover::base::log {

enum class Level { debug, info, warn, error };

/// Sends lines to stderr (when `to_stderr`) and, when `file` is not empty, to that file.
/// Thread-safe afterwards; called once, before threads start.
void configure(bool to_stderr, const std::filesystem::path& file = {});

void write(Level level, std::string_view event, std::string_view text);

template <typename... Args>
void debug(std::string_view event, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::debug, event, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(std::string_view event, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::info, event, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(std::string_view event, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::warn, event, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(std::string_view event, fmt::format_string<Args...> format, Args&&... args) {
  write(Level::error, event, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace flyover::base::log
