#include "migration/ddl_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "apply/statement_policy.h"
#include "base/fault.h"
#include "base/log.h"
#include "migration/ddl_refusals.h"
#include "migration/ddl_session.h"
#include "migration/forgotten.h"
#include "migration/statement_text.h"
#include "migration/structure.h"
#include "migration/switch_objects.h"
#include "migration/table_probe.h"
#include "schema/control_schema.h"
#include "schema/create.h"
#include "schema/ddl.h"
#include "schema/introspect.h"
#include "schema/partition_bounds.h"
#include "schema/row_versions.h"
#include "schema/sql_text.h"

namespace flyover::migration {
namespace {

using schema::StatementClass;

constexpr std::size_t kToldBytesMax = 300;

// The statement without "START TRANSACTION", which ties it to its rows. Options that the statement
// named stand behind it: executed as it is, it would leave the table locked.
std::string without_transaction(std::string_view sql) {
  const std::vector<schema::Token> tokens = schema::tokenize(sql);
  std::string out;
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].text == "(") ++depth;
    if (tokens[i].text == ")") --depth;
    const bool pair = i + 2 < tokens.size() && schema::is_word(tokens[i], "START") &&
                      tokens[i + 1].kind == schema::TokenKind::space &&
                      schema::is_word(tokens[i + 2], "TRANSACTION");
    if (depth == 0 && pair) {
      i += 2;
    } else {
      out += tokens[i].text;
    }
  }
  return out;
}

// Rows of the table got values that the statement's text does not say.
bool invents_values(const schema::Table& before, const schema::Table& after) {
  const auto counts = [](const schema::Column& column) { return column.auto_increment; };
  const bool had_counter = std::any_of(before.columns.begin(), before.columns.end(), counts);
  return std::any_of(after.columns.begin(), after.columns.end(), [&](const schema::Column& column) {
    if (before.find_column(column.name) != nullptr || column.generated) return false;
    return (column.auto_increment && !had_counter) || column.default_is_expression;
  });
}

}  // namespace

/// One statement on its way.
struct DdlHandler::Work {
  const binlog::Transaction& transaction;
  const binlog::StatementChange& statement;
  schema::StatementInfo info;
  std::vector<mysql::TableName> names;  ///< selected tables that it names
  db::Connection session;               ///< the statement's own
  db::Connection control;               ///< neutral
  schema::Dialect dialect;
};

DdlHandler::DdlHandler(DdlHandlerOptions options) : options_(std::move(options)) {}

schema::StatementInfo DdlHandler::read(const binlog::StatementChange& statement) const {
  schema::StatementInfo info = options_.policy.read(statement);
  if (!is_in_another_charset(statement, info)) return info;
  db::Connection connection = db::Connection::open(options_.to);
  return options_.policy.read(in_utf8(connection, statement));
}

bool DdlHandler::concerns(const binlog::StatementChange& statement) const {
  const schema::StatementInfo info = read(statement);
  if (info.kind == StatementClass::account) {
    base::log::info("ddl.account", "not followed, accounts are yours: {}",
                    schema::to_string(info.kind));
  }
  return options_.policy.concerns(statement, info);
}

bool DdlHandler::ends_stream(const binlog::StatementChange& statement) const {
  const schema::StatementInfo info = read(statement);
  return DdlPolicy::changes_tables(info) && options_.policy.concerns(statement, info) &&
         options_.policy.action(info) == DdlAction::apply;
}

