// The independent check: reads the two servers with its own SQL, row by row and column by column,
// and compares the ledgers in the database with those on the application's disk. It shares no code
// with flyover. Both servers must be at rest.
#include <fmt/format.h>
#include <getopt.h>
#include <xxhash.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>
#include <unordered_map>

#include "app_ledger.h"
#include "client.h"

namespace {

using shop::Endpoint;
using shop::Session;

struct Options {
  Endpoint left;
  Endpoint right;
  std::string schema = "shop";
  std::filesystem::path ledgers;
};

/// One table as one server holds it: a digest of every row and a sum of digests of every column.
struct TableDigest {
  std::vector<XXH128_hash_t> rows;
  std::map<std::string, std::uint64_t> columns;
};

bool less(const XXH128_hash_t& a, const XXH128_hash_t& b) {
  return XXH128_cmp(&a, &b) < 0;
}

std::string password_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

/// Every value as the bytes that are stored: no conversion of character set or time zone.
void neutral_session(Session& session) {
  session.query("SET NAMES binary");
  session.query("SET SESSION time_zone='+00:00', sql_mode=''");
}

std::vector<std::string> tables_of(const Endpoint& endpoint, const std::string& schema) {
  Session session(endpoint);
  std::vector<std::string> names;
  for (const auto& row : session.query(
           fmt::format("SELECT table_name FROM information_schema.tables WHERE table_schema = '{}' "
                       "AND table_type = 'BASE TABLE'",
                       schema))) {
    names.push_back(row[0]);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The columns as expressions whose text is exact: FLOAT would be rounded and BIT is not text.
std::vector<std::pair<std::string, std::string>> columns_of(Session& session,
                                                            const std::string& schema,
                                                            const std::string& table) {
  std::vector<std::pair<std::string, std::string>> columns;
  for (const auto& row : session.query(
           fmt::format("SELECT column_name, data_type FROM information_schema.columns "
                       "WHERE table_schema = '{}' AND table_name = '{}' ORDER BY ordinal_position",
                       schema, table))) {
    const std::string quoted = "`" + row[0] + "`";
    const std::string& type = row[1];
    columns.emplace_back(row[0], type == "float" ? quoted + " + 0e0"
                                 : type == "bit" ? quoted + " + 0"
                                                 : quoted);
  }
  return columns;
}

TableDigest digest(const Endpoint& endpoint, const std::string& schema, const std::string& table) {
  Session session(endpoint);
  neutral_session(session);
  const auto columns = columns_of(session, schema, table);
  std::string list;
  for (const auto& [name, expression] : columns) list += (list.empty() ? "" : ", ") + expression;
  const std::string sql = fmt::format("SELECT {} FROM `{}`.`{}`", list, schema, table);
  MYSQL* mysql = session.raw();
  const auto check = [mysql](bool good) {
    if (!good) throw shop::ClientError(mysql_errno(mysql), mysql_error(mysql));
  };
  check(mysql_real_query(mysql, sql.data(), sql.size()) == 0);
  MYSQL_RES* result = mysql_use_result(mysql);
  check(result != nullptr);
  TableDigest out;
  std::vector<std::uint64_t> sums(columns.size());
  std::vector<std::uint64_t> row(columns.size());
  while (MYSQL_ROW values = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      row[i] =
          values[i] == nullptr ? 0x6e756c6cULL : XXH3_64bits_withSeed(values[i], lengths[i], 1);
      sums[i] += row[i];
    }
    out.rows.push_back(XXH3_128bits(row.data(), row.size() * sizeof(row[0])));
  }
  const bool complete = mysql_errno(mysql) == 0;
  mysql_free_result(result);
  check(complete);
  for (std::size_t i = 0; i < columns.size(); ++i) out.columns[columns[i].first] = sums[i];
  std::sort(out.rows.begin(), out.rows.end(), less);
  return out;
}

/// Digests a table on both servers at once.
std::pair<TableDigest, TableDigest> digest_both(const Options& options, const std::string& table) {
  std::pair<TableDigest, TableDigest> out;
  std::exception_ptr failure;
  {
    std::jthread other([&] {
      try {
        out.second = digest(options.right, options.schema, table);
      } catch (...) {
        failure = std::current_exception();
      }
    });
    out.first = digest(options.left, options.schema, table);
  }
  if (failure) std::rethrow_exception(failure);
  return out;
}

struct Comparison {
  std::uint64_t tables = 0;
  std::uint64_t rows = 0;
  std::uint64_t different = 0;
  std::string details;
};

Comparison compare(const Options& options) {
  Comparison out;
  const auto tables = tables_of(options.left, options.schema);
  if (tables != tables_of(options.right, options.schema)) {
    out.different = 1;
    out.details = "\"the two servers do not have the same tables\"";
    return out;
  }
  for (const std::string& table : tables) {
    const auto [left, right] = digest_both(options, table);
    std::vector<XXH128_hash_t> only_left;
    std::vector<XXH128_hash_t> only_right;
    std::set_difference(left.rows.begin(), left.rows.end(), right.rows.begin(), right.rows.end(),
                        std::back_inserter(only_left), less);
    std::set_difference(right.rows.begin(), right.rows.end(), left.rows.begin(), left.rows.end(),
                        std::back_inserter(only_right), less);
    ++out.tables;
    out.rows += std::max(left.rows.size(), right.rows.size());
    const std::uint64_t different = std::max(only_left.size(), only_right.size());
    std::string columns;
    for (const auto& [name, sum] : left.columns) {
      const auto at = right.columns.find(name);
      if (at == right.columns.end() || at->second != sum) columns += " " + name;
    }
    if (different == 0 && columns.empty() && left.columns.size() == right.columns.size()) continue;
    out.different += std::max<std::uint64_t>(different, 1);
    out.details += fmt::format(
        "{}\"{}: {} rows only on the first server, {} only on the second; "
        "columns:{}\"",
        out.details.empty() ? "" : ", ", table, only_left.size(), only_right.size(), columns);
  }
  if (out.tables == 0) throw std::runtime_error("there is no table in schema " + options.schema);
  return out;
}

/// What the application's disk says: for each token, where it must be.
struct Expected {
  std::unordered_map<std::string, unsigned> acknowledged;
  std::unordered_map<std::string, unsigned> unanswered;
  std::map<unsigned, std::uint64_t> account_commits;
  std::map<unsigned, std::uint64_t> stat_counts;
  /// Commits without an answer that may or may not have counted, by connection.
  std::map<unsigned, std::uint64_t> open;
  std::uint64_t rolled_back = 0;
};

Expected read_ledgers(const std::filesystem::path& directory) {
  Expected out;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("ledger-")) continue;
    const auto connection = static_cast<unsigned>(std::stoul(name.substr(7, 3)));
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string kind;
      std::string token;
      unsigned mask = 0;
      words >> kind >> token >> mask;
      if (kind == "A") {
        out.acknowledged.emplace(token, mask);
        if ((mask & shop::kLedgerAccount) != 0) ++out.account_commits[connection];
        if ((mask & shop::kLedgerStat) != 0) ++out.stat_counts[connection];
      } else if (kind == "U") {
        out.unanswered.emplace(token, mask);
        ++out.open[connection];
      } else {
        ++out.rolled_back;
      }
    }
  }
  return out;
}

