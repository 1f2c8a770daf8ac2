// Events as they stand in a binary log file, one behind the other, everything in them decoded.

#include "base/byte_reader.h"
#include "binlog/captured_log.h"
#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(events) {
  static constexpr std::size_t kSizeAt = 9;
  binlog::test::EverythingDecoder decoder;
  while (!input.empty()) {
    base::ByteReader header(input);
    header.skip(kSizeAt);
    const std::size_t size = header.u32();
    // Without checksums, which no mutation would pass.
    decoder.take(fuzz::take(input, std::max<std::size_t>(size, 1)), false);
    for (const binlog::RowsChange& rows : decoder.rows) fuzz::touch(rows);
    decoder.rows.clear();
  }
}
