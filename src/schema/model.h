#pragma once
// What stands in a server, as data: introspection fills it, DDL and diff are made from it, and the
// movers (load, stream, apply, verify) take column order, types and keys from it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/identifier.h"

namespace flyover::schema {

/// How a value behaves when it is moved as text or bytes. Decided from data_type.
enum class ValueKind {
  integer,     ///< TINYINT … BIGINT, YEAR
  decimal,     ///< DECIMAL
  float_kind,  ///< FLOAT: text has 6 digits only, so it is read as DOUBLE
  double_kind,
  bit,
  temporal,     ///< DATE, TIME, DATETIME, TIMESTAMP
  text,         ///< CHAR, VARCHAR, TEXT: bytes in the column's character set
  binary,       ///< BINARY, VARBINARY, BLOB
  enumeration,  ///< ENUM: moved by ordinal
  set,          ///< SET: moved by bitmap
  json,
  geometry,
  vector
};

/// A column as information_schema resolves it. Charset and collation are explicit for text.
struct Column {
  std::string name{};
  std::string data_type{};    ///< lower case: "int", "varchar", …
  std::string column_type{};  ///< "int(10) unsigned", "enum('a','b')"
  ValueKind kind = ValueKind::text;
  bool nullable = true;
  bool is_unsigned = false;
  bool zerofill = false;
  bool auto_increment = false;
  bool on_update_current_timestamp = false;
  bool generated = false;  ///< virtual or stored: never written
  bool generated_stored = false;
  bool invisible = false;
  std::string generation_expression{};
  std::optional<std::string> default_value{};  ///< as information_schema says; NULL: none
  bool default_is_expression = false;          ///< CURRENT_TIMESTAMP or an 8.0 expression
  std::string on_update{};                     ///< "CURRENT_TIMESTAMP(3)" or ""
  std::string charset{};                       ///< "" for types without one
  std::string collation{};
  std::string comment{};
  std::uint64_t max_length_chars = 0;
  std::uint64_t max_length_bytes = 0;
  std::uint32_t numeric_precision = 0;
  std::uint32_t numeric_scale = 0;
  std::uint32_t fraction_digits = 0;    ///< temporal types: 0 to 6
  std::optional<std::uint32_t> srid{};  ///< geometry: the only SRID that the column takes (8.0)
  std::vector<std::string> members{};   ///< ENUM and SET: the members as UTF-8, in order
  /// What the default really is: of a FLOAT all digits, where the server tells them; of a text its
  /// bytes in the column's character set, where that has other ones, too, for the same characters.
  std::optional<std::string> exact_default{};
  std::vector<std::string> member_bytes{};  ///< the members in such bytes, or nothing
  /// The server may print the default or a member otherwise than it is, and can not be asked.
  bool text_lost = false;
};

struct IndexPart {
  std::string column{};                   ///< "" for an expression
  std::string expression{};               ///< functional index part
  std::optional<std::uint32_t> prefix{};  ///< characters or bytes of a prefix index
  bool descending = false;
};

enum class IndexKind { primary, unique, plain, fulltext, spatial };

struct Index {
  std::string name{};
  IndexKind kind = IndexKind::plain;
  std::string algorithm{};  ///< "BTREE", "HASH" or ""
  std::vector<IndexPart> parts{};
  std::string comment{};
  std::string parser{};  ///< WITH PARSER of a fulltext index
  bool visible = true;
  bool unique() const { return kind == IndexKind::primary || kind == IndexKind::unique; }
};

struct ForeignKey {
  std::string name{};
  std::vector<std::string> columns{};
  mysql::TableName parent{};
  std::vector<std::string> parent_columns{};
  std::string on_delete{};  ///< "CASCADE", "SET NULL", "RESTRICT", "NO ACTION"
  std::string on_update{};
};

struct CheckConstraint {
  std::string name{};
  std::string expression{};
  bool enforced = true;
};

struct Table {
  mysql::TableName name{};
  std::string engine{};
  std::string charset{};
  std::string collation{};
  std::string row_format{};  ///< as in CREATE_OPTIONS: "" when not given
  std::string create_options{};
  std::string comment{};
  std::string partition_clause{};  ///< "PARTITION BY …" as SHOW CREATE TABLE resolves it, or ""
  bool partitions_unreadable = false;  ///< the server can not show them: their bounds are no order
  std::optional<std::uint64_t> auto_increment{};
  std::uint64_t rows_estimated = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t index_bytes = 0;
  std::vector<Column> columns{};  ///< in ordinal order, as row events number them
  std::vector<Index> indexes{};
  std::vector<ForeignKey> foreign_keys{};
  std::vector<CheckConstraint> checks{};

  /// Whether the engine has transactions and consistent snapshots, as only InnoDB has. A statement
  /// that failed or was rolled back may leave rows in a table of any other engine.
  bool transactional() const;
  /// Whether the engine keeps no rows of its own in the table: they are in other tables, on another
  /// server, or nowhere.
  bool rows_elsewhere() const;
  const Column* find_column(std::string_view column) const;
  /// Position of the column, or nothing.
  std::optional<std::size_t> column_index(std::string_view column) const;
  /// The key that identifies a row for chunks and for changes: the primary key, else a unique index
  /// whose columns are all NOT NULL, without prefix or expression and not of a floating type.
  /// Null: the table has no usable key.
  const Index* row_key() const;
  /// Positions of row_key()'s columns in key order; empty without one.
  std::vector<std::size_t> row_key_columns() const;
};

struct View {
  mysql::TableName name{};
  std::string definition{};    ///< the SELECT, as SHOW CREATE VIEW resolves it
  std::string algorithm{};     ///< UNDEFINED, MERGE, TEMPTABLE
  std::string definer{};       ///< "`user`@`host`"
  std::string security{};      ///< DEFINER or INVOKER
  std::string check_option{};  ///< NONE, LOCAL, CASCADED
  std::string client_charset{};
  std::string connection_collation{};
  std::vector<std::string> columns{};
};

enum class ProgramKind { procedure, function, trigger, event };

/// A routine, trigger or event: its own CREATE statement and the session it must be created in.
struct Program {
  ProgramKind kind = ProgramKind::procedure;
  mysql::TableName name{};   ///< schema and the object's name
  std::string create_sql{};  ///< bytes of SHOW CREATE …
  std::string definer{};
  std::string sql_mode{};
  std::string client_charset{};
  std::string connection_collation{};
  std::string database_collation{};
  std::string time_zone{};  ///< events only
  std::string table{};      ///< triggers: the table
  /// Routines: parameters and result with their character sets and collations, for the diff.
  std::string parameters{};
  /// Routines: the collation of parameters that are declared without a character set, where the
  /// server says it. It need not be the schema's.
  std::string parameter_collation{};
  std::string action_order{};  ///< triggers: timing, event and order, for the diff
  bool enabled = true;         ///< events: ENABLED on the server it was read from
};

struct Schema {
  std::string name{};
  std::string charset{};
  std::string collation{};
};

/// Everything of the selected schemas of one server.
struct Catalog {
  std::vector<Schema> schemas{};
  std::vector<Table> tables{};
  std::vector<View> views{};  ///< in an order in which they can be created
  std::vector<Program> programs{};

  const Table* find_table(const mysql::TableName& name) const;
};

}  // namespace flyover::schema
