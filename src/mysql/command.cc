#include "mysql/command.h"

#include "base/byte_reader.h"

namespace flyover::mysql {

bool has_response(Command command) {
  return command != Command::quit && command != Command::stmt_close &&
         command != Command::stmt_send_long_data;
}

bool names_statement(Command command) {
  switch (command) {
    case Command::stmt_execute:
    case Command::stmt_send_long_data:
    case Command::stmt_close:
    case Command::stmt_reset:
    case Command::stmt_fetch:
      return true;
    default:
      return false;
  }
}

std::uint32_t statement_id(std::string_view payload) {
  base::ByteReader reader(payload);
  reader.skip(1);
  return reader.u32();
}

void set_statement_id(char* payload, std::uint32_t id) {
  for (int i = 0; i < 4; ++i) payload[1 + i] = static_cast<char>(id >> (8 * i));
}

base::Result<ExecuteLayout> read_execute(std::string_view payload, std::size_t parameters) {
  base::ByteReader reader(payload);
  ExecuteLayout layout;
  reader.skip(5);
  layout.opens_cursor = reader.u8() != 0;
  reader.skip(4);
  if (parameters > 0) {
    reader.skip((parameters + 7) / 8);
    layout.flag_at = reader.position();
    layout.types_sent = reader.u8() == 1;
    if (layout.types_sent) layout.types = reader.bytes(2 * parameters);
  }
  if (!reader.ok()) {
    return base::Error{.code = "mysql.bad_packet",
                       .side = base::Side::endpoint,
                       .message = "a COM_STMT_EXECUTE is shorter than its parameters"};
  }
  return layout;
}

std::string with_types(std::string_view payload, const ExecuteLayout& layout,
                       std::string_view types) {
  std::string out;
  out.reserve(payload.size() + types.size());
  out.append(payload.substr(0, layout.flag_at));
  out += '\1';
  out.append(types);
  out.append(payload.substr(layout.flag_at + 1));
  return out;
}

}  // namespace flyover::mysql
