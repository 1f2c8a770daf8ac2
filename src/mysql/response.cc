#include "mysql/response.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace flyover::mysql {
namespace {

constexpr std::uint8_t kOkHeader = 0x00;
constexpr std::uint8_t kLocalInfileHeader = 0xfb;
constexpr std::uint8_t kEofHeader = 0xfe;
constexpr std::uint8_t kErrHeader = 0xff;
/// A longer packet that begins with 0xfe is a row whose first value is huge.
constexpr std::size_t kEofMaxLength = 8;

base::Error bad_packet(std::string_view what) {
  return {.code = "mysql.bad_packet",
          .side = base::Side::endpoint,
          .message = "the server sent a malformed " + std::string(what)};
}

}  // namespace

std::string encode(const OkPacket& ok) {
  base::ByteWriter out;
  out.u8(kOkHeader).length_encoded(ok.affected_rows).length_encoded(ok.last_insert_id);
  out.u16(ok.status).u16(ok.warnings);
  return out.take();
}

std::string encode(const ErrPacket& err) {
  base::ByteWriter out;
  out.u8(kErrHeader).u16(err.code).u8('#').bytes(err.sqlstate).bytes(err.message);
  return out.take();
}

base::Result<OkPacket> decode_ok(std::string_view payload) {
  base::ByteReader reader(payload);
  OkPacket ok;
  reader.skip(1);
  ok.affected_rows = reader.length_encoded();
  ok.last_insert_id = reader.length_encoded();
  ok.status = reader.u16();
  ok.warnings = reader.u16();
  if (!reader.ok()) return bad_packet("OK packet");
  return ok;
}

base::Result<ErrPacket> decode_err(std::string_view payload) {
  base::ByteReader reader(payload);
  ErrPacket err;
  reader.skip(1);
  err.code = reader.u16();
  if (!reader.ok()) return bad_packet("error packet");
  std::string_view rest = reader.rest();
  // Before a login is complete there may be no SQLSTATE.
  if (rest.size() >= 6 && rest.front() == '#') {
    err.sqlstate = rest.substr(1, 5);
    rest.remove_prefix(6);
  }
  err.message = rest;
  return err;
}

base::Result<Column> decode_column(std::string_view payload) {
  base::ByteReader reader(payload);
  for (int i = 0; i < 6; ++i) reader.length_encoded_bytes();
  reader.length_encoded();
  Column column;
  column.collation = reader.u16();
  reader.skip(4);
  column.type = reader.u8();
  column.flags = reader.u16();
  if (!reader.ok()) return bad_packet("column definition");
  return column;
}

base::Result<PrepareOk> decode_prepare_ok(std::string_view payload) {
  base::ByteReader reader(payload);
  PrepareOk ok;
  const std::uint8_t header = reader.u8();
  ok.statement_id = reader.u32();
  ok.columns = reader.u16();
  ok.parameters = reader.u16();
  if (!reader.ok() || header != kOkHeader) return bad_packet("answer to a prepare");
  return ok;
}

void ResponseTracker::begin(Command command) {
  command_ = command;
  error_code_ = 0;
  warnings_ = 0;
  results_ = 0;
  cursor_opened_ = false;
  last_row_sent_ = false;
  prepared_.reset();
  switch (command) {
    case Command::statistics:
      state_ = State::single;
      break;
    case Command::stmt_prepare:
      state_ = State::prepare;
      break;
    case Command::field_list:
    case Command::stmt_fetch:
      state_ = State::rows;
      break;
    default:
      state_ = State::first;
  }
}

ResponseTracker::Next ResponseTracker::on_packet(std::string_view head, std::size_t length) {
  const auto header = head.empty() ? kOkHeader : static_cast<std::uint8_t>(head.front());
  if (head.empty() && state_ != State::single) return Next::unintelligible;
  const bool eof = header == kEofHeader && length <= kEofMaxLength;
  if (header == kErrHeader && state_ != State::single) return on_err(head);
  switch (state_) {
    case State::single:
      return Next::done;
    case State::first:
      return on_first(head, length);
    case State::columns:
      if (--columns_left_ == 0) state_ = State::columns_end;
      return Next::more;
    case State::columns_end:
      return eof ? on_columns_end(head) : Next::unintelligible;
    case State::rows:
      return eof ? on_rows_end(head) : Next::more;
    case State::prepare:
      return on_prepare(head);
    case State::definitions:
      if (definitions_left_ > 0) {
        --definitions_left_;
        return eof ? Next::unintelligible : Next::more;
      }
      return eof && read_eof(head) ? next_definitions() : Next::unintelligible;
  }
  return Next::unintelligible;
}

ResponseTracker::Next ResponseTracker::on_first(std::string_view head, std::size_t length) {
  const auto header = static_cast<std::uint8_t>(head.front());
  if (header == kOkHeader) return on_ok(head);
  if (header == kEofHeader && length <= kEofMaxLength) return on_rows_end(head);
  if (header == kLocalInfileHeader) return Next::client_data;
  base::ByteReader reader(head);
  columns_left_ = reader.length_encoded();
  if (!reader.ok() || columns_left_ == 0) return Next::unintelligible;
  state_ = State::columns;
  return Next::more;
}

ResponseTracker::Next ResponseTracker::on_ok(std::string_view head) {
  const base::Result<OkPacket> ok = decode_ok(head);
  if (!ok) return Next::unintelligible;
  status_ = ok->status;
  warnings_ = ok->warnings;
  ++results_;
  return status_ & status::kMoreResults ? Next::more : Next::done;
}

ResponseTracker::Next ResponseTracker::on_err(std::string_view head) {
  const base::Result<ErrPacket> err = decode_err(head);
  if (!err) return Next::unintelligible;
  error_code_ = err->code;
  return Next::done;
}

bool ResponseTracker::read_eof(std::string_view head) {
  base::ByteReader reader(head);
  reader.skip(1);
  warnings_ = reader.u16();
  const std::uint16_t flags = reader.u16();
  if (!reader.ok()) return false;
  status_ = flags;
  return true;
}

ResponseTracker::Next ResponseTracker::on_columns_end(std::string_view head) {
  if (!read_eof(head)) return Next::unintelligible;
  if (command_ == Command::stmt_execute && (status_ & status::kCursorExists)) {
    cursor_opened_ = true;
    ++results_;
    return status_ & status::kMoreResults ? (state_ = State::first, Next::more) : Next::done;
  }
  state_ = State::rows;
  return Next::more;
}

ResponseTracker::Next ResponseTracker::on_rows_end(std::string_view head) {
  if (!read_eof(head)) return Next::unintelligible;
  ++results_;
  last_row_sent_ = (status_ & status::kLastRowSent) != 0;
  if (!(status_ & status::kMoreResults)) return Next::done;
  state_ = State::first;
  return Next::more;
}

ResponseTracker::Next ResponseTracker::on_prepare(std::string_view head) {
  const base::Result<PrepareOk> ok = decode_prepare_ok(head);
  if (!ok) return Next::unintelligible;
  prepared_ = *ok;
  ++results_;
  state_ = State::definitions;
  // Parameters come first, then columns, each list ended by EOF and left out when empty.
  definitions_left_ = ok->parameters;
  second_definitions_ = ok->columns;
  return definitions_left_ > 0 ? Next::more : next_definitions();
}

ResponseTracker::Next ResponseTracker::next_definitions() {
  definitions_left_ = second_definitions_;
  second_definitions_ = 0;
  return definitions_left_ > 0 ? Next::more : Next::done;
}

}  // namespace flyover::mysql
