#include "db/session_name.h"

#include <fmt/format.h>

#include <chrono>

#include "base/log.h"
#include "base/random.h"

namespace flyover::db {
namespace {

// Of each answer. A server that needs longer has other worries than our statements.
constexpr std::chrono::seconds kAnswersWithin{2};
constexpr std::chrono::seconds kEndedWithin{5};
constexpr std::uint32_t kNoSuchThread = 1094;

void end_session(Connection& beside, const std::string& name) {
  const auto number = beside.query_value(fmt::format("SELECT IS_USED_LOCK('{}')", name));
  if (!number) return;
  try {
    // Numbers are not used again while the server runs, and it is the same one for both statements.
    beside.execute("KILL CONNECTION " + *number);
    base::log::info("session.ended", "{} on {}", *number, beside.endpoint().address());
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kNoSuchThread) throw;
  }
}

}  // namespace

std::string name_session(Connection& session) {
  std::string name = "flyover.session." + base::random_token();
  const auto got = session.query_value(fmt::format("SELECT GET_LOCK('{}',0)", name));
  FLYOVER_CHECK(got == "1");
  return name;
}

void end_sessions(Endpoint endpoint, const std::vector<std::string>& names) {
  if (names.empty()) return;
  endpoint.connect_timeout = kAnswersWithin;
  endpoint.read_timeout = kAnswersWithin;
  const auto deadline = std::chrono::steady_clock::now() + kEndedWithin;
  try {
    Connection beside = Connection::open(endpoint);
    for (const std::string& name : names) {
      if (std::chrono::steady_clock::now() > deadline) {
        base::log::warn("session.left", "{} took too long to end {} sessions", endpoint.address(),
                        names.size());
        return;
      }
      end_session(beside, name);
    }
  } catch (const base::ErrorException& e) {
    base::log::warn("session.left",
                    "a statement of an interrupted session may go on until it ends by itself; SHOW "
                    "PROCESSLIST on {} shows it: {}",
                    endpoint.address(), e.what());
  }
}

}  // namespace flyover::db
