#include "migration/switch_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/log.h"
#include "schema/control_schema.h"
#include "schema/create.h"
#include "schema/ddl.h"

namespace flyover::migration {
namespace {

constexpr std::string_view kOwn = "/* flyover */ ";

std::string paused_table() {
  return mysql::quote_name(schema::kControlSchema) + ".`paused_object`";
}

std::string paused_where(const std::string& migration) {
  return fmt::format(" WHERE migration = {} AND kind = 'trigger'", mysql::quote_bytes(migration));
}

bool has_trigger(db::Connection& connection, const mysql::TableName& name) {
  return connection
      .query_value(
          fmt::format("SELECT 1 FROM information_schema.triggers WHERE trigger_schema = {} "
                      "AND trigger_name = {}",
                      mysql::quote_bytes(name.schema), mysql::quote_bytes(name.table)))
      .has_value();
}

/// Leaves the statements of its life out of the binary log: a server that rebuilds the text of
/// CREATE TRIGGER would drop the mark that tells the link's applier that it is ours. Replicas keep
/// their triggers, which row events never fire.
class Unlogged {
 public:
  explicit Unlogged(db::Connection& connection) : connection_(connection) {
    connection_.execute("SET SESSION sql_log_bin = 0");
  }
  ~Unlogged() {
    try {
      connection_.execute("SET SESSION sql_log_bin = 1");
    } catch (const base::ErrorException&) {
      connection_.interrupt();
    }
  }
  Unlogged(const Unlogged&) = delete;
  Unlogged& operator=(const Unlogged&) = delete;

 private:
  db::Connection& connection_;
};

struct Counter {
  std::uint64_t next = 0;
  bool can_be_raised = true;
};

/// Opening the tables is what makes 5.6 answer the counter of the running server, not of the file.
std::map<mysql::TableName, Counter> read_counters(db::Connection& connection,
                                                  const std::string& where) {
  if (connection.version().at_least(8, 0)) {
    connection.execute("SET SESSION information_schema_stats_expiry = 0");
  }
  const db::Table rows = connection.query(
      "SELECT table_schema AS s, table_name AS t, auto_increment AS c, engine AS e FROM "
      "information_schema.tables WHERE auto_increment IS NOT NULL AND " +
      where);
  std::map<mysql::TableName, Counter> counters;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const mysql::TableName name{rows.text(i, "s"), rows.text(i, "t")};
    // ARCHIVE takes its counter for a row that is there, and refuses those below when it copies
    // them.
    counters[name] = {rows.number(i, "c"), rows.text(i, "e") != "ARCHIVE"};
  }
  return counters;
}

// With these words the server opens this table only.
std::string is_table(const mysql::TableName& name) {
  return fmt::format("table_schema = _utf8{} AND table_name = _utf8{}",
                     mysql::quote_bytes(name.schema), mysql::quote_bytes(name.table));
}

std::size_t raise_counters_where(db::Connection& from, db::Connection& to,
                                 const schema::Selection& selection, const std::string& where) {
  const auto wanted = read_counters(from, where);
  const auto there = read_counters(to, where);
  std::size_t raised = 0;
  for (const auto& [name, counter] : wanted) {
    const auto found = there.find(name);
    if (!selection.selects(name) || (found != there.end() && (found->second.next >= counter.next ||
                                                              !found->second.can_be_raised))) {
      continue;
    }
    to.execute(
        fmt::format("{}ALTER TABLE {} AUTO_INCREMENT = {}", kOwn, name.quoted(), counter.next));
    ++raised;
  }
  return raised;
}

}  // namespace

