// The move of a session to the other server: read what it holds, log in there, set it up, let the
// old connection go. The client notices nothing but the time it takes.

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "proxy/session.h"

namespace flyover::proxy {
namespace {

constexpr std::uint32_t kErrUnknownVariable = 1193;
constexpr std::uint32_t kErrWrongScope = 1238;

bool names_no_variable(const base::Error& error) {
  return error.mysql_errno == kErrUnknownVariable || error.mysql_errno == kErrWrongScope;
}

}  // namespace

std::string Session::why_not_movable() const {
  if (in_transaction()) return "it is in a transaction";
  auto reasons = pins();
  for (std::string& reason : draining()) reasons.push_back(std::move(reason));
  return fmt::format("{}", fmt::join(reasons, ", "));
}

base::Error Session::unmovable_error(const std::string& why) const {
  return {.code = "proxy.unmovable",
          .side = base::Side::endpoint,
          .action = base::Action::retry,
          .message = fmt::format("The database is being moved to another server and this session "
                                 "can not follow ({}): connect again",
                                 why),
          .hint = "",
          .mysql_errno = 1053,
          .sqlstate = "08S01"};
}

bool Session::may_move_now(Clock::time_point now) const {
  if (activity_ != Activity::idle || moving_) return false;
  return !left_diagnostics_ || now - idle_since_ >= endpoint_.options().diagnostics_wait;
}

Task<void> Session::move_idle() {
  const auto self = shared_from_this();
  // A command that came meanwhile moves the session itself.
  if (activity_ != Activity::idle || moving_) co_return;
  const auto moved = co_await move();
  if (moved || activity_ != Activity::idle) co_return;
  endpoint_.counters().count_closed();
  base::log::warn("proxy.session_closed", "session {}: {}", id_, moved.error().message);
  close_politely(moved.error().message);
}

/// Moves to the active side, taking its turn. Anything else waits for the end of it.
Task<base::Result<bool>> Session::move() {
  while (moving_) co_await moved_.wait();
  if (backend_->side() == endpoint_.gate().active()) co_return true;
  moving_ = true;
  co_await endpoint_.move_slots().acquire();
  if (status_unsure_) co_await refresh_status();
  const std::string why = why_not_movable();
  base::Result<bool> moved = unmovable_error(why);
  if (why.empty()) {
    auto done = co_await move_to(endpoint_.active_server());
    if (done) {
      moved = true;
    } else {
      moved = unmovable_error(done.error().message);
    }
  }
  endpoint_.move_slots().release();
  moving_ = false;
  moved_.notify_all();
  co_return moved;
}

Task<base::Result<bool>> Session::move_to(Server& to) {
  const auto limit = endpoint_.options().move_timeout;
  auto opened = co_await other_backend(to);
  if (!opened) co_return opened.error();
  std::unique_ptr<Backend> fresh = std::move(*opened);
  Backend* const old = backend_.get();
  {
    const net::Deadline deadline(client_.socket().get_executor(), limit, [&] {
      fresh->stream().close();
      old->stream().close();
    });
    std::set<std::string> absent;
    auto carried = co_await read_state(to.version(), absent);
    if (!carried) co_return carried.error();
    auto established = co_await establish(*fresh, std::move(*carried));
    if (!established && names_no_variable(established.error())) {
      // The statement is refused as a whole.
      absent = co_await absent_variables(*fresh);
      carried = co_await read_state(to.version(), absent);
      if (!carried) co_return carried.error();
      established = co_await establish(*fresh, std::move(*carried));
    }
    if (!established) co_return established.error();
    state_.set_absent(std::move(absent));
  }
  std::swap(backend_, fresh);
  tracker_.set_status(backend_->status());
  left_diagnostics_ = false;
  endpoint_.counters().count_moved();
  co_await fresh->quit();
  co_return true;
}

/// The standby if there is one that still works, else a new connection.
Task<base::Result<std::unique_ptr<Backend>>> Session::other_backend(Server& to) {
  std::unique_ptr<Backend> standby = std::move(standby_);
  if (standby && standby->side() == to.side() && !standby->stream().peer_closed()) {
    co_return std::move(standby);
  }
  Account account = account_;
  account.login.schema.clear();
  co_return co_await Backend::open(to, account, endpoint_.options().move_timeout);
}

/// Asks the old server for everything that has a value there.
Task<base::Result<CarriedState>> Session::read_state(const mysql::Version& to,
                                                     std::set<std::string> absent) {
  const mysql::Version from = backend_->server().version();
  // A server whose default is off greets as if it were on, so its flag is not believed.
  const std::string and_autocommit = ", @@session.autocommit";
  auto row = co_await backend_->query_row(state_.state_query(from) + and_autocommit);
  if (!row && names_no_variable(row.error())) {
    // A SET that failed named a variable that is none: find out which.
    const std::vector<std::string> names = state_.session_variables();
    for (const std::string& name : names) {
      SessionState only;
      StatementEffects effects;
      effects.session_variables.push_back(name);
      only.apply(effects, true);
      const auto one = co_await backend_->query_row(only.state_query(from));
      if (!one && one.error().code == "proxy.backend_refused") state_.forget_variable(name);
    }
    row = co_await backend_->query_row(state_.state_query(from) + and_autocommit);
  }
  if (!row) co_return row.error();
  const bool autocommit = row->empty() || row->back().text != "0";
  if (!row->empty()) row->pop_back();
  auto carried = state_.carry(*row, autocommit, to, absent);
  if (carried && autocommit) {
    std::string& set = carried->set_statement;
    set += std::string(set.empty() ? "SET " : ", ") + "@@session.autocommit = 1";
  }
  co_return carried;
}

/// What the session has set and the new server does not have, so that it can mean nothing there.
/// The application is told by that server when it sets it again.
Task<std::set<std::string>> Session::absent_variables(Backend& fresh) {
  std::set<std::string> absent;
  const std::vector<std::string> names = state_.session_variables();
  for (const std::string& name : names) {
    SessionState only;
    StatementEffects effects;
    effects.session_variables.push_back(name);
    only.apply(effects, true);
    const auto one = co_await fresh.query_row(only.state_query(fresh.server().version()));
    if (one || !names_no_variable(one.error())) continue;
    absent.insert(name);
    base::log::warn("proxy.variable_absent",
                    "session {} has set {}, which the {} does not have: left out; the "
                    "application's next SET of it will fail there",
                    id_, name, fresh.server().name());
  }
  co_return absent;
}

/// Sets a new connection up like the old one.
Task<base::Result<bool>> Session::establish(Backend& fresh, CarriedState carried) {
  if (!carried.set_statement.empty()) {
    const auto set = co_await fresh.execute(carried.set_statement);
    if (!set) co_return set.error();
  }
  // After the character set: the name comes as the old session shows it.
  if (!carried.schema.empty()) {
    const auto used = co_await fresh.command(mysql::Command::init_db, carried.schema);
    if (!used) co_return used.error();
  }
  if (!option_.empty()) {
    const auto set = co_await fresh.command(mysql::Command::set_option, option_);
    if (!set) co_return set.error();
  }
  std::vector<std::string> texts;
  std::vector<Prepared*> statements;
  for (auto& [id, prepared] : statements_) {
    texts.push_back(prepared.text);
    statements.push_back(&prepared);
  }
  const auto prepared = co_await fresh.prepare(std::move(texts));
  if (!prepared) co_return prepared.error();
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const bool same = (*prepared)[i].parameters == statements[i]->parameters &&
                      (*prepared)[i].columns == statements[i]->columns;
    if (!same) {
      co_return unmovable_error("a prepared statement has other columns on the new server");
    }
  }
  // Only now, when nothing can fail any more.
  for (std::size_t i = 0; i < statements.size(); ++i) {
    statements[i]->backend_id = (*prepared)[i].statement_id;
    statements[i]->types_on_backend = false;
  }
  co_return true;
}

