#pragma once
// What the files of introspection share. Not for other modules.

#include <functional>
#include <map>
#include <set>
#include <string>

#include "db/connection.h"
#include "schema/model.h"
#include "schema/selection.h"

namespace flyover::schema::detail {

/// Which optional columns and tables information_schema has on this server.
struct Features {
  std::set<std::string> columns{};     ///< upper-case columns of COLUMNS
  std::set<std::string> statistics{};  ///< of STATISTICS
  std::set<std::string> triggers{};    ///< of TRIGGERS
  bool check_constraints = false;
  /// Defaults of BINARY columns are shown as 0x... and end at their first zero byte.
  bool hex_binary_defaults = false;
  /// CREATE_OPTIONS does not say that a table is partitioned BY KEY (), without columns.
  bool options_lack_partitions = false;
  bool escaped_expressions = false;  ///< expressions are shown with backslash escapes
};

/// Probes, and makes the statistics of information_schema current.
Features probe(db::Connection& connection);

/// A WHERE condition on a schema column and a table column of information_schema.
using Where = std::function<std::string(std::string_view schema, std::string_view table)>;

using Tables = std::map<mysql::TableName, Table>;

/// Base tables with columns, indexes, keys, checks and partitions. `where` narrows what the server
/// reads, `wanted` decides.
Tables read_tables(db::Connection& connection, const Features& features, const Where& where,
                   const std::function<bool(const mysql::TableName&)>& wanted);

/// Reads again, by other ways, defaults and members with characters that the server's definitions
/// do not show. It takes a temporary table; where that is refused the column keeps its mark
/// `text_lost`.
void read_lost_text(db::Connection& connection, Tables& tables);

/// A literal as the default of a BINARY or VARBINARY column.
bool has_binary_default(const Column& column);

/// The bytes of those defaults, for servers before 8.0. Throws when one can not be known.
void read_binary_defaults(db::Connection& connection, Table& table);

/// In an order in which they can be created.
std::vector<View> read_views(db::Connection& connection, const Where& where,
                             const std::function<bool(const mysql::TableName&)>& wanted);

std::vector<Program> read_programs(db::Connection& connection, const Features& features,
                                   const Where& where, const Selection& selection);

/// The text of a default or an expression as the server would parse it, from what
/// information_schema of 8.0 and later shows: escaped once more, and every byte of names and
/// literals as if it were a character of its own. Literals outside of ASCII come as hexadecimal,
/// whatever their charset.
std::string read_expression(std::string_view shown);

/// Joins what SHOW CREATE VIEW and information_schema.VIEWS say about one SELECT: 5.6 drops or
/// breaks non-ASCII literals in the first and introducers and 4-byte characters in the second.
std::string merge_view_definitions(std::string_view shown, std::string_view information_schema);

/// The SELECT of a SHOW CREATE VIEW text.
std::string select_of_view(std::string_view create_view);

/// "PARTITION BY ..." of a SHOW CREATE TABLE text, without version comments; "" when there is none.
std::string partition_clause_of(std::string_view create_table);

/// Parser of every fulltext index that names one, from a SHOW CREATE TABLE text.
std::map<std::string, std::string> fulltext_parsers_of(std::string_view create_table);

/// Literal defaults of BINARY and VARBINARY columns, from a SHOW CREATE TABLE text.
std::map<std::string, std::string> binary_defaults_of(std::string_view create_table);

}  // namespace flyover::schema::detail
