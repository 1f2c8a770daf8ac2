#pragma once
// What kind of statement a text is, by its first words, and which objects it names. Only for the
// choice of what to do about it: what a table then looks like, only the server can tell.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/identifier.h"

namespace flyover::schema {

enum class StatementClass {
  none,  ///< nothing but white space and comments
  create_table,
  alter_table,
  drop_table,
  rename_table,
  truncate_table,
  index,      ///< CREATE INDEX, DROP INDEX
  partition,  ///< ALTER TABLE … EXCHANGE/DROP/… PARTITION, PARTITION BY, REMOVE PARTITIONING
  view,
  routine,
  trigger,
  event,
  database,
  account,      ///< users, roles, rights, servers
  temporary,    ///< temporary tables
  maintenance,  ///< ANALYZE, OPTIMIZE, FLUSH, …: no definition and no row changes
  rows,         ///< INSERT, UPDATE, LOAD DATA, …: rows changed by a statement
  other         ///< not known to be any of these
};

std::string_view to_string(StatementClass kind);

struct StatementInfo {
  StatementClass kind = StatementClass::none;
  bool create = false;  ///< the first word is CREATE
  bool drop = false;    ///< the first word is DROP
  /// Tables, or the objects of the class; for a trigger the trigger itself. Qualified, with the
  /// default schema where the statement has none. ALTER … RENAME and EXCHANGE name both tables.
  std::vector<mysql::TableName> names{};
  std::string database{};  ///< of class database
  std::string table{};     ///< CREATE TRIGGER: the trigger's table, in the trigger's schema
  /// False: the text can be read in more than one way or its names have other bytes than the
  /// server's (character sets other than UTF-8, NO_BACKSLASH_ESCAPES), or a name is missing, so it
  /// may mean any object of any schema in it.
  bool names_known = true;
  /// All schemas that any part of the text names with a dot, and the default one.
  std::vector<std::string> schemas{};
};

/// `sql_mode` as the bits of a Query event. `client_charset`: id of a collation of the text's
/// character set, 0 when unknown. Pure.
StatementInfo read_statement(std::string_view sql, std::uint64_t sql_mode,
                             std::string_view default_schema, std::uint32_t client_charset = 0);

}  // namespace flyover::schema