bool DdlHandler::carry_out(const binlog::Transaction& transaction,
                           const binlog::StatementChange& statement, std::stop_token stop) {
  schema::StatementInfo info = read(statement);
  const std::string told = statement.sql.substr(0, kToldBytesMax);
  switch (options_.policy.action(info)) {
    case DdlAction::ignore:
      base::log::warn("ddl.ignored", "{} at {}: {}", schema::to_string(info.kind),
                      transaction.start.to_string(), told);
      options_.carried_out(DdlAction::ignore, options_.policy.selected_names(info), info,
                           statement.sql);
      return false;
    case DdlAction::stop: {
      base::Error error =
          apply::statement_error(apply::StatementVerdict::ddl, statement, transaction.end);
      error.hint = fmt::format(
                       "[ddl] {0} = \"stop\" in the configuration, or the default. Write {0} = "
                       "\"apply\" to follow such statements, or {0} = \"ignore\" to pass over "
                       "them, and start again. ",
                       schema::to_string(info.kind)) +
                   error.hint;
      base::throw_error(std::move(error));
    }
    case DdlAction::apply:
      break;
  }
  base::log::info("ddl", "{} at {}: {}", schema::to_string(info.kind),
                  transaction.start.to_string(), told);
  struct Busy {
    std::atomic<bool>& flag;
    ~Busy() { flag = false; }
  } const busy{busy_};
  busy_ = true;
  std::vector<mysql::TableName> names = options_.policy.selected_names(info);
  Work work{.transaction = transaction,
            .statement = statement,
            .info = std::move(info),
            .names = std::move(names),
            .session = db::Connection::open(options_.to),
            .control = db::Connection::open(options_.to),
            .dialect = {}};
  const db::InterruptOnStop interrupt(work.session, stop);
  const db::InterruptOnStop interrupt_control(work.control, stop);
  work.dialect = schema::read_dialect(work.control);
  const bool locks_tables =
      DdlPolicy::changes_tables(work.info) || work.info.kind == StatementClass::truncate_table;
  if (locks_tables) options_.make_way();
  DdlJournal journal(work.session, work.control, options_.migration, options_.link);
  const bool run_it = !covered(work);
  if (run_it && locks_tables && options_.to.side == base::Side::source) {
    db::Connection from = db::Connection::open(options_.from);
    refuse_new_collations(from, work.control, work.dialect, work.names, refused(work));
  }
  if (run_it && DdlPolicy::changes_tables(work.info)) refuse_rows_elsewhere(work);
  std::vector<std::string> schemas = work.info.schemas;
  if (!work.info.database.empty()) schemas.push_back(work.info.database);
  if (run_it && journal.begin(transaction.start, schemas, statement.sql)) run(work, stop);
  if (run_it && DdlPolicy::changes_tables(work.info)) after_tables(work);
  FLYOVER_FAULT("ddl.done");
  options_.carried_out(DdlAction::apply, work.names, work.info, statement.sql);
  if (statement.rows_follow) {
    if (!run_it) journal.begin(transaction.start, schemas, statement.sql);
    journal.finish_but_rows();
  } else {
    FLYOVER_CHECK(transaction.last);
    journal.finish(transaction.end, transaction.needs_from);
  }
  return DdlPolicy::changes_tables(work.info) || statement.rows_follow;
}

const schema::Table* DdlHandler::before(const mysql::TableName& name) const {
  const auto found = std::find_if(options_.tables.begin(), options_.tables.end(),
                                  [&](const schema::Table& table) { return table.name == name; });
  return found == options_.tables.end() ? nullptr : &*found;
}

/// What stands on the target and in its rows comes from behind the statement already, or will:
/// nothing is run, but rows that may come from both sides of it are copied again.
bool DdlHandler::covered(Work& work) const {
  const mysql::BinlogPosition& end = work.transaction.end;
  const bool in_schema = !options_.schema_as_of.empty() && end <= options_.schema_as_of;
  const bool drops =
      work.info.kind == StatementClass::drop_table || work.info.kind == StatementClass::database;
  std::vector<mysql::TableName> again;
  bool suspended = false;
  for (const mysql::TableName& name : work.names) {
    const auto cut = options_.cuts.find(name);
    if (cut == options_.cuts.end()) continue;
    suspended = suspended || cut->second.suspended;
    if (in_schema ? cut->second.skip_until < end : !cut->second.counts(end)) again.push_back(name);
  }
  if (in_schema) {
    std::erase_if(again, [&](const mysql::TableName& name) { return before(name) == nullptr; });
    if (!again.empty()) options_.suspend(again, "its definition was changed while it was loaded");
    return true;
  }
  if (again.empty() || drops) return false;
  // Their definitions are taken from the source when the link begins anew.
  options_.suspend(work.names, suspended ? "a statement named it together with a table that is to "
                                           "be copied again"
                                         : "its definition was changed while it was copied");
  return true;
}

