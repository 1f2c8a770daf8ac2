// The application: it uses the shop through one endpoint and never stops until told to (SIGTERM or
// SIGINT). It has no retry: an error, a dropped connection or a wrong answer is a failed query.
#include <fmt/format.h>
#include <getopt.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <thread>

#include "app_worker.h"
#include "shop_tables.h"

namespace {

using shop::AppOptions;
using shop::Tally;
using shop::Worker;

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// Writes app.json as a whole, so that a reader never sees half of it.
void write_summary(const AppOptions& options, Tally& tally, double seconds, bool finished) {
  std::string failures;
  for (const std::string& failure : tally.failures()) {
    failures += (failures.empty() ? "" : ",\n  ") + json_string(failure);
  }
  std::string actions;
  for (const std::string& name : Worker::action_names()) {
    actions += (actions.empty() ? "" : ", ") + json_string(name);
  }
  const std::filesystem::path path = options.directory / "app.json";
  const std::filesystem::path temporary = options.directory / ".app.json";
  {
    std::ofstream file(temporary);
    file << fmt::format(
        "{{\"connections\": {}, \"connected\": {}, \"seconds\": {:.1f}, \"finished\": {},\n"
        " \"statements\": {}, \"commits\": {}, \"rollbacks\": {}, \"failed\": {},\n"
        " \"actions\": [{}],\n \"failures\": [{}]}}\n",
        options.connections, tally.connected.load(), seconds, finished, tally.statements.load(),
        tally.commits.load(), tally.rollbacks.load(), tally.failed.load(), actions, failures);
    if (!file) throw std::runtime_error("cannot write " + temporary.string());
  }
  std::filesystem::rename(temporary, path);
}

/// How many rows were generated; the generator leaves the numbers in shop_stats.
shop::ShopSize measure(const AppOptions& options) {
  shop::Session session(options.endpoint);
  const auto rows_of = [&](const char* table) {
    const auto rows = session.query(
        fmt::format("SELECT value FROM shop.shop_stats WHERE name = 'rows of {}'", table));
    if (rows.size() != 1) throw std::runtime_error("the shop was not made by shop_generate");
    return std::stoull(rows[0][0]);
  };
  return {
      .products = rows_of("products"),
      .customers = rows_of("customers"),
      .addresses = rows_of("addresses"),
      .orders = rows_of("orders"),
      .readings = rows_of("readings"),
      .documents = rows_of("documents"),
      .coupons = rows_of("coupons"),
      .bins = rows_of("bins"),
      .translations = rows_of("translations"),
      .categories = rows_of("categories"),
      .audit = rows_of("audit_log"),
      .prices = rows_of("price_history"),
  };
}

AppOptions parse(int argc, char** argv) {
  AppOptions options;
  const option table[] = {
      {"host", required_argument, nullptr, 'h'}, {"port", required_argument, nullptr, 'P'},
      {"user", required_argument, nullptr, 'u'}, {"connections", required_argument, nullptr, 'c'},
      {"rate", required_argument, nullptr, 'r'}, {"seed", required_argument, nullptr, 's'},
      {"dir", required_argument, nullptr, 'd'},  {nullptr, 0, nullptr, 0}};
  options.endpoint.user = "app";
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
      case 'c':
        options.connections = static_cast<unsigned>(std::stoul(optarg));
        break;
      case 'r':
        options.rate = std::stod(optarg);
        break;
      case 's':
        options.seed = std::stoull(optarg);
        break;
      case 'd':
        options.directory = optarg;
        break;
      default:
        std::cerr << "usage: shop_app --port N --dir D [--host H] [--user U] [--connections N]\n"
                     "                [--rate PER_SECOND] [--seed N]; the password is in "
                     "SHOP_PASSWORD\n";
        std::exit(2);
    }
  }
  if (options.connections == 0 || options.connections > 40) {
    throw std::runtime_error("--connections must be between 1 and 40");
  }
  return options;
}

int run(const AppOptions& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::filesystem::create_directories(options.directory);
  const shop::ShopSize size = measure(options);
  Tally tally;
  const auto run_number =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) /
      1000000;
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  {
    std::vector<std::unique_ptr<Worker>> workers;
    std::vector<std::jthread> threads;
    workers.reserve(options.connections);
    threads.reserve(options.connections);
    for (unsigned i = 0; i < options.connections; ++i) {
      workers.push_back(std::make_unique<Worker>(options, size, i, run_number, tally));
    }
    for (const auto& worker : workers) {
      threads.emplace_back([&worker](const std::stop_token& stop) { worker->run(stop); });
    }
    const timespec second{.tv_sec = 1, .tv_nsec = 0};
    while (sigtimedwait(&signals, nullptr, &second) < 0) {
      write_summary(options, tally, seconds(), false);
    }
    for (auto& thread : threads) thread.request_stop();
    for (auto& thread : threads) thread.join();
  }
  write_summary(options, tally, seconds(), true);
  return tally.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    mysql_library_init(0, nullptr, nullptr);
    return run(parse(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "shop_app: " << error.what() << '\n';
    return 1;
  }
}