struct LedgerResult {
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t unexpected = 0;
  std::string details;

  void note(const std::string& text) {
    if (details.size() < 4000) details += (details.empty() ? "\"" : ", \"") + text + "\"";
  }
};

void check_tokens(Session& session, const Options& options, const Expected& expected,
                  const char* table, unsigned bit, LedgerResult& out) {
  std::unordered_map<std::string, unsigned> found;
  for (const auto& row :
       session.query(fmt::format("SELECT token FROM `{}`.{}", options.schema, table))) {
    ++found[row[0]];
  }
  for (const auto& [token, mask] : expected.acknowledged) {
    if ((mask & bit) != 0 && !found.contains(token)) {
      ++out.lost;
      out.note(fmt::format("{} is not in {}", token, table));
    }
  }
  for (const auto& [token, times] : found) {
    if (times > 1) {
      ++out.doubled;
      out.note(fmt::format("{} is {} times in {}", token, times, table));
    }
    const auto acknowledged = expected.acknowledged.find(token);
    const bool known = acknowledged != expected.acknowledged.end()
                           ? (acknowledged->second & bit) != 0
                           : expected.unanswered.contains(token);
    if (!known) {
      ++out.unexpected;
      out.note(fmt::format("{} is in {} but was never committed", token, table));
    }
  }
}