void DdlHandler::run(Work& work, std::stop_token stop) {
  try {
    switch (work.info.kind) {
      case StatementClass::trigger:
        // Created at the switch from what the active side then has.
        for (const mysql::TableName& name : work.info.names) {
          forget_paused_trigger(work.control, options_.migration, name);
        }
        break;
      case StatementClass::event:
        sync_programs(work);
        break;
      case StatementClass::drop_table:
        if (work.info.names_known) {
          drop_tables(work, work.names);
        } else {
          run_text(work, work.statement.sql);
        }
        break;
      case StatementClass::database:
        if (work.info.drop && !work.info.names_known) {
          refuse_statement(refused(work), {.message = "which schema it drops can not be read"});
        } else if (work.info.drop) {
          drop_database(work);
        } else {
          run_text(work, work.statement.sql);
        }
        break;
      case StatementClass::view:
      case StatementClass::routine:
        run_program(work);
        break;
      default:
        run_tables(work);
        break;
    }
  } catch (const base::ErrorException& e) {
    if (stop.stop_requested() || e.error().action == base::Action::retry) throw;
    if (e.error().action == base::Action::pause) throw;
    // The source's statement ended with an error, too: what it did before is done.
    const bool same =
        work.statement.error_code != 0 && e.error().mysql_errno == work.statement.error_code;
    if (same) return;
    fall_back(work, e.error());
  }
}

void DdlHandler::run_text(Work& work, const std::string& sql) {
  enter_session(work.session, work.dialect, work.statement);
  FLYOVER_FAULT("ddl.before_statement");
  work.session.execute(sql);
  FLYOVER_FAULT("ddl.after_statement");
}

/// A view as the source's server understood it, which its text may not say: 5.6 forgets the ESCAPE
/// of a LIKE. Where that can not be (yet), the text. Views and routines of sessions in other
/// character sets than UTF-8: servers log their names in UTF-8 and the rest as it was typed, which
/// no session can repeat.
void DdlHandler::run_program(Work& work) {
  if (work.info.kind == StatementClass::view && !work.info.drop && copy_views(work)) return;
  if (work.info.names_known || schema::is_ascii(work.statement.sql)) {
    return run_text(work, work.statement.sql);
  }
  db::Connection from = db::Connection::open(options_.from);
  for (const std::string& schema : work.info.schemas) {
    if (!options_.policy.selects_schema(schema)) continue;
    mirror_programs(from, work.control, work.dialect, work.info.kind, schema);
  }
}

bool DdlHandler::copy_views(Work& work) {
  if (!work.info.names_known || work.names.empty()) return false;
  db::Connection from = db::Connection::open(options_.from);
  try {
    for (const mysql::TableName& name : work.names) {
      const auto view = schema::read_view(from, name);
      if (!view) return false;
      FLYOVER_FAULT("ddl.before_statement");
      schema::create_view(work.control, *view);
      FLYOVER_FAULT("ddl.after_statement");
    }
  } catch (const base::ErrorException& e) {
    if (e.error().action == base::Action::retry) throw;
    base::log::info("ddl.view", "by its text: {}", e.error().message);
    return false;
  }
  return true;
}

void DdlHandler::run_tables(Work& work) {
  const bool all_selected = work.info.names_known &&
                            std::all_of(work.info.names.begin(), work.info.names.end(),
                                        [&](const auto& n) { return options_.policy.selects(n); });
  const bool moves = work.info.names_known && work.info.names.size() > 1;
  if (moves && !all_selected) {
    options_.suspend(work.names, "a statement exchanged it with a table that is not selected");
    return;
  }
  run_text(work, without_transaction(work.statement.sql));
}

