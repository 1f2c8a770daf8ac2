// The proof by doing: every object of the source is created on the target, under scratch schemas,
// and dropped again; a table that nobody else needs as a temporary one, where the target takes it
// so. What the target refuses is reported in its own words.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <set>

#include "assess/registry.h"
#include "assess/tryout.h"
#include "base/log.h"
#include "base/random.h"
#include "base/task_group.h"
#include "schema/create.h"
#include "schema/ddl.h"
#include "schema/diff.h"
#include "schema/introspect.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

constexpr std::string_view kPrefix = "flyover_assess_";
constexpr std::size_t kTokenBytes = 12;
// A definition waits for the disk most of the time, and those that wait together share what they
// wait for.
constexpr std::size_t kSessions = 6;
constexpr std::uint32_t kAccessDenied = 1227;
constexpr std::uint32_t kNoSuchSchema = 1049;

// What is there for a moment only need not be in the server's log, where it may be.
void leave_log_out(db::Connection& connection) {
  try {
    connection.execute("SET SESSION sql_log_bin = 0");
  } catch (const base::ErrorException& e) {
    if (e.error().mysql_errno != kAccessDenied) throw;
  }
}

// Runs `work` for every index below `count`, several at once, each in a session of its own.
void in_sessions(const db::Endpoint& target, std::size_t count, std::stop_token stop,
                 const std::function<void(db::Connection&, std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  base::TaskGroup group(std::move(stop));
  for (std::size_t session = 0; session < std::min(kSessions, count); ++session) {
    group.start("proof", [&](const std::stop_token& s) {
      db::Connection connection = db::Connection::open(target);
      leave_log_out(connection);
      const db::InterruptOnStop interrupt(connection, s);
      for (std::size_t i = next++; i < count && !s.stop_requested(); i = next++) {
        work(connection, i);
      }
    });
  }
  group.join();
}

// The lock says that the schemas of a token are in use; it ends with its session, however that
// ends.
std::string lock_name(std::string_view token) {
  return std::string(kPrefix) + std::string(token);
}

// "flyover_assess_<token>_<n>", or "" for another schema.
std::string token_of(std::string_view schema) {
  if (!schema.starts_with(kPrefix)) return "";
  const std::string_view rest = schema.substr(kPrefix.size());
  if (rest.size() <= kTokenBytes + 1 || rest[kTokenBytes] != '_') return "";
  return std::string(rest.substr(0, kTokenBytes));
}

// One by one: what automatic_sp_privileges granted on a routine goes with the routine, but would
// outlive it when its schema is dropped.
void drop_routines(db::Connection& connection, const std::string& schema) {
  const db::Table routines = connection.query(
      "SELECT ROUTINE_TYPE AS kind, ROUTINE_NAME AS name FROM information_schema.ROUTINES WHERE "
      "ROUTINE_SCHEMA = " +
      mysql::quote_bytes(schema));
  for (std::size_t i = 0; i < routines.rows.size(); ++i) {
    connection.execute("DROP " + routines.text(i, "kind") + " IF EXISTS " +
                       mysql::quote_name(schema) + "." +
                       mysql::quote_name(routines.text(i, "name")));
  }
}

void drop_schemas_of(db::Connection& connection, std::string_view token) {
  connection.execute("SET SESSION foreign_key_checks = 0");
  const db::Table rows = connection.query("SHOW DATABASES");
  for (const auto& row : rows.rows) {
    const std::string schema = row[0].value_or("");
    if (token_of(schema) != token) continue;
    drop_routines(connection, schema);
    connection.execute(schema::drop_schema_sql(schema));
  }
}

// What an assessment left behind that was killed.
void drop_abandoned(db::Connection& connection) {
  const db::Table rows = connection.query("SHOW DATABASES");
  for (const auto& row : rows.rows) {
    const std::string token = token_of(row[0].value_or(""));
    if (token.empty()) continue;
    const auto free =
        connection.query_value("SELECT IS_FREE_LOCK(" + mysql::quote_bytes(lock_name(token)) + ")");
    if (free == "1") drop_schemas_of(connection, token);
  }
}

// Scratch names for every schema; drops them when it goes, in a session of its own, because the one
// that was used may be gone.
class Scratch {
 public:
  Scratch(CheckContext& context) : context_(context) {
    token_ = base::random_token().substr(0, kTokenBytes);
    for (const schema::Schema& schema : context.catalog.schemas) {
      names_.renamed[schema.name] = fmt::format("{}{}_{}", kPrefix, token_, names_.renamed.size());
    }
    for (const schema::Table& table : context.catalog.tables) names_.objects.insert(table.name);
    for (const schema::View& view : context.catalog.views) names_.objects.insert(view.name);
    temporary_tells_ = temporary_tells(context.catalog);
    context.target.connection.execute("DO GET_LOCK(" + mysql::quote_bytes(lock_name(token_)) +
                                      ", 0)");
  }
  ~Scratch() {
    try {
      drop_tables();
      db::Connection connection = db::Connection::open(context_.request.target);
      leave_log_out(connection);
      drop_schemas_of(connection, token_);
    } catch (const std::exception& e) {
      // The lock ends with our session, so that the next assessment drops what is left.
      base::log::warn("assess.scratch_left", "scratch schemas {}{}_* were not dropped: {}", kPrefix,
                      token_, e.what());
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const schema::SchemaNames& names() const { return names_; }
  /// By table of the catalog.
  const std::vector<bool>& tables_that_may_be_temporary() const { return temporary_tells_; }

 private:
  // DROP DATABASE takes one table after the other. What foreign keys tie together is left to it:
  // two sessions that drop a parent and its child wait for each other.
  void drop_tables() {
    std::set<mysql::TableName> tied;
    for (const schema::Table& table : context_.catalog.tables) {
      if (!table.foreign_keys.empty()) tied.insert(table.name);
      for (const schema::ForeignKey& key : table.foreign_keys) tied.insert(key.parent);
    }
    std::vector<mysql::TableName> alone;
    const std::vector<schema::Table>& tables = context_.catalog.tables;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (!temporary_tells_[i] && !tied.contains(tables[i].name)) alone.push_back(tables[i].name);
    }
    const auto drop = [&](db::Connection& connection, std::size_t i) {
      const mysql::TableName scratch{names_.of(alone[i].schema), alone[i].table};
      connection.execute("SET SESSION foreign_key_checks = 0");
      try {
        connection.execute("DROP TABLE IF EXISTS " + scratch.quoted());
      } catch (const base::ErrorException& e) {
        if (e.error().mysql_errno != kNoSuchSchema) throw;  // The schema was refused.
      }
    };
    in_sessions(context_.request.target, alone.size(), {}, drop);
  }

  CheckContext& context_;
  std::string token_;
  schema::SchemaNames names_;
  std::vector<bool> temporary_tells_;
};

class Proof {
 public:
  Proof(CheckContext& context, const Scratch& scratch)
      : context_(context),
        scratch_(scratch),
        names_(scratch.names()),
        connection_(context.target.connection) {}

  void run() {
    for (const schema::Schema& schema : context_.catalog.schemas) {
      const std::string sql = create_schema_sql(schema, names_);
      attempt("schema " + schema.name, sql, [&] { run_ddl(connection_, context_.dialect, sql); });
    }
    prove_tables();
    for (const schema::Table& table : context_.catalog.tables) prove_foreign_keys(table);
    prove_programs(schema::ProgramKind::function);
    prove_programs(schema::ProgramKind::procedure);
    for (const schema::View& view : context_.catalog.views) {
      attempt("view " + view.name.to_string(), create_view_sql(view, names_),
              [&] { create_view(connection_, view, names_); });
      prove_select(view);
    }
    prove_programs(schema::ProgramKind::trigger);
    prove_programs(schema::ProgramKind::event);
  }

 private:
  template <typename Create>
  void attempt(const std::string& object, const std::string& sql, Create create) {
    context_.stop_if_requested();
    try {
      create();
    } catch (const base::ErrorException& e) {
      if (is_lost(e.error()) || context_.request.stop.stop_requested()) throw;
      refused(object, sql, e.error());
    }
  }

  void refused(const std::string& object, const std::string& sql, const base::Error& error) {
    // The server's words without our copy of the statement, which follows in full.
    const std::string words = error.message.substr(0, error.message.find(" in: "));
    context_.blocker(object, fmt::format("the target refuses it: {}\n{}", words, sql),
                     error.hint.empty() ? "change it on the source so that both servers take it, "
                                          "or exclude it in [tables]"
                                        : error.hint);
  }

  void prove_tables() {
    const std::vector<schema::Table>& tables = context_.catalog.tables;
    std::vector<std::optional<base::Error>> errors(tables.size());
    const auto prove = [&](db::Connection& connection, std::size_t i) {
      if (scratch_.tables_that_may_be_temporary()[i] && is_taken_as_temporary(connection, i))
        return;
      try {
        run_ddl(connection, context_.dialect, create_sql(i));
      } catch (const base::ErrorException& e) {
        if (is_lost(e.error())) throw;
        errors[i] = e.error();
      }
    };
    try {
      in_sessions(context_.request.target, tables.size(), context_.request.stop, prove);
    } catch (const base::ErrorException&) {
      // A stop request interrupts the sessions, which they report as lost.
      context_.stop_if_requested();
      throw;
    }
    context_.stop_if_requested();
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (!errors[i]) continue;
      refused("table " + tables[i].name.to_string(), create_sql(i), *errors[i]);
    }
  }

  std::string create_sql(std::size_t table, bool temporary = false) const {
    return create_table_sql(
        context_.catalog.tables[table],
        {.temporary = temporary, .without_foreign_keys = true, .names = names_});
  }

  // A refusal tells nothing: there is much that only temporary tables can not have.
  bool is_taken_as_temporary(db::Connection& connection, std::size_t table) const {
    try {
      run_ddl(connection, context_.dialect, create_sql(table, true));
    } catch (const base::ErrorException& e) {
      if (is_lost(e.error())) throw;
      return false;
    }
    const mysql::TableName& name = context_.catalog.tables[table].name;
    connection.execute("DROP TEMPORARY TABLE " +
                       mysql::TableName{names_.of(name.schema), name.table}.quoted());
    return true;
  }

  void prove_foreign_keys(const schema::Table& table) {
    const std::string sql = add_foreign_keys_sql(table, names_);
    if (sql.empty()) return;
    attempt("foreign keys of " + table.name.to_string(), sql,
            [&] { run_ddl(connection_, context_.dialect, sql); });
  }

  // A server may store another SELECT than it was given: 9.7 confuses the columns of GROUP_CONCAT
  // (DISTINCT … ORDER BY …).
  void prove_select(const schema::View& view) {
    const auto made =
        schema::read_view(connection_, {names_.of(view.name.schema), view.name.table});
    if (!made || schema::keeps_names(view, *made)) return;
    context_.blocker("view " + view.name.to_string(),
                     fmt::format("the target stores another SELECT than it is given\nsource: {}\n"
                                 "target: {}",
                                 view.definition, made->definition),
                     "write it on the source so that both servers understand the same, or exclude "
                     "it in [tables]");
  }

  void prove_programs(schema::ProgramKind kind) {
    for (const schema::Program& program : context_.catalog.programs) {
      if (program.kind != kind) continue;
      attempt(program.name.to_string(), program.create_sql,
              [&] { create_program(connection_, program, context_.dialect, names_); });
    }
  }

  CheckContext& context_;
  const Scratch& scratch_;
  const schema::SchemaNames& names_;
  db::Connection& connection_;
};

}  // namespace

void check_proof(CheckContext& context) {
  if (!context.request.options.prove_by_doing) return;
  leave_log_out(context.target.connection);
  drop_abandoned(context.target.connection);
  const Scratch scratch(context);
  Proof(context, scratch).run();
}

}  // namespace flyover::assess
