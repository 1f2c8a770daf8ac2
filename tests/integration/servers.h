#pragma once
// The two real servers that the integration tests run against, from the environment that
// tests/support/sandbox.py prints. A missing variable fails the test.

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "db/connection.h"

namespace flyover::integration {

inline std::string required_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) {
    throw std::runtime_error(name + " is not set; start servers with tests/support/sandbox.py");
  }
  return value;
}

inline db::Endpoint endpoint_as(base::Side side, const std::string& account) {
  const std::string prefix = side == base::Side::source ? "SOURCE_" : "TARGET_";
  db::Endpoint endpoint;
  endpoint.side = side;
  endpoint.host = required_environment(prefix + "HOST");
  endpoint.port = static_cast<std::uint16_t>(std::stoul(required_environment(prefix + "PORT")));
  endpoint.user = required_environment(prefix + account + "USER");
  endpoint.password = base::Secret(required_environment(prefix + account + "PASSWORD"));
  return endpoint;
}

/// flyover's own account.
inline db::Endpoint endpoint(base::Side side) {
  return endpoint_as(side, "");
}
/// The administrator, for what a test prepares.
inline db::Endpoint root_endpoint(base::Side side) {
  return endpoint_as(side, "ROOT_");
}

/// The statements of a file of tests/integration, which end with a line of two slashes. Lines that
/// start with two dashes are comments.
inline std::vector<std::string> read_statements(const std::string& file) {
  std::ifstream in(std::string(FLYOVER_SOURCE_DIR) + "/tests/integration/" + file);
  if (!in) throw std::runtime_error("can not read " + file);
  std::vector<std::string> statements(1);
  for (std::string line; std::getline(in, line);) {
    if (line == "//") {
      statements.emplace_back();
    } else if (!line.starts_with("--")) {
      statements.back() += line + "\n";
    }
  }
  if (statements.back().empty()) statements.pop_back();
  return statements;
}

}  // namespace flyover::integration
