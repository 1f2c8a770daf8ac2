#include "db/connection.h"

#include <fmt/format.h>
#include <mysql.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <mutex>
#include <utility>

#include "db/error_map.h"

// Exported by libmariadb for its own binlog reader, but not declared in its public header.
extern "C" unsigned long STDCALL mysql_net_read_packet(MYSQL* mysql);

namespace flyover::db {
namespace {

void init_library_once() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

void close_handle(MYSQL* handle) {
  if (handle != nullptr) mysql_close(handle);
}

std::string where(const Endpoint& endpoint) {
  return fmt::format("{} {}", base::to_string(endpoint.side), endpoint.address());
}

// The server asked for TLS but offers none, or the handshake failed: CR_SSL_CONNECTION_ERROR.
constexpr unsigned kTlsErrorNumber = 2026;
constexpr unsigned kLostConnectionNumber = 2013;
constexpr unsigned kClientErrorsBegin = 2000;
constexpr unsigned kClientErrorsEnd = 3000;
constexpr unsigned kDeadlockNumber = 1213;

}  // namespace

std::size_t Table::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].size() == name.size() &&
        strncasecmp(columns[i].data(), name.data(), name.size()) == 0) {
      return i;
    }
  }
  base::throw_error({.code = "internal.no_such_column",
                     .action = base::Action::bug,
                     .message = fmt::format("no column {} in the result", name)});
}

const std::string& Table::text(std::size_t row, std::string_view name) const {
  static const std::string kEmpty;
  const auto& field = rows.at(row).at(column(name));
  return field ? *field : kEmpty;
}

bool Table::is_null(std::size_t row, std::string_view name) const {
  return !rows.at(row).at(column(name)).has_value();
}

std::uint64_t Table::number(std::size_t row, std::string_view name) const {
  return std::strtoull(text(row, name).c_str(), nullptr, 10);
}

bool unreachable(const base::Error& error) {
  // No socket, no connection, no such host.
  return error.mysql_errno == 2002 || error.mysql_errno == 2003 || error.mysql_errno == 2005;
}

bool session_lost(const base::Error& error) {
  // Numbers from 2000 on are the client library's own.
  static constexpr std::uint32_t kClientErrors = 2000;
  static constexpr std::uint32_t kClientErrorsEnd = 3000;
  // Statement interrupted, shutdown, session killed for another reason, idle for too long.
  static constexpr std::uint32_t kServerErrors[] = {1053, 1077, 1317, 1927, 4031};
  return (error.mysql_errno >= kClientErrors && error.mysql_errno < kClientErrorsEnd) ||
         std::find(std::begin(kServerErrors), std::end(kServerErrors), error.mysql_errno) !=
             std::end(kServerErrors);
}

RowStream::RowStream(Connection& connection, st_mysql_res* result, std::size_t columns)
    : connection_(&connection), result_(result), fields_(columns) {}

RowStream::RowStream(RowStream&& other) noexcept
    : connection_(other.connection_),
      result_(std::exchange(other.result_, nullptr)),
      fields_(std::move(other.fields_)) {}

RowStream::~RowStream() {
  if (result_ != nullptr) mysql_free_result(result_);
}

std::optional<Row> RowStream::next() {
  const MYSQL_ROW row = mysql_fetch_row(result_);
  if (row == nullptr) {
    if (mysql_errno(connection_->handle_.get()) != 0) connection_->fail("reading rows");
    return std::nullopt;
  }
  const unsigned long* lengths = mysql_fetch_lengths(result_);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    fields_[i] = row[i] == nullptr ? Field() : Field(std::string_view(row[i], lengths[i]));
  }
  return Row(fields_);
}

Connection::Connection(Endpoint endpoint)
    : endpoint_(std::move(endpoint)), handle_(nullptr, close_handle) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection Connection::open(const Endpoint& endpoint) {
  init_library_once();
  Connection connection(endpoint);
  if (endpoint.tls == TlsMode::preferred) {
    try {
      connection.connect(true);
    } catch (const base::ErrorException& e) {
      if (e.error().mysql_errno != kTlsErrorNumber) throw;
      connection.connect(false);
    }
  } else {
    connection.connect(endpoint.tls != TlsMode::disabled);
  }
  connection.version_text_ = mysql_get_server_info(connection.handle_.get());
  connection.version_ = mysql::Version::parse(connection.version_text_);
  // Whatever the server's defaults for new sessions are: a limit of rows would cut what is read, a
  // suppressed note would hide that a value was altered.
  connection.execute(
      "SET SESSION character_set_client = binary, character_set_connection = binary, "
      "character_set_results = NULL, time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO', "
      "wait_timeout = 28800, net_write_timeout = 3600, net_read_timeout = 3600, autocommit = 1, "
      "completion_type = 0, sql_select_limit = 18446744073709551615, sql_safe_updates = 0, "
      "sql_auto_is_null = 0, sql_big_selects = 1, sql_notes = 1, sql_quote_show_create = 1, "
      "foreign_key_checks = 1, unique_checks = 1 /*!50708 , max_execution_time = 0 */");
  // Not as a variable: its name differs between versions.
  connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  return connection;
}

