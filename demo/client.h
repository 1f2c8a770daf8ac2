#pragma once

#include <mysql.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The demo's own database client: a small layer over libmariadb. It shares no code with flyover,
/// so that what it finds about flyover is evidence.
namespace shop {

/// Where and as whom to connect.
struct Endpoint {
  std::string host = "127.0.0.1";
  unsigned port = 0;
  std::string user;
  std::string password;
  std::string schema;
};

/// A statement or a connection failed; `number` is the server's or the client's error number.
class ClientError : public std::runtime_error {
 public:
  ClientError(unsigned number, const std::string& text)
      : std::runtime_error(std::to_string(number) + " " + text), number_(number) {}
  unsigned number() const { return number_; }

 private:
  unsigned number_;
};

using Row = std::vector<std::string>;

/// One session. Not safe to share between threads; owns the connection.
class Session {
 public:
  /// Connects; throws ClientError. `charset` is the character set of the handshake.
  explicit Session(const Endpoint& endpoint, const char* charset = "utf8mb4");
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs one statement and reads every result it has to its end; the rows of the first result are
  /// returned, NULL as the word NULL.
  std::vector<Row> query(std::string_view sql);

  std::string escape(std::string_view text);
  std::uint64_t insert_id() { return mysql_insert_id(mysql_); }
  std::uint64_t affected_rows() const { return affected_rows_; }
  MYSQL* raw() { return mysql_; }

 private:
  MYSQL* mysql_;
  std::uint64_t affected_rows_ = 0;
};

/// One parameter of a prepared statement.
struct Parameter {
  enum class Kind { kNull, kInteger, kDouble, kText, kBlob };
  Kind kind = Kind::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;

  static Parameter null() { return {}; }
  static Parameter of(std::int64_t value) { return {Kind::kInteger, value, 0, {}}; }
  static Parameter of_double(double value) { return {Kind::kDouble, 0, value, {}}; }
  static Parameter of(std::string value) { return {Kind::kText, 0, 0, std::move(value)}; }
  static Parameter blob(std::string value) { return {Kind::kBlob, 0, 0, std::move(value)}; }
};

/// A prepared statement of a session, which must outlive it.
class Statement {
 public:
  Statement(Session& session, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Executes and reads all rows; blobs of 64 KiB and more travel as long data.
  std::vector<Row> execute(std::vector<Parameter> parameters);
  std::uint64_t insert_id() { return mysql_stmt_insert_id(statement_); }
  std::uint64_t affected_rows() { return mysql_stmt_affected_rows(statement_); }

 private:
  std::vector<Row> fetch();
  [[noreturn]] void fail();

  MYSQL_STMT* statement_;
};

/// The statements of an SQL script, which may change its delimiter as for the mysql client.
std::vector<std::string> split_script(std::string_view script);

/// Small seeded generator (splitmix64): the same numbers everywhere for the same seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// A number in [0, bound).
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool one_in(std::uint64_t count) { return below(count) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace shop
