#pragma once
// The statements that make a target's schema from the model. Pure: text out, no session.
//
// Tables and views are to be run in a session of ddl_session_sql(), programs in the one that
// ProgramSession describes; SessionScope and run_ddl() in schema/create.h do it.
//
// The order that works: schemas, tables (without secondary indexes), rows, indexes, foreign keys,
// functions and procedures, views, and at the cutover triggers and events.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "schema/model.h"
#include "schema/session.h"

namespace flyover::schema {

/// Other names for schemas on the target; empty: the same names. Used by proofs in scratch schemas.
struct SchemaNames {
  std::map<std::string, std::string> renamed{};
  /// Tables and views of the renamed schemas: what a view's text may mean by `schema`.`name`.
  std::set<mysql::TableName> objects{};

  const std::string& of(const std::string& schema) const;
};

struct DdlOptions {
  bool temporary = false;  ///< CREATE TEMPORARY TABLE
  /// Leaves out every index but the row key and the one that an AUTO_INCREMENT column needs.
  bool without_secondary_indexes = false;
  bool without_foreign_keys = false;
  bool with_auto_increment = true;  ///< the table's counter
  SchemaNames names{};
};

/// CREATE DATABASE IF NOT EXISTS with explicit character set and collation.
std::string create_schema_sql(const Schema& schema, const SchemaNames& names = {});

/// CREATE TABLE on the target: engine InnoDB, explicit character set and collation on table and
/// columns, utf8 as utf8mb3, every TIMESTAMP with NULL or NOT NULL, row format DYNAMIC unless
/// COMPRESSED, partitions without directories.
std::string create_table_sql(const Table& table, const DdlOptions& options = {});

/// What create_table_sql left out with without_secondary_indexes: one ALTER TABLE with all plain,
/// unique and spatial indexes, then one per fulltext index, as InnoDB builds them. Empty: nothing.
std::vector<std::string> add_indexes_sql(const Table& table, const SchemaNames& names = {});

/// One ALTER TABLE with all foreign keys; "" when there are none. With foreign_key_checks = 0 the
/// server adds them in place and does not look at the rows, with 1 it rebuilds the table.
std::string add_foreign_keys_sql(const Table& table, const SchemaNames& names = {});

/// One ALTER TABLE that gives the named columns of the table the definitions that it has.
std::string modify_columns_sql(const Table& table, const std::vector<std::string>& columns);

/// Takes the place of a view that is there. To be run in view_session_sql() with the view's schema
/// as the session's default one: a function without a schema is one of that schema.
std::string create_view_sql(const View& view, const SchemaNames& names = {});
/// SET statement for the session in which a view is created.
std::string view_session_sql(const View& view);

/// The session a program must be created or altered in, as the source stored it.
struct ProgramSession {
  std::string sql_mode{};  ///< without modes that the target does not know
  std::string client_charset{};
  std::string connection_collation{};
  std::string time_zone{};                   ///< events; "" leaves it
  std::vector<std::string> removed_modes{};  ///< what the target does not know
};

ProgramSession program_session(const Program& program, const Dialect& dialect);
std::string set_session_sql(const ProgramSession& session);

/// Text outside of ASCII in the program's own character set; null where that is UTF-8.
using FromUtf8 = std::function<std::string(const std::string& utf8)>;

/// The program's own CREATE with its definer and a qualified name (and, for a trigger, table), in
/// the program's character set. Body and parameters stay as they are, byte by byte. Events are
/// created disabled on a replica: they keep their definition and do not run. To be run in
/// set_session_sql() with the program's schema as the session's default one: variables without a
/// character set take that schema's. Throws when the text is not what SHOW CREATE prints.
std::string create_program_sql(const Program& program, const Dialect& dialect,
                               const SchemaNames& names = {}, const FromUtf8& from_utf8 = {});

/// ALTER EVENT that enables or disables, keeping the definer, who would otherwise change.
std::string alter_event_sql(const Program& event, bool enable, const Dialect& dialect,
                            const FromUtf8& from_utf8 = {});

std::string drop_schema_sql(const std::string& schema);
std::string drop_table_sql(const mysql::TableName& name);
std::string drop_view_sql(const mysql::TableName& name);
std::string drop_program_sql(const Program& program);

/// True when the index must be there before the rows: the row key, or what AUTO_INCREMENT needs.
bool needed_from_the_start(const Table& table, const Index& index);

}  // namespace flyover::schema