void check_counters(Session& session, const std::string& sql, const Expected& expected,
                    const std::map<unsigned, std::uint64_t>& counts, LedgerResult& out) {
  std::map<unsigned, std::uint64_t> found;
  for (const auto& row : session.query(sql)) {
    found[static_cast<unsigned>(std::stoul(row[0]))] = std::stoull(row[1]);
  }
  for (const auto& [connection, count] : counts) {
    const auto open = expected.open.find(connection);
    const std::uint64_t most = count + (open == expected.open.end() ? 0 : open->second);
    if (found[connection] < count) {
      out.lost += count - found[connection];
      out.note(
          fmt::format("connection {} counted {}, found {}", connection, count, found[connection]));
    } else if (found[connection] > most) {
      out.doubled += found[connection] - most;
      out.note(fmt::format("connection {} counted at most {}, found {}", connection, most,
                           found[connection]));
    }
  }
}

LedgerResult check_ledger(const Options& options, const Endpoint& endpoint,
                          const Expected& expected) {
  LedgerResult out;
  Session session(endpoint);
  neutral_session(session);
  check_tokens(session, options, expected, "ledger", shop::kLedger, out);
  check_tokens(session, options, expected, "ledger_named", shop::kLedgerNamed, out);
  check_tokens(session, options, expected, "ledger_bare", shop::kLedgerBare, out);
  check_counters(
      session, fmt::format("SELECT connection, commits FROM `{}`.ledger_accounts", options.schema),
      expected, expected.account_commits, out);
  check_counters(session,
                 fmt::format("SELECT SUBSTRING(name, 12), value FROM `{}`.shop_stats "
                             "WHERE name LIKE 'connection-%'",
                             options.schema),
                 expected, expected.stat_counts, out);
  return out;
}

Options parse(int argc, char** argv) {
  Options options;
  const option table[] = {{"left-port", required_argument, nullptr, 'l'},
                          {"right-port", required_argument, nullptr, 'r'},
                          {"host", required_argument, nullptr, 'h'},
                          {"user", required_argument, nullptr, 'u'},
                          {"schema", required_argument, nullptr, 's'},
                          {"ledgers", required_argument, nullptr, 'd'},
                          {nullptr, 0, nullptr, 0}};
  options.left.user = options.right.user = "root";
  options.left.password = password_of("LEFT_PASSWORD");
  options.right.password = password_of("RIGHT_PASSWORD");
  for (int c = 0; (c = getopt_long(argc, argv, "", table, nullptr)) != -1;) {
    switch (c) {
      case 'l':
        options.left.port = static_cast<unsigned>(std::stoul(optarg));
        break;
      case 'r':
        options.right.port = static_cast<unsigned>(std::stoul(optarg));
        break;
      case 'h':
        options.left.host = options.right.host = optarg;
        break;
      case 'u':
        options.left.user = options.right.user = optarg;
        break;
      case 's':
        options.schema = optarg;
        break;
      case 'd':
        options.ledgers = optarg;
        break;
      default:
        std::cerr << "usage: shop_check [--left-port N] [--right-port N] [--ledgers DIR]\n"
                     "                  [--host H] [--user U] [--schema S]\n"
                     "Compares the two servers, and each with the application's ledgers. The\n"
                     "passwords are in LEFT_PASSWORD and RIGHT_PASSWORD.\n";
        std::exit(2);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    mysql_library_init(0, nullptr, nullptr);
    const Options options = parse(argc, argv);
    bool good = true;
    std::string json;
    if (options.left.port != 0 && options.right.port != 0) {
      const Comparison result = compare(options);
      good = result.different == 0;
      json = fmt::format(
          "\"tables\": {}, \"rows_compared\": {}, \"rows_different\": {}, \"details\": [{}]",
          result.tables, result.rows, result.different, result.details);
    }
    if (!options.ledgers.empty()) {
      const Expected expected = read_ledgers(options.ledgers);
      std::string sides;
      for (const auto& [name, endpoint] :
           {std::pair{"left", &options.left}, std::pair{"right", &options.right}}) {
        if (endpoint->port == 0) continue;
        const LedgerResult result = check_ledger(options, *endpoint, expected);
        good = good && result.lost + result.doubled + result.unexpected == 0;
        sides += fmt::format(
            ", \"{}\": {{\"lost\": {}, \"doubled\": {}, \"unexpected\": {}, \"details\": [{}]}}",
            name, result.lost, result.doubled, result.unexpected, result.details);
      }
      json += fmt::format(
          "{}\"ledger\": {{\"acknowledged\": {}, \"unanswered\": {}, \"rolled_back\": {}{}}}",
          json.empty() ? "" : ", ", expected.acknowledged.size(), expected.unanswered.size(),
          expected.rolled_back, sides);
    }
    fmt::print("{{{}}}\n", json);
    return good ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "shop_check: " << error.what() << '\n';
    return 3;
  }
}
