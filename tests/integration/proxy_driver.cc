// A client of the endpoint with libmariadb's binary protocol. Runs until a file appears, so that
// the endpoint is moved under its feet; every answer is checked.
//
//   proxy_driver host port user password database MODE [FILE]
//
// basic: prepared statements, long data, cursors, big values, several results.
// through_move FILE: prepares and binds, prints "ready", and goes on until FILE exists and 20
// rounds after that; prints "done N".

#include <mysql.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "proxy_driver: %s\n", what.c_str());
  std::exit(1);
}

void check(bool ok, const std::string& what) {
  if (!ok) fail(what);
}

struct Statement {
  Statement(MYSQL* connection, const std::string& sql) : handle(mysql_stmt_init(connection)) {
    const bool ok = mysql_stmt_prepare(handle, sql.data(), sql.size()) == 0;
    check(ok, "prepare: " + error());
  }
  ~Statement() { mysql_stmt_close(handle); }
  std::string error() const { return mysql_stmt_error(handle); }
  void execute() {
    const bool ok = mysql_stmt_execute(handle) == 0;
    check(ok, "execute: " + error());
  }
  void fetch() {
    const bool ok = mysql_stmt_fetch(handle) == 0;
    check(ok, "fetch: " + error());
  }
  MYSQL_STMT* handle;
};

MYSQL_BIND bind_number(long long& value) {
  MYSQL_BIND bind{};
  bind.buffer_type = MYSQL_TYPE_LONGLONG;
  bind.buffer = &value;
  return bind;
}

MYSQL_BIND bind_text(std::string& value, unsigned long& length) {
  MYSQL_BIND bind{};
  bind.buffer_type = MYSQL_TYPE_STRING;
  bind.buffer = value.data();
  bind.buffer_length = value.size();
  bind.length = &length;
  return bind;
}

void query(MYSQL* connection, const std::string& sql) {
  const bool ok = mysql_real_query(connection, sql.data(), sql.size()) == 0;
  check(ok, sql.substr(0, 60) + ": " + mysql_error(connection));
  do {
    if (MYSQL_RES* result = mysql_store_result(connection)) mysql_free_result(result);
  } while (mysql_next_result(connection) == 0);
}

long long fetch_number(Statement& statement) {
  long long value = -1;
  MYSQL_BIND out = bind_number(value);
  check(mysql_stmt_bind_result(statement.handle, &out) == 0, "bind result");
  statement.fetch();
  mysql_stmt_free_result(statement.handle);
  return value;
}

void big_values(MYSQL* connection) {
  Statement echo(connection, "SELECT ?");
  for (const std::size_t size : {std::size_t{0xffffff - 16}, std::size_t{0xffffff},
                                 std::size_t{20} << 20, std::size_t{64} << 20}) {
    std::string value(size, 'x');
    value[size / 2] = 'y';
    unsigned long length = size;
    MYSQL_BIND bind = bind_text(value, length);
    check(mysql_stmt_bind_param(echo.handle, &bind) == 0, "bind");
    // Twice: libmariadb sends the types with the first execute only.
    for (int i = 0; i < 2; ++i) {
      echo.execute();
      std::string back(size, '\0');
      unsigned long got = 0;
      MYSQL_BIND out = bind_text(back, got);
      mysql_stmt_bind_result(echo.handle, &out);
      echo.fetch();
      check(got == size && back == value, "a big value came back changed");
      mysql_stmt_free_result(echo.handle);
    }
  }
}

void cursor(MYSQL* connection) {
  query(connection, "CREATE TABLE IF NOT EXISTS numbers (n INT PRIMARY KEY)");
  query(connection, "DELETE FROM numbers");
  std::string values = "INSERT INTO numbers VALUES (0)";
  for (int i = 1; i < 1000; ++i) values += ",(" + std::to_string(i) + ")";
  query(connection, values);
  Statement select(connection, "SELECT n FROM numbers ORDER BY n");
  unsigned long type = CURSOR_TYPE_READ_ONLY;
  unsigned long rows = 7;
  mysql_stmt_attr_set(select.handle, STMT_ATTR_CURSOR_TYPE, &type);
  mysql_stmt_attr_set(select.handle, STMT_ATTR_PREFETCH_ROWS, &rows);
  select.execute();
  long long value = -1;
  MYSQL_BIND out = bind_number(value);
  mysql_stmt_bind_result(select.handle, &out);
  for (long long i = 0; i < 1000; ++i) {
    select.fetch();
    check(value == i, "cursor row");
  }
  check(mysql_stmt_fetch(select.handle) == MYSQL_NO_DATA, "end of cursor");
  query(connection, "DROP TABLE numbers");
}

