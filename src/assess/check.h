#pragma once
// What a check gets and how it answers.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assess/assess.h"
#include "db/connection.h"
#include "schema/model.h"
#include "schema/session.h"

namespace flyover::assess {

/// A server under assessment: a session, its global variables and what it holds.
struct Server {
  explicit Server(db::Connection opened);

  db::Connection connection;
  std::map<std::string, std::string> variables{};  ///< SHOW GLOBAL VARIABLES, lower-case names
  std::string account{};                           ///< CURRENT_USER(), quoted for GRANT

  /// The variable's value; nothing when the server has none of that name.
  std::optional<std::string> variable(const std::string& name) const;
  bool is_on(const std::string& name) const;
  std::uint64_t number(const std::string& name) const;
  std::string_view side_name() const;
};

/// Everything a check may look at. Checks run one after the other.
class CheckContext {
 public:
  CheckContext(const AssessContext& request, Server& source, Server& target, Report& report);

  const AssessContext& request;
  Server& source;
  Server& target;
  /// The source's selected objects, and what the target understands.
  schema::Catalog catalog{};
  schema::Dialect dialect{};

  void blocker(std::string object, std::string reason, std::string fix = "");
  void warning(std::string object, std::string reason, std::string fix = "");
  void notice(std::string object, std::string reason, std::string fix = "");
  void add(Severity severity, std::string object, std::string reason, std::string fix);

  /// The check that findings belong to from now on.
  void begin_check(std::string_view id);
  /// Throws when the assessment is to end early.
  void stop_if_requested() const;
  /// Bytes of rows and of indexes in the selected tables, as the source estimates them.
  std::uint64_t data_bytes() const;
  std::uint64_t index_bytes() const;

 private:
  Report& report_;
  std::string check_{};
};

/// "'a', 'b'": the schemas as a list for IN (...); never empty.
std::string schema_list(const schema::Catalog& catalog);

/// True when the error means that the session is gone.
bool is_lost(const base::Error& error);

}  // namespace flyover::assess