void Connection::connect(bool use_tls) {
  handle_.reset(mysql_init(nullptr));
  MYSQL* const handle = handle_.get();
  const auto connect_timeout = static_cast<unsigned>(endpoint_.connect_timeout.count());
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  if (endpoint_.read_timeout.count() > 0) {
    const auto read_timeout = static_cast<unsigned>(endpoint_.read_timeout.count());
    mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &read_timeout);
  }
  const unsigned allow_local_infile = 1;
  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &allow_local_infile);
  const std::size_t max_packet = 1UL << 30;
  mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const my_bool enforce_tls = use_tls ? 1 : 0;
  const my_bool verify =
      endpoint_.tls == TlsMode::verify_ca || endpoint_.tls == TlsMode::verify_identity ? 1 : 0;
  if (use_tls) {
    mysql_ssl_set(handle, nullptr, nullptr,
                  endpoint_.tls_ca.empty() ? nullptr : endpoint_.tls_ca.c_str(), nullptr, nullptr);
    mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &enforce_tls);
  }
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "flyover");
  const unsigned long flags =
      CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS | CLIENT_FOUND_ROWS | CLIENT_LOCAL_FILES;
  if (mysql_real_connect(handle, endpoint_.host.c_str(), endpoint_.user.c_str(),
                         endpoint_.password.reveal().c_str(), nullptr, endpoint_.port, nullptr,
                         flags) == nullptr) {
    fail("");
  }
  // The library goes on in plain text when the server offers no TLS.
  if (use_tls && mysql_get_ssl_cipher(handle) == nullptr && endpoint_.tls != TlsMode::preferred) {
    base::throw_error({.code = std::string(base::to_string(endpoint_.side)) + ".tls",
                       .side = endpoint_.side,
                       .action = base::Action::pause,
                       .message = where(endpoint_) + " offers no TLS, and the configuration "
                                                     "demands it",
                       .hint = "Set up TLS on that server, or write tls = \"preferred\" or "
                               "\"disabled\" for this side."});
  }
}

void Connection::fail(std::string_view statement) const {
  MYSQL* const handle = handle_.get();
  unsigned number = mysql_errno(handle);
  // Over TLS, a peer that goes away in the middle is reported as a TLS error.
  if (number == kTlsErrorNumber && !statement.empty()) number = kLostConnectionNumber;
  const std::string answer = mysql_error(handle);
  const std::string sqlstate = mysql_sqlstate(handle);
  const bool from_server = number < kClientErrorsBegin || number >= kClientErrorsEnd;
  if (in_transaction_ && from_server && number != kDeadlockNumber) {
    // An error packet does not tell whether the transaction is still open; any other answer does.
    if (mysql_real_query(handle, "DO 0", 4) == 0 && transaction_gone()) {
      fail_transaction(statement, answer);
    }
  }
  base::throw_error(
      mysql_error(endpoint_.side, number, sqlstate, answer, where(endpoint_), statement));
}

bool Connection::transaction_gone() const {
  return in_transaction_ && (handle_->server_status & SERVER_STATUS_IN_TRANS) == 0;
}

void Connection::fail_transaction(std::string_view sql, std::string_view answer) const {
  base::throw_error(
      mysql_error(endpoint_.side, kDeadlockNumber, "40001",
                  fmt::format("the server rolled the transaction back and answered \"{}\"", answer),
                  where(endpoint_), sql));
}

void Connection::begin(std::string_view first) {
  if (first.empty()) {
    execute("BEGIN");
  } else {
    execute_many(fmt::format("BEGIN;{}", first), 2);
  }
  in_transaction_ = true;
}

void Connection::commit() {
  in_transaction_ = false;
  execute("COMMIT");
}

void Connection::rollback() {
  in_transaction_ = false;
  execute("ROLLBACK");
}

void Connection::send(std::string_view sql) {
  if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) fail(sql);
}

ExecResult Connection::execute(std::string_view sql) {
  send(sql);
  MYSQL* const handle = handle_.get();
  ExecResult answer;
  while (true) {
    if (MYSQL_RES* result = mysql_use_result(handle); result != nullptr) {
      mysql_free_result(result);
    } else if (mysql_errno(handle) != 0) {
      fail(sql);
    }
    answer = {.affected_rows = mysql_affected_rows(handle),
              .last_insert_id = mysql_insert_id(handle),
              .warnings = mysql_warning_count(handle)};
    const int more = mysql_next_result(handle);
    if (more < 0) {
      if (transaction_gone()) fail_transaction(sql, "OK");
      return answer;
    }
    if (more > 0) fail(sql);
  }
}

