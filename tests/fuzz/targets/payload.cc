// The body of a transaction payload event: any compressed bytes, read within a bound of memory.

#include "binlog/payload.h"

#include "binlog/event.h"
#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(payload) {
  static constexpr std::size_t kMemoryMax = std::size_t{4} << 20;
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20;
  auto payload = binlog::PayloadReader::open(input, kMemoryMax);
  if (!payload) return;
  std::size_t bytes = 0;
  // A few bytes may stand for very many events, which a stream would go through one by one.
  while (bytes < kBytesMax) {
    const auto event = payload->next();
    if (!event || !*event) return;
    FLYOVER_EXPECT((*event)->size() <= kMemoryMax);
    bytes += (*event)->size();
    if (const auto view = binlog::parse_event(**event, binlog::ChecksumAlgorithm::off)) {
      fuzz::touch(view->body);
    }
  }
}
