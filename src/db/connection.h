#pragma once
// A session with a MySQL server: libmariadb as RAII. The only module that includes <mysql.h>.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "mysql/version.h"

struct st_mysql;
struct st_mysql_res;

namespace flyover::db {

enum class TlsMode { disabled, preferred, required, verify_ca, verify_identity };

/// Where a server is and how to log in. `side` marks the errors of its sessions.
struct Endpoint {
  base::Side side = base::Side::source;
  std::string host{};
  std::uint16_t port = 3306;
  std::string user{};
  base::Secret password{};
  TlsMode tls = TlsMode::preferred;
  std::string tls_ca{};
  std::chrono::seconds connect_timeout{10};
  /// No answer for this long ends the session; zero: wait for ever.
  std::chrono::seconds read_timeout{0};

  std::string address() const { return host + ":" + std::to_string(port); }
};

/// What a statement without rows answered.
struct ExecResult {
  /// Rows matched, not rows changed: sessions are opened with CLIENT_FOUND_ROWS.
  std::uint64_t affected_rows = 0;
  std::uint64_t last_insert_id = 0;
  std::uint32_t warnings = 0;
  std::string info{};  ///< "Records: 3  Deleted: 0 …" of LOAD DATA
};

/// One field of a text row: NULL, or bytes that live until the next row is read.
using Field = std::optional<std::string_view>;
using Row = std::span<const Field>;

/// A whole result in memory; for small ones.
struct Table {
  std::vector<std::string> columns{};
  std::vector<std::vector<std::optional<std::string>>> rows{};

  bool empty() const { return rows.empty(); }
  /// Index of the column, compared without case (8.0 answers in upper case). Throws when missing.
  std::size_t column(std::string_view name) const;
  /// The field as text, "" for NULL.
  const std::string& text(std::size_t row, std::string_view name) const;
  bool is_null(std::size_t row, std::string_view name) const;
  std::uint64_t number(std::size_t row, std::string_view name) const;
};

class Connection;

/// The session broke, or the server ended it: nothing about the statement itself was wrong.
bool session_lost(const base::Error& error);
/// Whether there was nobody to connect to.
bool unreachable(const base::Error& error);

/// Rows streamed from the server one at a time. Reads to the end on destruction unless the session
/// is gone; use Connection::interrupt() first to abandon a long one.
class RowStream {
 public:
  RowStream(RowStream&&) noexcept;
  RowStream& operator=(RowStream&&) = delete;
  ~RowStream();

  /// The next row, valid until the next call; nothing at the end. Throws when the stream breaks.
  std::optional<Row> next();
  std::size_t column_count() const { return fields_.size(); }

 private:
  friend class Connection;
  RowStream(Connection& connection, st_mysql_res* result, std::size_t columns);

  Connection* connection_;
  st_mysql_res* result_;
  std::vector<Field> fields_;
};

/// One session. Not thread-safe, except for interrupt().
class Connection {
 public:
  /// Connects and makes the session neutral: binary character set, UTC, sql_mode
  /// NO_AUTO_VALUE_ON_ZERO, so that bytes and values pass unchanged. Throws an Error that names the
  /// server and says what to do.
  static Connection open(const Endpoint& endpoint);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Runs a statement; rows, if there are any, are read and dropped.
  ExecResult execute(std::string_view sql);
  /// Runs statements separated by ";" in one round trip. The first failure throws; those before it
  /// took effect. `results_expected` guards against a statement that swallowed another.
  std::vector<ExecResult> execute_many(std::string_view sql, std::size_t results_expected);
  Table query(std::string_view sql);
  /// The first field of the first row; nothing when there is no row or it is NULL.
  std::optional<std::string> query_value(std::string_view sql);
  RowStream stream(std::string_view sql);

  /// Opens a transaction and runs `first`, if any, in the same round trip. Until commit() or
  /// rollback() every statement is watched: one that leaves no open transaction fails like a
  /// deadlock, because the server gave up on the transaction whatever it answered (docs/adr/0012).
  void begin(std::string_view first = {});
  void commit();
  void rollback();

  /// Feeds LOAD DATA LOCAL INFILE from memory: `source` fills the buffer and returns the bytes
  /// written, 0 at the end; an exception of its own aborts the statement and is rethrown.
  ExecResult load_data(std::string_view sql,
                       const std::function<std::size_t(char* buffer, std::size_t size)>& source);

  /// Sends a raw command packet; answers are read by read_packet(). For binlog dumps.
  void send_command(std::uint8_t command, std::string_view payload);
  /// The next packet's payload, whole also above 16 MiB, valid until the next call. Nothing at an
  /// EOF packet; an error packet throws.
  std::optional<std::string_view> read_packet();

  void ping();
  std::uint64_t thread_id() const;
  const mysql::Version& version() const { return version_; }
  const std::string& version_text() const { return version_text_; }
  const Endpoint& endpoint() const { return endpoint_; }
  base::Side side() const { return endpoint_.side; }

  /// Makes a blocked call of another thread fail now. The session is unusable afterwards. Safe to
  /// call from any thread while the object lives.
  void interrupt() noexcept;

 private:
  friend class RowStream;
  struct Infile;
  explicit Connection(Endpoint endpoint);
  void connect(bool use_tls);
  [[noreturn]] void fail(std::string_view statement) const;
  void send(std::string_view sql);
  bool transaction_gone() const;
  [[noreturn]] void fail_transaction(std::string_view sql, std::string_view answer) const;

  Endpoint endpoint_;
  std::unique_ptr<st_mysql, void (*)(st_mysql*)> handle_;
  mysql::Version version_;
  std::string version_text_;
  bool in_transaction_ = false;  ///< opened by begin()
};

/// Interrupts the connection when stop is requested, as long as the guard lives.
class InterruptOnStop {
 public:
  InterruptOnStop(Connection& connection, std::stop_token stop)
      : callback_(std::move(stop), [&connection] { connection.interrupt(); }) {}

 private:
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace flyover::db