void DdlHandler::refuse_rows_elsewhere(const Work& work) {
  db::Connection from = db::Connection::open(options_.from);
  for (const mysql::TableName& name : work.names) {
    const auto table = schema::read_table(from, name);
    if (table && table->rows_elsewhere()) refuse_engine(refused(work), *table);
  }
}

/// The source's table is another one by now, or gone. This one could not even be opened where the
/// tables that it stands for are InnoDB.
bool DdlHandler::drop_rows_elsewhere(Work& work, const schema::Table& table) {
  if (!table.rows_elsewhere()) return false;
  schema::run_ddl(work.control, work.dialect, schema::drop_table_sql(table.name));
  options_.suspend({table.name}, "a statement gave it the engine " + table.engine);
  return true;
}

void DdlHandler::drop_tables(Work& work, const std::vector<mysql::TableName>& names) {
  if (names.empty()) return;
  std::string sql = "DROP TABLE IF EXISTS ";
  for (const mysql::TableName& name : names) {
    if (&name != &names.front()) sql += ", ";
    sql += name.quoted();
  }
  // The source's server has looked at the foreign keys.
  const schema::SessionScope scope(work.session, schema::ddl_session_sql(work.dialect));
  FLYOVER_FAULT("ddl.before_statement");
  work.session.execute(sql);
  FLYOVER_FAULT("ddl.after_statement");
}

void DdlHandler::drop_database(Work& work) {
  const std::string& database = work.info.database;
  const db::Table tables = work.control.query(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
      "AND table_schema = _utf8mb4" +
      mysql::quote_bytes(database));
  std::vector<mysql::TableName> selected;
  for (std::size_t i = 0; i < tables.rows.size(); ++i) {
    mysql::TableName name{database, tables.text(i, "name")};
    if (options_.policy.selects(name)) selected.push_back(std::move(name));
  }
  work.names = selected;
  if (selected.size() == tables.rows.size()) {
    const schema::SessionScope scope(work.session, schema::ddl_session_sql(work.dialect));
    FLYOVER_FAULT("ddl.before_statement");
    work.session.execute(schema::drop_schema_sql(database));
    FLYOVER_FAULT("ddl.after_statement");
    return;
  }
  base::log::warn("ddl.database", "schema {} stays: it has tables that are not selected", database);
  drop_tables(work, selected);
  drop_programs(work.control, database);
}

/// Views, routines and events as the source has them now. They decide nothing about rows, so it is
/// no harm when that is a later state than the statement's.
void DdlHandler::sync_programs(Work& work) {
  db::Connection from = db::Connection::open(options_.from);
  copy_programs(from, work.control, work.dialect, work.info.kind,
                work.info.kind == StatementClass::view ? work.names : work.info.names);
}

void DdlHandler::after_tables(Work& work) {
  std::vector<mysql::TableName> invented;
  std::vector<mysql::TableName> other_collation;
  db::Connection from = db::Connection::open(options_.from);
  for (const mysql::TableName& name : work.names) {
    const auto after = schema::read_table(work.control, name);
    if (!after || drop_rows_elsewhere(work, *after)) continue;
    if (schema::has_bounds_of_the_session(*after)) refuse_bounds(refused(work), name);
    const auto source = schema::read_table(from, name);
    follow_source(work, source ? &*source : nullptr, *after, from.version());
    keep_key_prefixes(work, *after);
    const schema::Table* const old = before(name);
    if (old != nullptr && invents_values(*old, *after)) invented.push_back(name);
    const bool back = options_.to.side == base::Side::source;
    if (back && source && has_default_of_old_servers(*source, *after)) {
      other_collation.push_back(name);
    }
  }
  if (!invented.empty()) {
    options_.suspend(invented, "a statement gave its rows values that are not in the statement");
  }
  if (!other_collation.empty()) {
    options_.suspend(other_collation,
                     "a statement gave it the collation of utf8mb4 without naming "
                     "it, which is another one on each server");
  }
}