void pause_triggers(const ObjectSide& side, const std::vector<schema::Program>& triggers) {
  for (const schema::Program& trigger : triggers) {
    const auto quoted = [](const std::string& text) { return mysql::quote_bytes(text); };
    side.connection.execute(fmt::format(
        "REPLACE INTO {} (migration, kind, schema_name, name, table_name, definer, sql_mode, "
        "client_charset, connection_collation, database_collation, create_sql) VALUES ({}, "
        "'trigger', {}, {}, {}, {}, {}, {}, {}, {}, {})",
        paused_table(), quoted(side.migration), quoted(trigger.name.schema),
        quoted(trigger.name.table), quoted(trigger.table), quoted(trigger.definer),
        quoted(trigger.sql_mode), quoted(trigger.client_charset),
        quoted(trigger.connection_collation), quoted(trigger.database_collation),
        quoted(trigger.create_sql)));
  }
  const Unlogged unlogged(side.connection);
  drop_triggers(side, triggers);
}

std::vector<schema::Program> paused_triggers(const ObjectSide& side) {
  const db::Table rows =
      side.connection.query("SELECT * FROM " + paused_table() + paused_where(side.migration));
  std::vector<schema::Program> triggers;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    schema::Program trigger;
    trigger.kind = schema::ProgramKind::trigger;
    trigger.name = {rows.text(i, "schema_name"), rows.text(i, "name")};
    trigger.table = rows.text(i, "table_name");
    trigger.definer = rows.text(i, "definer");
    trigger.sql_mode = rows.text(i, "sql_mode");
    trigger.client_charset = rows.text(i, "client_charset");
    trigger.connection_collation = rows.text(i, "connection_collation");
    trigger.database_collation = rows.text(i, "database_collation");
    trigger.create_sql = rows.text(i, "create_sql");
    triggers.push_back(std::move(trigger));
  }
  return triggers;
}

void resume_triggers(const ObjectSide& side) {
  {
    const Unlogged unlogged(side.connection);
    create_triggers(side, paused_triggers(side));
  }
  side.connection.execute("DELETE FROM " + paused_table() + paused_where(side.migration));
}

void forget_paused_trigger(db::Connection& connection, const std::string& migration,
                           const mysql::TableName& name) {
  connection.execute(fmt::format("DELETE FROM {}{} AND schema_name = {} AND name = {}",
                                 paused_table(), paused_where(migration),
                                 mysql::quote_bytes(name.schema), mysql::quote_bytes(name.table)));
}

void keep_paused_triggers(const ObjectSide& side, const std::vector<schema::Program>& triggers) {
  for (const schema::Program& paused : paused_triggers(side)) {
    const bool there =
        std::any_of(triggers.begin(), triggers.end(), [&](const schema::Program& trigger) {
          return trigger.name == paused.name && trigger.table == paused.table;
        });
    if (!there) forget_paused_trigger(side.connection, side.migration, paused.name);
  }
}

void create_triggers(const ObjectSide& side, const std::vector<schema::Program>& triggers) {
  for (const schema::Program& trigger : triggers) {
    if (has_trigger(side.connection, trigger.name)) continue;
    schema::create_program(side.connection, trigger, side.dialect, {}, kOwn);
  }
}

void drop_triggers(const ObjectSide& side, const std::vector<schema::Program>& triggers) {
  for (const schema::Program& trigger : triggers) {
    if (!has_trigger(side.connection, trigger.name)) continue;
    side.connection.execute(std::string(kOwn) + schema::drop_program_sql(trigger));
  }
}

void set_events(const ObjectSide& side, const std::vector<schema::Program>& events, bool enabled) {
  for (const schema::Program& event : events) {
    schema::alter_event(side.connection, event, enabled, side.dialect, kOwn);
  }
}

std::size_t raise_counters(db::Connection& from, db::Connection& to,
                           const schema::Selection& selection,
                           const std::vector<mysql::TableName>* only) {
  if (only == nullptr) {
    return raise_counters_where(from, to, selection,
                                "table_schema NOT IN ('mysql', 'sys', 'performance_schema', "
                                "'information_schema', 'flyover')");
  }
  std::size_t raised = 0;
  for (const mysql::TableName& name : *only) {
    raised += raise_counters_where(from, to, selection, is_table(name));
  }
  return raised;
}

}  // namespace flyover::migration