void long_data(MYSQL* connection) {
  Statement select(connection, "SELECT LENGTH(?)");
  std::string piece(1 << 20, 'z');
  unsigned long length = 0;
  MYSQL_BIND param = bind_text(piece, length);
  param.buffer_type = MYSQL_TYPE_LONG_BLOB;
  mysql_stmt_bind_param(select.handle, &param);
  for (int i = 0; i < 3; ++i) {
    check(mysql_stmt_send_long_data(select.handle, 0, piece.data(), piece.size()) == 0,
          "long data");
  }
  select.execute();
  check(fetch_number(select) == 3 << 20, "length of long data");
}

void several_results(MYSQL* connection) {
  query(connection, "SELECT 1; SELECT 2; DO 1; SELECT 3");
  query(connection, "DROP PROCEDURE IF EXISTS two_results");
  query(connection, "CREATE PROCEDURE two_results() BEGIN SELECT 1; SELECT 'a', 2; END");
  query(connection, "CALL two_results()");
  Statement call(connection, "CALL two_results()");
  call.execute();
  int results = 0;
  do {
    ++results;
    while (mysql_stmt_fetch(call.handle) == 0) {
    }
    mysql_stmt_free_result(call.handle);
  } while (mysql_stmt_next_result(call.handle) == 0);
  check(results >= 2, "results of a prepared CALL");
}

void basic(MYSQL* connection) {
  check(mysql_ping(connection) == 0, "ping");
  check(mysql_stat(connection) != nullptr, "statistics");
  big_values(connection);
  cursor(connection);
  long_data(connection);
  several_results(connection);
  MYSQL_STMT* bad = mysql_stmt_init(connection);
  check(mysql_stmt_prepare(bad, "SELECT FROM", 11) != 0, "a syntax error is reported");
  mysql_stmt_close(bad);
  const bool reset = mysql_reset_connection(connection) == 0;
  check(reset, std::string("reset: ") + mysql_error(connection));
  const bool changed = mysql_change_user(connection, std::getenv("DRIVER_USER"),
                                         std::getenv("DRIVER_PASSWORD"), "test") == 0;
  check(changed, std::string("change user: ") + mysql_error(connection));
  query(connection, "SELECT 1");
  std::printf("done\n");
}

void through_move(MYSQL* connection, const char* file) {
  Statement add(connection, "SELECT ? + ?, CONCAT(?, '!')");
  Statement constant(connection, "SELECT 41 + 1");
  long long a = 20, b = 22, sum = 0;
  std::string text = "hello";
  unsigned long length = text.size();
  MYSQL_BIND params[] = {bind_number(a), bind_number(b), bind_text(text, length)};
  check(mysql_stmt_bind_param(add.handle, params) == 0, "bind");
  int after = 0, rounds = 0;
  while (after < 20) {
    add.execute();
    std::string back(32, '\0');
    unsigned long got = 0;
    MYSQL_BIND out[] = {bind_number(sum), bind_text(back, got)};
    mysql_stmt_bind_result(add.handle, out);
    add.fetch();
    check(sum == a + b && back.substr(0, got) == "hello!", "a wrong result");
    mysql_stmt_free_result(add.handle);
    ++a;
    constant.execute();
    check(fetch_number(constant) == 42, "a wrong constant");
    if (++rounds == 1) {
      std::printf("ready\n");
      std::fflush(stdout);
    }
    if (access(file, F_OK) == 0) ++after;
    usleep(2000);
  }
  std::printf("done %d\n", rounds);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  MYSQL* connection = mysql_init(nullptr);
  setenv("DRIVER_USER", argv[3], 1);
  setenv("DRIVER_PASSWORD", argv[4], 1);
  const bool connected =
      mysql_real_connect(connection, argv[1], argv[3], argv[4], argv[5],
                         static_cast<unsigned>(std::atoi(argv[2])), nullptr,
                         CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS) != nullptr;
  check(connected, std::string("connect: ") + mysql_error(connection));
  if (std::strcmp(argv[6], "basic") == 0) basic(connection);
  if (std::strcmp(argv[6], "through_move") == 0 && argc > 7) through_move(connection, argv[7]);
  mysql_close(connection);
  return 0;
}