/// A server that added a column at once would lose texts later, when a transaction is rolled back.
void DdlHandler::keep_key_prefixes(Work& work, const schema::Table& table) {
  if (!schema::has_text_prefix_key(table)) return;
  if (!schema::has_row_versions(work.control, table.name)) return;
  const std::string sql = schema::rebuild_sql(table.name);
  base::log::info("ddl.rebuilt", "{}", sql);
  schema::run_ddl(work.control, work.dialect, sql);
}

/// Takes over what the statement's text means on the source's server only.
void DdlHandler::follow_source(Work& work, const schema::Table* source, const schema::Table& table,
                               const mysql::Version& from) {
  MadeBy made{.ansi_quotes = apply::ansi_quotes(work.statement),
              .version = from,
              .now = source,
              .before = before(table.name)};
  const bool tells = made.before != nullptr || work.info.kind == StatementClass::create_table;
  if (tells && schema::is_ascii(work.statement.sql)) made.sql = work.statement.sql;
  std::vector<std::string> statements = forgotten_sql(made, table);
  if (source != nullptr) {
    const bool to_innodb = options_.to.side == base::Side::target;
    for (std::string& sql : follow_sql(*source, table, to_innodb)) {
      statements.push_back(std::move(sql));
    }
  }
  for (const std::string& sql : statements) {
    base::log::info("ddl.resolved", "{}", sql);
    schema::run_ddl(work.control, work.dialect, sql_for(work.dialect, sql));
  }
}

/// The old server takes what the resolved definitions say, or lacks what the new one has.
void DdlHandler::probe(Work& work, const base::Error& error) {
  db::Connection from = db::Connection::open(options_.from);
  for (const mysql::TableName& name : work.names) {
    const auto table = schema::read_table(from, name);
    if (!table) continue;
    try {
      probe_table(work.control, work.dialect, *table, options_.to.side);
    } catch (const base::ErrorException& e) {
      if (e.error().action == base::Action::retry) throw;
      refuse_statement(refused(work), error);
    }
  }
}

/// The target does not take the text. What it names is made from the source's resolved definitions,
/// and tables are copied again.
void DdlHandler::fall_back(Work& work, const base::Error& error) {
  constexpr std::uint32_t kSchemaExists = 1007;
  if (error.mysql_errno == kSchemaExists) return;
  if (options_.to.side == base::Side::source) probe(work, error);
  base::log::warn("ddl.refused", "{}", error.message);
  // Then the definitions differ. It names no table.
  if (work.info.kind == StatementClass::event) return;
  const bool programs =
      work.info.kind == StatementClass::view || work.info.kind == StatementClass::routine;
  if (programs) {
    try {
      return sync_programs(work);
    } catch (const base::ErrorException& e) {
      if (e.error().action == base::Action::retry) throw;
      refuse_statement(refused(work), e.error());
    }
  }
  if (!work.info.names_known) {
    // It may have meant any table of these schemas.
    for (const schema::Table& table : options_.tables) {
      const auto& schemas = work.info.schemas;
      const bool meant =
          std::find(schemas.begin(), schemas.end(), table.name.schema) != schemas.end();
      if (meant) work.names.push_back(table.name);
    }
  }
  if (work.names.empty()) refuse_statement(refused(work), error);
  options_.suspend(work.names, fmt::format("the {} does not take a statement about it: {}",
                                           base::to_string(options_.to.side), error.message));
}

RefusedStatement DdlHandler::refused(const Work& work) const {
  return {.from = options_.from.side,
          .to = options_.to.side,
          .at = work.transaction.start.to_string(),
          .sql = work.statement.sql.substr(0, kToldBytesMax),
          .kind = std::string(schema::to_string(work.info.kind))};
}

}  // namespace flyover::migration