std::vector<ExecResult> Connection::execute_many(std::string_view sql,
                                                 std::size_t results_expected) {
  send(sql);
  MYSQL* const handle = handle_.get();
  std::vector<ExecResult> answers;
  answers.reserve(results_expected);
  int more = 0;
  bool gone = false;
  do {
    if (MYSQL_RES* result = mysql_use_result(handle); result != nullptr) {
      mysql_free_result(result);
    } else if (mysql_errno(handle) != 0) {
      fail(sql);
    }
    answers.push_back({.affected_rows = mysql_affected_rows(handle),
                       .last_insert_id = mysql_insert_id(handle),
                       .warnings = mysql_warning_count(handle)});
    gone = gone || transaction_gone();
    more = mysql_next_result(handle);
  } while (more == 0);
  // Whatever a later statement said, it ran outside of the transaction.
  if (gone) fail_transaction(sql, "OK");
  if (more > 0) fail(sql);
  FLYOVER_CHECK(answers.size() == results_expected);
  return answers;
}

Table Connection::query(std::string_view sql) {
  Table table;
  send(sql);
  MYSQL_RES* const result = mysql_store_result(handle_.get());
  if (result == nullptr) {
    if (mysql_errno(handle_.get()) != 0) fail(sql);
    return table;
  }
  const unsigned columns = mysql_num_fields(result);
  const MYSQL_FIELD* const fields = mysql_fetch_fields(result);
  for (unsigned i = 0; i < columns; ++i) {
    table.columns.emplace_back(fields[i].name, fields[i].name_length);
  }
  while (const MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    auto& out = table.rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i) {
      out.push_back(row[i] == nullptr ? std::nullopt
                                      : std::optional(std::string(row[i], lengths[i])));
    }
  }
  mysql_free_result(result);
  if (transaction_gone()) fail_transaction(sql, "OK");
  return table;
}

std::optional<std::string> Connection::query_value(std::string_view sql) {
  Table table = query(sql);
  if (table.rows.empty() || table.rows[0].empty()) return std::nullopt;
  return std::move(table.rows[0][0]);
}

RowStream Connection::stream(std::string_view sql) {
  send(sql);
  MYSQL_RES* const result = mysql_use_result(handle_.get());
  if (result == nullptr) fail(sql);
  return RowStream(*this, result, mysql_num_fields(result));
}

struct Connection::Infile {
  const std::function<std::size_t(char*, std::size_t)>* source;
  std::exception_ptr error;

  static int init(void** out, const char*, void* self) {
    *out = self;
    return 0;
  }
  static int read(void* self, char* buffer, unsigned size) {
    auto* const infile = static_cast<Infile*>(self);
    try {
      return static_cast<int>((*infile->source)(buffer, size));
    } catch (...) {
      infile->error = std::current_exception();
      return -1;
    }
  }
  static void end(void*) {}
  static int describe_error(void*, char* text, unsigned size) {
    std::strncpy(text, "the rows to load could not be read", size - 1);
    text[size - 1] = '\0';
    return 2000;
  }
};

ExecResult Connection::load_data(std::string_view sql,
                                 const std::function<std::size_t(char*, std::size_t)>& source) {
  Infile infile{&source, nullptr};
  MYSQL* const handle = handle_.get();
  mysql_set_local_infile_handler(handle, Infile::init, Infile::read, Infile::end,
                                 Infile::describe_error, &infile);
  const int failed = mysql_real_query(handle, sql.data(), sql.size());
  mysql_set_local_infile_default(handle);
  if (infile.error) std::rethrow_exception(infile.error);
  if (failed != 0) fail(sql);
  if (transaction_gone()) fail_transaction(sql, "OK");
  const char* const info = mysql_info(handle);
  return {.affected_rows = mysql_affected_rows(handle),
          .last_insert_id = 0,
          .warnings = mysql_warning_count(handle),
          .info = info == nullptr ? "" : info};
}

void Connection::send_command(std::uint8_t command, std::string_view payload) {
  MYSQL* const handle = handle_.get();
  if (handle->methods->db_command(handle, static_cast<enum_server_command>(command), payload.data(),
                                  payload.size(), 1, nullptr) != 0) {
    fail("binlog dump");
  }
}

std::optional<std::string_view> Connection::read_packet() {
  static constexpr std::size_t kEofBytesMax = 9;
  MYSQL* const handle = handle_.get();
  const unsigned long size = mysql_net_read_packet(handle);
  if (size == packet_error) fail("reading the binary log");
  const std::string_view packet(reinterpret_cast<const char*>(handle->net.read_pos), size);
  if (size < kEofBytesMax && !packet.empty() && packet[0] == '\xfe') return std::nullopt;
  return packet;
}

void Connection::ping() {
  if (mysql_ping(handle_.get()) != 0) fail("ping");
}

std::uint64_t Connection::thread_id() const {
  return mysql_thread_id(handle_.get());
}

void Connection::interrupt() noexcept {
  const my_socket socket = mysql_get_socket(handle_.get());
  if (socket < 0) return;
  // With a reset behind it. A server in the midst of sending rows would otherwise wait for room in
  // a receive buffer that nobody empties any more, for a minute and more, its locks held.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  ::shutdown(socket, SHUT_RDWR);
}

}  // namespace flyover::db
