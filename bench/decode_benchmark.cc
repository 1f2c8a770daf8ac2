// How fast rows events become typed rows, on one thread: whole binary logs from memory, as a
// stream hands them over. Give files to decode; without any it is the small log of the tests.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "binlog/captured_events.h"
#include "binlog/captured_log.h"

namespace flyover::binlog {
namespace {

constexpr std::string_view kMagic("\xfe\x62in", 4);

/// A log file's events in memory, checksums included.
struct Log {
  std::string bytes;
  std::vector<std::string_view> events;  ///< into `bytes`
};

Log split(std::string bytes) {
  static constexpr std::size_t kLengthAt = 9;
  Log log{std::move(bytes), {}};
  const std::string_view all(log.bytes);
  if (!all.starts_with(kMagic)) throw std::runtime_error("this is not a binary log");
  for (std::size_t at = kMagic.size(); at < all.size();) {
    base::ByteReader header(all.substr(at));
    header.skip(kLengthAt);
    const std::size_t size = header.u32();
    if (!header.ok() || size < kEventHeaderBytes || size > all.size() - at) {
      throw std::runtime_error("an event at " + std::to_string(at) + " is cut");
    }
    log.events.push_back(all.substr(at, size));
    at += size;
  }
  return log;
}

Log read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("it can not be opened");
  return split({std::istreambuf_iterator<char>(file), {}});
}

/// What a stream does with each event until its rows are typed, and nothing behind that.
class Decoder {
 public:
  explicit Decoder(bool rows) : rows_wanted_(rows) {}

  void take(std::string_view bytes) {
    const EventView event = parse_event(bytes, format_.checksum).value_or_throw();
    if (event.header.type == EventType::format_description) {
      format_ = parse_format_description(event.body).value_or_throw();
    } else if (!rows_wanted_) {
      benchmark::DoNotOptimize(event.body.data());
    } else if (event.header.type == EventType::table_map) {
      TableMap map = parse_table_map(event, format_).value_or_throw();
      tables_.insert_or_assign(map.table_id, std::move(map));
    } else if (is_rows_event(event.header.type)) {
      take_rows(event);
    }
  }

  std::size_t rows() const { return rows_; }

 private:
  void take_rows(const EventView& event) {
    const std::uint64_t id = parse_table_id(event, format_).value_or_throw();
    if (id == kDummyTableId) return;
    const RowsChange change = decode_rows(event, format_, tables_.at(id), {}).value_or_throw();
    benchmark::DoNotOptimize(change.values.data());
    rows_ += change.row_count();
  }

  const bool rows_wanted_;
  FormatDescription format_{};
  std::unordered_map<std::uint64_t, TableMap> tables_{};
  std::size_t rows_ = 0;
};

void run(benchmark::State& state, const Log& log, bool rows_wanted) {
  std::size_t rows = 0;
  for ([[maybe_unused]] const auto round : state) {
    Decoder decoder(rows_wanted);
    for (const std::string_view event : log.events) decoder.take(event);
    rows = decoder.rows();
  }
  if (rows_wanted && rows == 0) state.SkipWithError("the log has no rows");
  state.SetBytesProcessed(static_cast<std::int64_t>(log.bytes.size()) *
                          static_cast<std::int64_t>(state.iterations()));
  state.counters["rows"] = static_cast<double>(rows);
  state.counters["events"] = static_cast<double>(log.events.size());
}

void add(const std::string& name, const Log& log) {
  benchmark::RegisterBenchmark(("rows/" + name).c_str(),
                               [&log](benchmark::State& state) { run(state, log, true); });
  // The limit of whoever looks at checksums: headers and nothing but them.
  benchmark::RegisterBenchmark(("checksums/" + name).c_str(),
                               [&log](benchmark::State& state) { run(state, log, false); });
}

}  // namespace
}  // namespace flyover::binlog

int main(int argc, char** argv) {
  namespace binlog = flyover::binlog;
  benchmark::Initialize(&argc, argv);
  // Views into the logs' bytes: nothing may be moved once it is split.
  std::vector<std::unique_ptr<binlog::Log>> logs;
  for (int i = 1; i < argc; ++i) {
    try {
      logs.push_back(std::make_unique<binlog::Log>(binlog::read(argv[i])));
    } catch (const std::exception& e) {
      std::fprintf(stderr, "decode_benchmark: %s: %s\n", argv[i], e.what());
      return 1;
    }
    binlog::add(std::filesystem::path(argv[i]).stem(), *logs.back());
  }
  if (logs.empty()) {
    logs.push_back(
        std::make_unique<binlog::Log>(binlog::split(binlog::test::from_hex(binlog::kLog56))));
    binlog::add("captured", *logs.back());
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