Task<void> Session::refresh_status() {
  const auto pinged = co_await backend_->command(mysql::Command::ping, "");
  if (!pinged) co_return;
  const std::uint16_t before = tracker_.status();
  tracker_.set_status(backend_->status());
  state_.on_status(before, tracker_.status());
  status_unsure_ = false;
}

Task<void> Session::refresh_idle_status() {
  const auto self = shared_from_this();
  if (activity_ != Activity::idle || moving_ || !status_unsure_) co_return;
  moving_ = true;
  co_await refresh_status();
  moving_ = false;
  moved_.notify_all();
}

Task<bool> Session::open_standby(base::Side side) {
  const auto self = shared_from_this();
  if (opening_standby_ || !backend_ || backend_->side() == side) co_return true;
  opening_standby_ = true;
  Account account = account_;
  account.login.schema.clear();
  co_await endpoint_.move_slots().acquire();
  auto opened =
      co_await Backend::open(endpoint_.server(side), account, endpoint_.options().connect_timeout);
  endpoint_.move_slots().release();
  opening_standby_ = false;
  if (!opened) {
    base::log::warn("proxy.standby", "session {}: {}", id_, opened.error().message);
    co_return false;
  }
  // The session may have ended or changed its user meanwhile.
  const bool useless =
      backend_ == nullptr || backend_->side() == side || account.login.user != account_.login.user;
  if (activity_ == Activity::closed || useless) {
    co_await (*opened)->quit();
    co_return false;
  }
  standby_ = std::move(*opened);
  co_return true;
}

void Session::drop_standby() {
  if (standby_) standby_->stream().close();
  standby_.reset();
}

}  // namespace flyover::proxy
