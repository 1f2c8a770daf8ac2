#include "client.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>

namespace shop {

namespace {
constexpr std::size_t kLongDataFrom = 65536;
constexpr unsigned kConnectTimeoutSeconds = 20;

[[noreturn]] void fail(MYSQL* mysql) {
  throw ClientError(mysql_errno(mysql), mysql_error(mysql));
}
}  // namespace

Session::Session(const Endpoint& endpoint, const char* charset) : mysql_(mysql_init(nullptr)) {
  if (mysql_ == nullptr) throw ClientError(0, "out of memory");
  mysql_options(mysql_, MYSQL_OPT_CONNECT_TIMEOUT, &kConnectTimeoutSeconds);
  mysql_options(mysql_, MYSQL_SET_CHARSET_NAME, charset);
  const char* schema = endpoint.schema.empty() ? nullptr : endpoint.schema.c_str();
  if (mysql_real_connect(mysql_, endpoint.host.c_str(), endpoint.user.c_str(),
                         endpoint.password.c_str(), schema, endpoint.port, nullptr,
                         CLIENT_MULTI_RESULTS) == nullptr) {
    const ClientError error(mysql_errno(mysql_), mysql_error(mysql_));
    mysql_close(mysql_);
    throw error;
  }
}

Session::~Session() {
  mysql_close(mysql_);
}

std::vector<Row> Session::query(std::string_view sql) {
  if (mysql_real_query(mysql_, sql.data(), sql.size()) != 0) fail(mysql_);
  std::vector<Row> rows;
  bool first = true;
  for (int more = 0; more == 0; more = mysql_next_result(mysql_)) {
    MYSQL_RES* result = mysql_store_result(mysql_);
    if (result == nullptr) {
      if (mysql_errno(mysql_) != 0) fail(mysql_);
      affected_rows_ = mysql_affected_rows(mysql_);
      continue;
    }
    const unsigned columns = mysql_num_fields(result);
    while (MYSQL_ROW values = first ? mysql_fetch_row(result) : nullptr) {
      const unsigned long* lengths = mysql_fetch_lengths(result);
      Row& row = rows.emplace_back();
      for (unsigned i = 0; i < columns; ++i) {
        row.push_back(values[i] == nullptr ? "NULL" : std::string(values[i], lengths[i]));
      }
    }
    mysql_free_result(result);
    first = false;
  }
  if (mysql_errno(mysql_) != 0) fail(mysql_);
  return rows;
}

std::string Session::escape(std::string_view text) {
  std::string out(text.size() * 2 + 1, '\0');
  out.resize(mysql_real_escape_string(mysql_, out.data(), text.data(), text.size()));
  return out;
}

Statement::Statement(Session& session, std::string_view sql)
    : statement_(mysql_stmt_init(session.raw())) {
  if (statement_ == nullptr) throw ClientError(0, "out of memory");
  if (mysql_stmt_prepare(statement_, sql.data(), sql.size()) != 0) {
    const ClientError error(mysql_stmt_errno(statement_), mysql_stmt_error(statement_));
    mysql_stmt_close(statement_);
    throw error;
  }
}

Statement::~Statement() {
  mysql_stmt_close(statement_);
}

void Statement::fail() {
  throw ClientError(mysql_stmt_errno(statement_), mysql_stmt_error(statement_));
}

std::vector<Row> Statement::execute(std::vector<Parameter> parameters) {
  std::vector<MYSQL_BIND> binds(parameters.size());
  std::vector<unsigned long> lengths(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Parameter& parameter = parameters[i];
    MYSQL_BIND& bind = binds[i];
    std::memset(&bind, 0, sizeof(bind));
    lengths[i] = parameter.text.size();
    bind.length = &lengths[i];
    switch (parameter.kind) {
      case Parameter::Kind::kNull:
        bind.buffer_type = MYSQL_TYPE_NULL;
        break;
      case Parameter::Kind::kInteger:
        bind.buffer_type = MYSQL_TYPE_LONGLONG;
        bind.buffer = &parameter.integer;
        break;
      case Parameter::Kind::kDouble:
        bind.buffer_type = MYSQL_TYPE_DOUBLE;
        bind.buffer = &parameter.real;
        break;
      case Parameter::Kind::kText:
      case Parameter::Kind::kBlob:
        bind.buffer_type =
            parameter.kind == Parameter::Kind::kText ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONG_BLOB;
        bind.buffer = parameter.text.data();
        bind.buffer_length = parameter.text.size();
        break;
    }
  }
  if (!binds.empty() && mysql_stmt_bind_param(statement_, binds.data()) != 0) fail();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string& text = parameters[i].text;
    if (parameters[i].kind != Parameter::Kind::kBlob || text.size() < kLongDataFrom) continue;
    for (std::size_t at = 0; at < text.size(); at += kLongDataFrom) {
      const std::size_t size = std::min(kLongDataFrom, text.size() - at);
      const auto index = static_cast<unsigned>(i);
      if (mysql_stmt_send_long_data(statement_, index, text.data() + at, size) != 0) fail();
    }
  }
  if (mysql_stmt_execute(statement_) != 0) fail();
  return mysql_stmt_field_count(statement_) == 0 ? std::vector<Row>() : fetch();
}

std::vector<Row> Statement::fetch() {
  const unsigned columns = mysql_stmt_field_count(statement_);
  std::vector<MYSQL_BIND> binds(columns);
  std::vector<unsigned long> lengths(columns);
  std::vector<my_bool> nulls(columns);
  std::vector<std::array<char, 256>> buffers(columns);
  for (unsigned i = 0; i < columns; ++i) {
    std::memset(&binds[i], 0, sizeof(MYSQL_BIND));
    binds[i].buffer_type = MYSQL_TYPE_STRING;
    binds[i].buffer = buffers[i].data();
    binds[i].buffer_length = buffers[i].size();
    binds[i].length = &lengths[i];
    binds[i].is_null = &nulls[i];
  }
  if (mysql_stmt_bind_result(statement_, binds.data()) != 0) fail();
  if (mysql_stmt_store_result(statement_) != 0) fail();
  std::vector<Row> rows;
  for (;;) {
    const int status = mysql_stmt_fetch(statement_);
    if (status == MYSQL_NO_DATA) break;
    if (status != 0 && status != MYSQL_DATA_TRUNCATED) fail();
    Row& row = rows.emplace_back(columns);
    for (unsigned i = 0; i < columns; ++i) {
      if (nulls[i] != 0) {
        row[i] = "NULL";
      } else if (lengths[i] <= buffers[i].size()) {
        row[i].assign(buffers[i].data(), lengths[i]);
      } else {
        row[i].resize(lengths[i]);
        MYSQL_BIND whole = binds[i];
        whole.buffer = row[i].data();
        whole.buffer_length = lengths[i];
        if (mysql_stmt_fetch_column(statement_, &whole, i, 0) != 0) fail();
      }
    }
  }
  mysql_stmt_free_result(statement_);
  return rows;
}

std::vector<std::string> split_script(std::string_view script) {
  std::vector<std::string> statements;
  std::string delimiter = ";";
  std::string current;
  std::istringstream lines{std::string(script)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("--") || (line.empty() && current.empty())) continue;
    if (line.starts_with("DELIMITER ")) {
      delimiter = line.substr(10);
      continue;
    }
    current += line;
    if (current.ends_with(delimiter)) {
      current.resize(current.size() - delimiter.size());
      statements.push_back(std::move(current));
      current.clear();
    } else {
      current += '\n';
    }
  }
  return statements;
}

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace shop
