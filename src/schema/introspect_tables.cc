// Base tables: one query of information_schema per kind of thing, whatever the number of tables.
// SHOW CREATE TABLE only for tables with partitions or fulltext indexes, whose details
// information_schema does not have.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>

#include "mysql/identifier.h"
#include "schema/introspect.h"
#include "schema/introspect_detail.h"
#include "schema/sql_text.h"

namespace flyover::schema::detail {
namespace {

using Cells = std::vector<std::optional<std::string>>;

constexpr int kAttempts = 5;
constexpr std::chrono::milliseconds kBetweenAttempts{50};
constexpr std::uint32_t kNoSuchTable = 1146;
constexpr std::string_view kNoColumnsCode = "schema.no_columns";
constexpr std::string_view kUnreadableCode = "schema.unreadable_table";

std::string text(const Cells& row, std::size_t i) {
  return row[i].value_or("");
}

std::uint64_t number(const Cells& row, std::size_t i) {
  return row[i] ? std::strtoull(row[i]->c_str(), nullptr, 10) : 0;
}

Table* table_of(Tables& tables, const Cells& row) {
  const auto found = tables.find({text(row, 0), text(row, 1)});
  return found == tables.end() ? nullptr : &found->second;
}

std::string row_format_of(std::string_view create_options) {
  static constexpr std::string_view kKey = "row_format=";
  const std::string lower = to_lower(create_options);
  const std::size_t at = lower.find(kKey);
  if (at == std::string::npos) return "";
  const std::size_t value = at + kKey.size();
  return to_upper(lower.substr(value, lower.find(' ', value) - value));
}

void read_table_rows(db::Connection& connection, const Where& where,
                     const std::function<bool(const mysql::TableName&)>& wanted, Tables& tables) {
  const db::Table rows = connection.query(
      "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT, "
      "AUTO_INCREMENT, TABLE_ROWS, DATA_LENGTH, INDEX_LENGTH FROM information_schema.TABLES "
      "WHERE TABLE_TYPE = 'BASE TABLE' AND " +
      where("TABLE_SCHEMA", "TABLE_NAME"));
  const db::Table charsets = connection.query(
      "SELECT COLLATION_NAME, CHARACTER_SET_NAME "
      "FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY");
  std::map<std::string, std::string> charset_of;
  for (const auto& row : charsets.rows) charset_of[text(row, 0)] = text(row, 1);
  for (const auto& row : rows.rows) {
    const mysql::TableName name{text(row, 0), text(row, 1)};
    if (!wanted(name)) continue;
    if (!row[2]) {
      // The server could not open the table and says why where the comment belongs.
      base::throw_error({.code = std::string(kUnreadableCode),
                         .side = connection.side(),
                         .message = fmt::format("table or view {} cannot be read: {}",
                                                name.to_string(), text(row, 5)),
                         .hint = "repair, drop or exclude it"});
    }
    Table& table = tables[name];
    table.name = name;
    table.engine = text(row, 2);
    table.collation = text(row, 3);
    table.charset = charset_of[table.collation];
    table.create_options = text(row, 4);
    table.row_format = row_format_of(table.create_options);
    table.comment = text(row, 5);
    if (row[6]) table.auto_increment = number(row, 6);
    table.rows_estimated = number(row, 7);
    table.data_bytes = number(row, 8);
    table.index_bytes = number(row, 9);
  }
}

void set_default(Column& column, const Features& features, const std::optional<std::string>& value,
                 std::string_view extra) {
  column.default_value = value;
  if (!value) return;
  column.default_is_expression =
      extra.find("DEFAULT_GENERATED") != std::string_view::npos ||
      (column.kind == ValueKind::temporal && to_upper(*value).starts_with("CURRENT_TIMESTAMP"));
  if (column.default_is_expression) {
    if (features.escaped_expressions) column.default_value = read_expression(*value);
  }
}

void set_extra(Column& column, std::string_view extra) {
  const auto has = [&](std::string_view word) { return extra.find(word) != extra.npos; };
  column.auto_increment = has("AUTO_INCREMENT");
  column.invisible = has("INVISIBLE");
  column.generated_stored = has("STORED GENERATED") || has("PERSISTENT");
  column.generated = column.generated_stored || has("VIRTUAL GENERATED");
  column.on_update_current_timestamp = has("ON UPDATE CURRENT_TIMESTAMP");
  if (column.on_update_current_timestamp) {
    column.on_update = "CURRENT_TIMESTAMP";
    if (column.fraction_digits > 0) column.on_update += fmt::format("({})", column.fraction_digits);
  }
}

void read_columns(db::Connection& connection, const Features& features, const Where& where,
                  Tables& tables) {
  const bool generated = features.columns.contains("GENERATION_EXPRESSION");
  const db::Table rows = connection.query(fmt::format(
      "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, EXTRA, "
      "COLUMN_DEFAULT, CHARACTER_SET_NAME, COLLATION_NAME, COLUMN_COMMENT, "
      "CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, "
      "DATETIME_PRECISION, {}, {} FROM information_schema.COLUMNS WHERE {} "
      "ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
      generated ? "GENERATION_EXPRESSION" : "''",
      features.columns.contains("SRS_ID") ? "SRS_ID" : "NULL",
      where("TABLE_SCHEMA", "TABLE_NAME")));
  for (const auto& row : rows.rows) {
    Table* const table = table_of(tables, row);
    if (table == nullptr) continue;
    Column& column = table->columns.emplace_back();
    column.name = text(row, 2);
    column.data_type = to_lower(text(row, 3));
    column.column_type = text(row, 4);
    column.kind = value_kind(column.data_type);
    column.nullable = text(row, 5) == "YES";
    column.members = parse_members(column.column_type);
    // Attributes follow the type; an ENUM's members could contain the words.
    const bool has_members = !column.members.empty();
    column.is_unsigned = !has_members && column.column_type.find(" unsigned") != std::string::npos;
    column.zerofill = !has_members && column.column_type.find(" zerofill") != std::string::npos;
    column.charset = text(row, 8);
    column.collation = text(row, 9);
    column.comment = text(row, 10);
    column.max_length_chars = number(row, 11);
    column.max_length_bytes = number(row, 12);
    column.numeric_precision = static_cast<std::uint32_t>(number(row, 13));
    column.numeric_scale = static_cast<std::uint32_t>(number(row, 14));
    column.fraction_digits = static_cast<std::uint32_t>(number(row, 15));
    if (row[17]) column.srid = static_cast<std::uint32_t>(number(row, 17));
    const std::string extra = to_upper(text(row, 6));
    set_extra(column, extra);
    if (column.generated) {
      column.generation_expression =
          features.escaped_expressions ? read_expression(text(row, 16)) : text(row, 16);
    } else {
      set_default(column, features, row[7], extra);
    }
  }
}

IndexKind index_kind(const std::string& name, const std::string& type, bool unique) {
  if (name == "PRIMARY") return IndexKind::primary;
  if (type == "FULLTEXT") return IndexKind::fulltext;
  if (type == "SPATIAL") return IndexKind::spatial;
  return unique ? IndexKind::unique : IndexKind::plain;
}

void read_indexes(db::Connection& connection, const Features& features, const Where& where,
                  Tables& tables) {
  // Without ORDER BY: information_schema lists a table's indexes in the order in which the server
  // keeps and tries them, their parts in order.
  const db::Table rows = connection.query(fmt::format(
      "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, "
      "INDEX_TYPE, INDEX_COMMENT, {}, {}, SEQ_IN_INDEX FROM information_schema.STATISTICS WHERE {}",
      features.statistics.contains("EXPRESSION") ? "EXPRESSION" : "NULL",
      features.statistics.contains("IS_VISIBLE") ? "IS_VISIBLE" : "'YES'",
      where("TABLE_SCHEMA", "TABLE_NAME")));
  // The server promises no order; parts are placed by their number.
  for (const auto& row : rows.rows) {
    Table* const table = table_of(tables, row);
    if (table == nullptr) continue;
    const std::string name = text(row, 2);
    Index* index = nullptr;
    for (Index& known : table->indexes) {
      if (known.name == name) index = &known;
    }
    if (index == nullptr) {
      index = &table->indexes.emplace_back();
      index->name = name;
      index->algorithm = text(row, 7);
      index->kind = index_kind(name, index->algorithm, text(row, 3) == "0");
      index->comment = text(row, 8);
      index->visible = text(row, 10) == "YES";
    }
    IndexPart part;
    part.column = text(row, 4);
    part.descending = text(row, 5) == "D";
    if (row[6] && index->kind != IndexKind::spatial) {
      part.prefix = static_cast<std::uint32_t>(number(row, 6));
    }
    if (row[9]) {
      part.expression = features.escaped_expressions ? read_expression(*row[9]) : *row[9];
    }
    const std::size_t position = number(row, 11) - 1;
    if (index->parts.size() <= position) index->parts.resize(position + 1);
    index->parts[position] = std::move(part);
  }
}

void read_foreign_keys(db::Connection& connection, const Where& where, Tables& tables) {
  const db::Table rules = connection.query(
      "SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE "
      "FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE " +
      where("CONSTRAINT_SCHEMA", "TABLE_NAME") +
      " ORDER BY CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME");
  if (rules.empty()) return;
  for (const auto& row : rules.rows) {
    Table* const table = table_of(tables, row);
    if (table == nullptr) continue;
    ForeignKey& key = table->foreign_keys.emplace_back();
    key.name = text(row, 2);
    key.on_delete = text(row, 3);
    key.on_update = text(row, 4);
  }
  const db::Table columns = connection.query(
      "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, "
      "REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE "
      "WHERE REFERENCED_TABLE_NAME IS NOT NULL AND " +
      where("TABLE_SCHEMA", "TABLE_NAME") +
      " ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION");
  for (const auto& row : columns.rows) {
    Table* const table = table_of(tables, row);
    if (table == nullptr) continue;
    for (ForeignKey& key : table->foreign_keys) {
      if (key.name != text(row, 2)) continue;
      key.columns.push_back(text(row, 3));
      key.parent = {text(row, 4), text(row, 5)};
      key.parent_columns.push_back(text(row, 6));
    }
  }
}

void read_checks(db::Connection& connection, const Features& features, const Where& where,
                 Tables& tables) {
  if (!features.check_constraints) return;
  const db::Table rows = connection.query(
      "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, t.ENFORCED "
      "FROM information_schema.TABLE_CONSTRAINTS t JOIN information_schema.CHECK_CONSTRAINTS c "
      "ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME "
      "WHERE t.CONSTRAINT_TYPE = 'CHECK' AND " +
      where("t.TABLE_SCHEMA", "t.TABLE_NAME") + " ORDER BY 1, 2, 3");
  for (const auto& row : rows.rows) {
    Table* const table = table_of(tables, row);
    if (table == nullptr) continue;
    table->checks.push_back({text(row, 2), read_expression(text(row, 3)), text(row, 4) == "YES"});
  }
}

bool has_binary_defaults(const Table& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), has_binary_default);
}

