#pragma once
// What a session holds on its server, followed statement by statement, and how to set it up again
// on the other server. Pure. When in doubt a session counts as not movable.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mysql/version.h"
#include "proxy/statement.h"

namespace flyover::proxy {

/// One value of a text result row, and the type of its column.
struct Cell {
  std::uint8_t type = 0;  ///< MYSQL_TYPE_*
  std::optional<std::string> text{};
};

/// What the old server says of a session, read in one row.
struct CarriedState {
  std::string schema{};         ///< empty: none
  std::string set_statement{};  ///< sets everything again; empty: nothing to set
};

class SessionState {
 public:
  /// A command with `effects` was answered. `ok`: without an error.
  void apply(const StatementEffects& effects, bool ok);

  /// The server flags after an answer: ends a one-shot SET TRANSACTION when a transaction ended.
  void on_status(std::uint16_t before, std::uint16_t after);

  /// A new or reset session.
  void clear() { *this = SessionState(); }

  /// For good: something nobody can follow.
  void pin(std::string reason) { unclassified_.insert(std::move(reason)); }

  /// Why the session can not move, as counted in the status; empty: it can. Things that pass with
  /// the session's own next commands are in draining() instead.
  std::vector<std::string> pins() const;
  /// Table locks, handlers, XA, one-shot settings.
  std::vector<std::string> draining() const;

  /// One SELECT for the old server, whose only row goes to carry().
  std::string state_query(const mysql::Version& from) const;

  /// `row`: the answer to state_query(). `autocommit`: on the old server. `to`: the new server.
  /// `absent`: variables of session_variables() that it does not have; their values wait here until
  /// the session comes to a server that has them.
  /// Error "proxy.unmovable" when a value can not be expressed.
  base::Result<CarriedState> carry(const std::vector<Cell>& row, bool autocommit,
                                   const mysql::Version& to,
                                   const std::set<std::string>& absent = {});
  /// The session is on a server now that does not have these.
  void set_absent(std::set<std::string> names) { absent_ = std::move(names); }

  /// A session variable turned out not to exist: it is not carried.
  void forget_variable(const std::string& name) { std::erase(session_variables_, name); }
  const std::vector<std::string>& session_variables() const { return session_variables_; }

 private:
  void apply_releases(const StatementEffects& effects);
  void apply_acquisitions(const StatementEffects& effects);

  std::vector<std::string> session_variables_;  // the one set last is last
  std::set<std::string> absent_;                // of these, what the present server does not have
  std::map<std::string, Cell> values_;          // of session variables, as read last
  std::vector<std::string> user_variables_;     // distinct
  std::set<std::string> temporary_tables_;
  std::set<std::string> handlers_;
  std::set<std::string> prepared_;
  std::map<std::string, int> locks_;
  std::set<std::string> unclassified_;
  bool tables_locked_ = false;
  bool transaction_setting_ = false;
  bool xa_ = false;
  bool routine_called_ = false;
};

/// The name of `variable` on a server of that version; empty when it has none and needs none.
std::string variable_on(const mysql::Version& version, std::string_view variable);

/// `value` of `variable` as the server of that version knows it: names of character sets and
/// collations, and SQL modes that are gone.
std::string value_on(const mysql::Version& version, std::string_view variable,
                     std::string_view value);

}  // namespace flyover::proxy
