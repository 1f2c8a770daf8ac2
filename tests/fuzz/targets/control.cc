// The bodies of the small events. Input: which one, its body.

#include "binlog/control_events.h"
#include "fuzz_target.h"

using namespace flyover;

namespace {

void heartbeat(binlog::EventType type, std::string_view body) {
  binlog::EventView event;
  event.header.type = type;
  event.body = body;
  if (const auto parsed = binlog::parse_heartbeat(event)) fuzz::touch(parsed->file);
}

}  // namespace

FLYOVER_FUZZ_TARGET(control) {
  switch (fuzz::take_byte(input) % 10) {
    case 0:
      if (const auto rotate = binlog::parse_rotate(input)) {
        FLYOVER_EXPECT(!rotate->next_file.empty());
        fuzz::touch(rotate->next_file);
      }
      break;
    case 1:
      (void)binlog::parse_xid(input, {});
      break;
    case 2:
      heartbeat(binlog::EventType::heartbeat, input);
      break;
    case 3:
      heartbeat(binlog::EventType::heartbeat_v2, input);
      break;
    case 4:
      if (const auto incident = binlog::parse_incident(input)) fuzz::touch(incident->message);
      break;
    case 5:
      if (const auto prepare = binlog::parse_xa_prepare(input)) {
        fuzz::touch(prepare->global_id);
        fuzz::touch(prepare->branch);
      }
      break;
    case 6:
      if (const auto text = binlog::parse_rows_query(input)) fuzz::touch(*text);
      break;
    case 7:
      (void)binlog::parse_intvar(input);
      break;
    case 8:
      (void)binlog::parse_rand(input);
      break;
    default:
      if (const auto variable = binlog::parse_user_var(input)) {
        fuzz::touch(variable->name);
        fuzz::touch(variable->value);
      }
  }
}
