#pragma once
// Commands of the MySQL client/server protocol and the layout of COM_STMT_EXECUTE.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flyover::mysql {

enum class Command : std::uint8_t {
  sleep = 0x00,
  quit = 0x01,
  init_db = 0x02,
  query = 0x03,
  field_list = 0x04,
  create_db = 0x05,
  drop_db = 0x06,
  refresh = 0x07,
  shutdown = 0x08,
  statistics = 0x09,
  process_info = 0x0a,
  connect = 0x0b,
  process_kill = 0x0c,
  debug = 0x0d,
  ping = 0x0e,
  time = 0x0f,
  delayed_insert = 0x10,
  change_user = 0x11,
  binlog_dump = 0x12,
  table_dump = 0x13,
  connect_out = 0x14,
  register_slave = 0x15,
  stmt_prepare = 0x16,
  stmt_execute = 0x17,
  stmt_send_long_data = 0x18,
  stmt_close = 0x19,
  stmt_reset = 0x1a,
  set_option = 0x1b,
  stmt_fetch = 0x1c,
  daemon = 0x1d,
  binlog_dump_gtid = 0x1e,
  reset_connection = 0x1f,
};

/// False for the commands that the server never answers.
bool has_response(Command command);

/// True for the commands whose payload begins with a statement id.
bool names_statement(Command command);

/// The statement id in the payload of a command for which names_statement() holds; at least five
/// bytes long.
std::uint32_t statement_id(std::string_view payload);
void set_statement_id(char* payload, std::uint32_t id);

/// Where the parameter types stand in a COM_STMT_EXECUTE.
struct ExecuteLayout {
  bool types_sent = false;  ///< the new_params_bound flag
  std::size_t flag_at = 0;  ///< offset of that flag in the payload; 0 without parameters
  std::string_view types;   ///< two bytes per parameter when types_sent
  bool opens_cursor = false;
};

/// `payload` begins with the command byte; its first 200 KiB are always enough. Without
/// CLIENT_QUERY_ATTRIBUTES. Error code "mysql.bad_packet" when it is too short.
base::Result<ExecuteLayout> read_execute(std::string_view payload, std::size_t parameters);

/// `payload`, which sends no types, with `types` put in.
std::string with_types(std::string_view payload, const ExecuteLayout& layout,
                       std::string_view types);

}  // namespace flyover::mysql