// Empty where the bounds of partitions are no order for a session with our character set.
db::Table show_create(db::Connection& connection, Table& table) {
  constexpr std::array<std::uint32_t, 2> kWrongBounds = {1493, 1654};
  try {
    return connection.query("SHOW CREATE TABLE " + table.name.quoted());
  } catch (const base::ErrorException& e) {
    const auto found = std::find(kWrongBounds.begin(), kWrongBounds.end(), e.error().mysql_errno);
    if (found == kWrongBounds.end()) throw;
    table.partitions_unreadable = true;
    return {};
  }
}

std::set<mysql::TableName> partitioned_tables(db::Connection& connection, const Features& features,
                                              const Where& where, const Tables& tables) {
  std::set<mysql::TableName> names;
  if (features.options_lack_partitions) {
    const db::Table rows = connection.query(
        "SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME FROM information_schema.PARTITIONS "
        "WHERE PARTITION_NAME IS NOT NULL AND " +
        where("TABLE_SCHEMA", "TABLE_NAME"));
    for (const auto& row : rows.rows) names.insert({text(row, 0), text(row, 1)});
    return names;
  }
  for (const auto& [name, table] : tables) {
    if (to_lower(table.create_options).find("partitioned") != std::string::npos) names.insert(name);
  }
  return names;
}

