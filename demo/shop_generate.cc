// Makes the shop on a MySQL 5.6 server: the same rows for the same seed and scale.
#include <fmt/format.h>
#include <getopt.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "shop_tables.h"

namespace {

using shop::Endpoint;
using shop::Random;
using shop::Session;
using shop::TableFiller;

constexpr std::size_t kStatementBytes = 1 << 20;
constexpr std::uint64_t kRowsPerCommit = 50000;
/// How far the counters of some tables stand above their highest id.
constexpr std::uint64_t kCounterGap = 5000;

struct Options {
  Endpoint endpoint;
  double scale = 1;
  std::uint64_t seed = 20150707;
  unsigned connections = 2;
  std::string schema_file = SHOP_SQL_FILE;
};

/// A piece of one table: rows [first, last].
struct Piece {
  const TableFiller* filler;
  std::uint64_t first;
  std::uint64_t last;
};

std::uint64_t seed_of(const Options& options, const TableFiller& filler, std::uint64_t number) {
  std::uint64_t seed = options.seed;
  for (const char* c = filler.table; *c != '\0'; ++c) {
    seed = seed * 1099511628211ULL + static_cast<unsigned char>(*c);
  }
  return seed ^ (number * 0x9e3779b97f4a7c15ULL);
}

void fill(Session& session, const Options& options, const Piece& piece) {
  const std::string head =
      fmt::format("INSERT INTO {} ({}) VALUES ", piece.filler->table, piece.filler->columns);
  std::string sql = head;
  for (std::uint64_t number = piece.first; number <= piece.last; ++number) {
    Random random(seed_of(options, *piece.filler, number));
    sql += sql.size() == head.size() ? "(" : ",(";
    piece.filler->append(sql, number, random, options.scale);
    sql += ')';
    if (sql.size() >= kStatementBytes || number == piece.last) {
      session.query(sql);
      sql = head;
    }
  }
  session.query("COMMIT");
}

void prepare_session(Session& session) {
  session.query(
      "SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00', unique_checks=0, "
      "foreign_key_checks=0, autocommit=0");
  session.query("USE shop");
}

void create_schema(const Options& options) {
  std::ifstream file(options.schema_file);
  if (!file) throw std::runtime_error("cannot read " + options.schema_file);
  std::stringstream script;
  script << file.rdbuf();
  Session session(options.endpoint);
  session.query("SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION'");
  std::vector<std::string> programs;
  for (const std::string& statement : shop::split_script(script.str())) {
    // Triggers and the event wait for the rows: what they do is not part of the generated data.
    if (statement.starts_with("CREATE TRIGGER") || statement.find(" EVENT ") < 40) continue;
    session.query(statement);
  }
}

void create_programs(const Options& options) {
  std::ifstream file(options.schema_file);
  std::stringstream script;
  script << file.rdbuf();
  Session session(options.endpoint);
  session.query("SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION'");
  session.query("USE shop");
  for (const std::string& statement : shop::split_script(script.str())) {
    if (statement.starts_with("CREATE TRIGGER") || statement.find(" EVENT ") < 40) {
      session.query(statement);
    }
  }
  // What was generated, for the application: it knows its way about the rows by their numbers.
  for (const TableFiller& filler : shop::table_fillers()) {
    session.query(fmt::format("INSERT INTO shop_stats VALUES ('rows of {}', {})", filler.table,
                              shop::rows_at(filler, options.scale)));
  }
  for (const char* table : {"orders", "price_history", "addresses"}) {
    const std::uint64_t counter = shop::rows_of(table, options.scale) + kCounterGap;
    session.query(fmt::format("ALTER TABLE {} AUTO_INCREMENT = {}", table, counter));
  }
}

std::uint64_t fill_all(const Options& options) {
  std::vector<Piece> pieces;
  std::uint64_t total = 0;
  for (const TableFiller& filler : shop::table_fillers()) {
    const std::uint64_t rows = shop::rows_at(filler, options.scale);
    total += rows;
    for (std::uint64_t first = 1; first <= rows; first += kRowsPerCommit) {
      pieces.push_back({&filler, first, std::min(rows, first + kRowsPerCommit - 1)});
    }
  }
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options.connections; ++i) {
      threads.emplace_back([&] {
        try {
          Session session(options.endpoint);
          prepare_session(session);
          for (std::size_t at = next++; at < pieces.size(); at = next++) {
            fill(session, options, pieces[at]);
          }
        } catch (...) {
          const std::scoped_lock lock(mutex);
          failure = std::current_exception();
          next = pieces.size();
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
  return total;
}

Options parse(int argc, char** argv) {
  Options options;
  const option table[] = {{"host", required_argument, nullptr, 'h'},
                          {"port", required_argument, nullptr, 'P'},
                          {"user", required_argument, nullptr, 'u'},
                          {"scale", required_argument, nullptr, 's'},
                          {"seed", required_argument, nullptr, 'r'},
                          {"connections", required_argument, nullptr, 'c'},
                          {"schema-file", required_argument, nullptr, 'f'},
                          {nullptr, 0, nullptr, 0}};
  options.endpoint.user = "root";
  const char* password = std::getenv("SHOP_PASSWORD");
  if (password != nullptr) options.endpoint.password = password;
  for (int c = 0; (c = getopt_long(argc, argv, "", table, nullptr)) != -1;) {
    switch (c) {
      case 'h':
        options.endpoint.host = optarg;
        break;
      case 'P':
        options.endpoint.port = static_cast<unsigned>(std::stoul(optarg));
        break;
      case 'u':
        options.endpoint.user = optarg;
        break;
      case 's':
        options.scale = std::stod(optarg);
        break;
      case 'r':
        options.seed = std::stoull(optarg);
        break;
      case 'c':
        options.connections = static_cast<unsigned>(std::stoul(optarg));
        break;
      case 'f':
        options.schema_file = optarg;
        break;
      default:
        std::cerr << "usage: shop_generate --port N [--host H] [--user U] [--scale X] [--seed N]\n"
                     "                     [--connections N]; the password is in SHOP_PASSWORD\n";
        std::exit(2);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse(argc, argv);
    mysql_library_init(0, nullptr, nullptr);
    const auto begin = std::chrono::steady_clock::now();
    create_schema(options);
    const std::uint64_t rows = fill_all(options);
    create_programs(options);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    fmt::print("{{\"rows\": {}, \"tables\": {}, \"seconds\": {:.2f}}}\n", rows,
               shop::table_fillers().size() + 3, took.count());
  } catch (const std::exception& error) {
    std::cerr << "shop_generate: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
