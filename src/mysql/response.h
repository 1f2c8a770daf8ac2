#pragma once
// The server's answers: OK and ERR packets, and a state machine that knows where an answer ends.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mysql/command.h"

namespace flyover::mysql {

/// Server status flags, as in the protocol.
namespace status {
inline constexpr std::uint16_t kInTransaction = 0x0001;
inline constexpr std::uint16_t kAutocommit = 0x0002;
inline constexpr std::uint16_t kMoreResults = 0x0008;
inline constexpr std::uint16_t kCursorExists = 0x0040;
inline constexpr std::uint16_t kLastRowSent = 0x0080;
inline constexpr std::uint16_t kNoBackslashEscapes = 0x0200;
inline constexpr std::uint16_t kInReadOnlyTransaction = 0x2000;
}  // namespace status

struct OkPacket {
  std::uint64_t affected_rows = 0;
  std::uint64_t last_insert_id = 0;
  std::uint16_t status = status::kAutocommit;
  std::uint16_t warnings = 0;
};

struct ErrPacket {
  std::uint16_t code = 0;
  std::string sqlstate = "HY000";
  std::string message;
};

std::string encode(const OkPacket& ok);
std::string encode(const ErrPacket& err);
base::Result<OkPacket> decode_ok(std::string_view payload);
base::Result<ErrPacket> decode_err(std::string_view payload);

/// What the text protocol says of a result column.
struct Column {
  std::uint8_t type = 0;  ///< MYSQL_TYPE_*
  std::uint16_t collation = 0;
  std::uint16_t flags = 0;
};
base::Result<Column> decode_column(std::string_view payload);

/// The first packet of the answer to COM_STMT_PREPARE.
struct PrepareOk {
  std::uint32_t statement_id = 0;
  std::uint16_t columns = 0;
  std::uint16_t parameters = 0;
};
base::Result<PrepareOk> decode_prepare_ok(std::string_view payload);

/// Follows the packets of one answer, without CLIENT_DEPRECATE_EOF and CLIENT_SESSION_TRACK.
/// Needs only the first kHeadSize bytes of each payload. Not thread-safe, allocates nothing.
class ResponseTracker {
 public:
  /// Enough bytes for every field that decides how an answer goes on.
  static constexpr std::size_t kHeadSize = 32;

  enum class Next {
    more,           ///< another packet of the server follows
    client_data,    ///< LOCAL INFILE: the client sends packets up to an empty one, then the server
    done,           ///< the answer is complete
    unintelligible  ///< this is no answer to the command: the connection can not be used further
  };

  /// An answer to `command`, which has_response(), begins.
  void begin(Command command);

  /// The next payload: its first min(length, kHeadSize) bytes, and the length of its first part.
  Next on_packet(std::string_view head, std::size_t length);

  /// The last status flags seen (kept between answers; an ERR packet carries none).
  std::uint16_t status() const { return status_; }
  void set_status(std::uint16_t status) { status_ = status; }

  /// Of this answer: the error that ended it, warnings of its last result, cursor state.
  std::uint16_t error_code() const { return error_code_; }
  std::uint16_t warnings() const { return warnings_; }
  bool cursor_opened() const { return cursor_opened_; }
  bool last_row_sent() const { return last_row_sent_; }
  std::uint64_t results() const { return results_; }
  const std::optional<PrepareOk>& prepared() const { return prepared_; }

 private:
  enum class State { first, columns, columns_end, rows, definitions, single, prepare };

  Next on_first(std::string_view head, std::size_t length);
  Next on_ok(std::string_view head);
  Next on_err(std::string_view head);
  Next on_rows_end(std::string_view head);
  Next on_columns_end(std::string_view head);
  Next on_prepare(std::string_view head);
  Next next_definitions();
  bool read_eof(std::string_view head);

  Command command_ = Command::sleep;
  State state_ = State::first;
  std::uint64_t columns_left_ = 0;
  std::uint16_t definitions_left_ = 0;
  std::uint16_t second_definitions_ = 0;
  std::uint16_t status_ = status::kAutocommit;
  std::uint16_t error_code_ = 0;
  std::uint16_t warnings_ = 0;
  std::uint64_t results_ = 0;
  bool cursor_opened_ = false;
  bool last_row_sent_ = false;
  std::optional<PrepareOk> prepared_;
};

}  // namespace flyover::mysql