void read_shown_details(db::Connection& connection, const Features& features, const Where& where,
                        Tables& tables) {
  const std::set<mysql::TableName> with_partitions =
      partitioned_tables(connection, features, where, tables);
  for (auto& [name, table] : tables) {
    bool fulltext = false;
    for (const Index& index : table.indexes) fulltext |= index.kind == IndexKind::fulltext;
    const bool partitioned = with_partitions.contains(name);
    const bool binary_defaults = has_binary_defaults(table);
    if (binary_defaults && !features.hex_binary_defaults) read_binary_defaults(connection, table);
    const bool cut_defaults = binary_defaults && features.hex_binary_defaults;
    if (!fulltext && !partitioned && !cut_defaults) continue;
    const db::Table shown = show_create(connection, table);
    const std::string sql = shown.rows.empty() ? "" : text(shown.rows[0], 1);
    if (partitioned) table.partition_clause = partition_clause_of(sql);
    if (cut_defaults) {
      const auto defaults = binary_defaults_of(sql);
      for (Column& column : table.columns) {
        if (const auto found = defaults.find(column.name); found != defaults.end()) {
          column.default_value = found->second;
        }
      }
    }
    const auto parsers = fulltext_parsers_of(sql);
    for (Index& index : table.indexes) {
      if (const auto found = parsers.find(index.name); found != parsers.end()) {
        index.parser = found->second;
      }
    }
  }
}

