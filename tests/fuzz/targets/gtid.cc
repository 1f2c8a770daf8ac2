// The body of a GTID event, a tagged GTID event, or the set at the start of a file.

#include "binlog/control_events.h"
#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(gtid) {
  const std::uint8_t which = fuzz::take_byte(input) % 3;
  if (which == 2) {
    const auto set = binlog::parse_previous_gtids(input);
    // An interval takes 16 bytes and prints as at most two numbers of 20 digits.
    if (set) FLYOVER_EXPECT(set->size() <= 64 + input.size() * 8);
    return;
  }
  const auto gtid = which == 0 ? binlog::parse_gtid(input) : binlog::parse_gtid_tagged(input);
  if (gtid) FLYOVER_EXPECT(gtid->text().size() <= 128 + input.size());
}
