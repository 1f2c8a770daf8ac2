#include "cli/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/units.h"

namespace flyover::cli {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

std::string bar(double part, int width) {
  const int filled = static_cast<int>(std::clamp(part, 0.0, 1.0) * width + 0.5);
  std::string out;
  for (int i = 0; i < width; ++i) out += i < filled ? "█" : "░";
  return out;
}

std::string duration(std::int64_t ms) {
  return base::format_duration(milliseconds(ms));
}
std::string count(const json& value) {
  return base::format_count(value.get<std::uint64_t>());
}

std::string lag(const json& status) {
  const json& lag_ms = status.at("lag_ms");
  return lag_ms.is_null() ? "unknown" : duration(lag_ms.get<std::int64_t>());
}

/// How far the table is: by rows while it loads, whole afterwards.
double part_done(const json& table) {
  const std::string state = table.at("state");
  if (state == "Table completed") return 1;
  const auto estimated = table.at("rows_estimated").get<double>();
  return estimated == 0 ? 0 : std::min(0.99, table.at("rows_loaded").get<double>() / estimated);
}

std::string table_line(const json& table, int name_width) {
  const std::string name =
      table.at("schema").get<std::string>() + "." + table.at("table").get<std::string>();
  return fmt::format(
      "  {:<{}.{}} {} {:>12} rows  +{:<8} ~{:<8} -{:<8} {}\n", name, name_width, name_width,
      bar(part_done(table), 12), count(table.at("rows_loaded")), count(table.at("inserts")),
      count(table.at("updates")), count(table.at("deletes")),
      table.value("reason", "").empty() ? table.at("validation_state").get<std::string>()
                                        : table.at("state").get<std::string>());
}

}  // namespace

std::string render_status(const json& status, int width) {
  const auto& validation = status.at("validation");
  std::string out =
      fmt::format("flyover {}   phase {}   active {}{}\n", status.at("name").get<std::string>(),
                  status.at("phase").get<std::string>(), status.at("active").get<std::string>(),
                  status.at("ready").get<bool>() ? "   READY" : "");
  out += fmt::format("  {}\n", status.at("reason").get<std::string>());
  if (const std::string next = status.at("next_action"); !next.empty()) {
    out += fmt::format("  next: {}\n", next);
  }
  out += fmt::format("  lag {}   {} rows/s", lag(status), count(status.at("rows_per_second")));
  if (!status.at("eta_seconds").is_null()) {
    out += "   ETA " + duration(status.at("eta_seconds").get<std::int64_t>() * 1000);
  }
  if (const auto changes = status.value("batch_changes", std::uint64_t{0}); changes > 0) {
    out += fmt::format("   {} changes at a time", count(changes));
  }
  if (const json& copying = status.at("copying"); !copying.is_null()) {
    out += fmt::format("   {} lanes, chunks of {:.1f} MiB", copying.at("lanes").get<unsigned>(),
                       copying.at("chunk_bytes").get<double>() / (1 << 20));
  }
  out += fmt::format("   compared {} rows, {} different\n", count(validation.at("rows_compared")),
                     count(validation.at("rows_different")));
  const int name_width = std::clamp(width - 80, 20, 40);
  for (const json& table : status.at("tables")) out += table_line(table, name_width);
  return out;
}

std::string render_status_line(const json& status) {
  std::string out = fmt::format(
      "phase={} active={} ready={} lag_ms={} rows_per_second={} rows_loaded={} compared={} "
      "different={} reason=\"{}\"",
      status.at("phase").get<std::string>(), status.at("active").get<std::string>(),
      status.at("ready").get<bool>() ? "yes" : "no",
      status.at("lag_ms").is_null() ? "unknown" : status.at("lag_ms").dump(),
      status.at("rows_per_second").get<std::uint64_t>(),
      status.at("rows_loaded").get<std::uint64_t>(),
      status.at("validation").at("rows_compared").get<std::uint64_t>(),
      status.at("validation").at("rows_different").get<std::uint64_t>(),
      status.at("reason").get<std::string>());
  if (!status.at("eta_seconds").is_null()) {
    out += fmt::format(" eta_seconds={}", status.at("eta_seconds").get<std::uint64_t>());
  }
  return out;
}

std::string render_throttle(const json& state) {
  std::string out;
  for (const auto& [key, limit] : state.at("limits").items()) {
    const std::string measured = key.substr(0, key.rfind("_max"));
    const bool none = limit.get<std::int64_t>() == 0;
    out += fmt::format("  {:<26} {:>12}", key, none ? "no limit" : limit.dump());
    if (!none && state.contains(measured)) {
      out += "   now " + (state[measured].is_null() ? "unknown" : state[measured].dump());
    }
    out += "\n";
  }
  const std::string waits = state.at("waits_for").get<std::string>();
  return out + (waits.empty() ? "nothing waits\n" : "waiting: " + waits + "\n");
}

std::string render_switch(const json& report) {
  std::string out;
  for (const json& step : report.at("steps")) {
    out += fmt::format("  {:<12} {:>8} ms\n", step.at("step").get<std::string>(),
                       step.at("duration_ms").get<std::int64_t>());
  }
  if (report.at("succeeded").get<bool>()) {
    out += fmt::format("{} done: held for {} ms, {} sessions moved, {} closed\n",
                       report.at("direction").get<std::string>(),
                       report.at("pause_ms").get<std::int64_t>(),
                       report.at("moved_sessions").get<std::uint64_t>(),
                       report.at("closed_sessions").get<std::uint64_t>());
  } else {
    out += fmt::format("{} called off, the application goes on where it was: {}\n",
                       report.at("direction").get<std::string>(),
                       report.at("failure").get<std::string>());
  }
  return out;
}

std::string render_verify(const json& report) {
  std::string out;
  for (const json& table : report.at("tables")) {
    out += fmt::format(
        "  {:<40} {:<20} {:>14} rows compared {:>8} different\n",
        table.at("schema").get<std::string>() + "." + table.at("table").get<std::string>(),
        table.at("validation_state").get<std::string>(), count(table.at("rows_compared")),
        count(table.at("rows_different")));
    for (const json& sample : table.at("differences")) {
      out += fmt::format("      {}\n", sample.get<std::string>());
    }
  }
  return out + fmt::format("{} rows compared in {}, {} different\n",
                           count(report.at("rows_compared")), duration(report.at("elapsed_ms")),
                           count(report.at("rows_different")));
}

}  // namespace flyover::cli