bool lacks_columns(const Tables::value_type& entry) {
  return entry.second.columns.empty();
}

bool exists(db::Connection& connection, const mysql::TableName& name) {
  return connection
      .query_value(fmt::format("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                               "_utf8mb4{} AND TABLE_NAME = _utf8mb4{}",
                               mysql::quote_bytes(name.schema), mysql::quote_bytes(name.table)))
      .has_value();
}

Tables read_once(db::Connection& connection, const Features& features, const Where& where,
                 const std::function<bool(const mysql::TableName&)>& wanted) {
  Tables tables;
  read_table_rows(connection, where, wanted, tables);
  if (tables.empty()) return tables;
  read_columns(connection, features, where, tables);
  read_indexes(connection, features, where, tables);
  read_foreign_keys(connection, where, tables);
  read_checks(connection, features, where, tables);
  read_shown_details(connection, features, where, tables);
  read_lost_text(connection, tables);
  return tables;
}

}  // namespace

bool has_binary_default(const Column& column) {
  return column.kind == ValueKind::binary && column.default_value && !column.default_is_expression;
}

Tables read_tables(db::Connection& connection, const Features& features, const Where& where,
                   const std::function<bool(const mysql::TableName&)>& wanted) {
  for (int attempt = 1;; ++attempt) {
    try {
      Tables tables = read_once(connection, features, where, wanted);
      std::erase_if(tables, [&](const auto& entry) {
        return lacks_columns(entry) && !exists(connection, entry.first);
      });
      const auto bare = std::find_if(tables.begin(), tables.end(), lacks_columns);
      if (bare == tables.end()) return tables;
      base::throw_error({.code = std::string(kNoColumnsCode),
                         .side = connection.side(),
                         .message = "the columns of " + bare->first.to_string() + " cannot be read",
                         .hint = "grant SELECT on the table, or exclude it"});
    } catch (const base::ErrorException& e) {
      // Somebody drops or renames it just now, or it can not be read at all.
      const bool may_be_gone = e.error().mysql_errno == kNoSuchTable ||
                               e.error().code == kNoColumnsCode ||
                               e.error().code == kUnreadableCode;
      if (!may_be_gone || attempt == kAttempts) throw;
      std::this_thread::sleep_for(kBetweenAttempts);
    }
  }
}

}  // namespace flyover::schema::detail
