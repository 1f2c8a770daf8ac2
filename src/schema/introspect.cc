#include "schema/introspect.h"

#include <algorithm>

#include "schema/introspect_detail.h"
#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

std::vector<Schema> read_schemas(db::Connection& connection, const Selection& selection) {
  std::vector<Schema> schemas;
  const db::Table rows = connection.query(
      "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME "
      "FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME");
  for (const auto& row : rows.rows) {
    if (!selection.selects_schema(row[0].value_or(""))) continue;
    schemas.push_back({row[0].value_or(""), row[1].value_or(""), row[2].value_or("")});
  }
  return schemas;
}

// Characters, not bytes: 9.7 does not always take bytes for its own names. The server may
// find names that differ in case only; callers compare bytes.
std::string name_literal(std::string_view name) {
  return "_utf8mb4" + mysql::quote_bytes(name);
}

detail::Where in_schemas(const std::vector<Schema>& schemas) {
  std::string list;
  for (const Schema& schema : schemas) {
    list += (list.empty() ? "" : ", ") + name_literal(schema.name);
  }
  return [list](std::string_view schema_column, std::string_view) {
    return std::string(schema_column) + " IN (" + list + ")";
  };
}

detail::Where named(const mysql::TableName& name) {
  return [&name](std::string_view schema_column, std::string_view table_column) {
    return std::string(schema_column) + " = " + name_literal(name.schema) + " AND " +
           std::string(table_column) + " = " + name_literal(name.table);
  };
}

std::set<std::string> columns_of(db::Connection& connection, std::string_view table) {
  std::set<std::string> columns;
  const db::Table rows =
      connection.query("SHOW COLUMNS FROM information_schema." + std::string(table));
  for (const auto& row : rows.rows) columns.insert(to_upper(row[0].value_or("")));
  return columns;
}

}  // namespace

detail::Features detail::probe(db::Connection& connection) {
  if (!connection.query("SHOW VARIABLES LIKE 'information_schema_stats_expiry'").empty()) {
    connection.execute("SET SESSION information_schema_stats_expiry = 0");
  }
  if (!connection.query("SHOW VARIABLES LIKE 'show_gipk_in_create_table_and_information_schema'")
           .empty()) {
    connection.execute("SET SESSION show_gipk_in_create_table_and_information_schema = ON");
  }
  Features features;
  features.columns = columns_of(connection, "COLUMNS");
  features.statistics = columns_of(connection, "STATISTICS");
  features.triggers = columns_of(connection, "TRIGGERS");
  features.check_constraints =
      !connection.query("SHOW TABLES FROM information_schema LIKE 'CHECK\\_CONSTRAINTS'").empty();
  // No probe shows how defaults and options are printed; all came with the data dictionary of 8.0.
  features.hex_binary_defaults = connection.version().at_least(8, 0);
  features.options_lack_partitions = connection.version().at_least(8, 0);
  features.escaped_expressions = connection.version().at_least(8, 0);
  return features;
}

Catalog read_catalog(db::Connection& connection, const Selection& selection) {
  Catalog catalog = read_catalog_but_views(connection, selection);
  if (catalog.schemas.empty()) return catalog;
  catalog.views =
      detail::read_views(connection, in_schemas(catalog.schemas),
                         [&](const mysql::TableName& name) { return selection.selects(name); });
  return catalog;
}

Catalog read_catalog_but_views(db::Connection& connection, const Selection& selection) {
  Catalog catalog;
  const detail::Features features = detail::probe(connection);
  catalog.schemas = read_schemas(connection, selection);
  if (catalog.schemas.empty()) return catalog;
  const detail::Where where = in_schemas(catalog.schemas);
  detail::Tables tables =
      detail::read_tables(connection, features, where,
                          [&](const mysql::TableName& name) { return selection.selects(name); });
  for (auto& [name, table] : tables) catalog.tables.push_back(std::move(table));
  catalog.programs = detail::read_programs(connection, features, where, selection);
  return catalog;
}

std::vector<Program> read_programs(db::Connection& connection, const Selection& selection) {
  const std::vector<Schema> schemas = read_schemas(connection, selection);
  if (schemas.empty()) return {};
  return detail::read_programs(connection, detail::probe(connection), in_schemas(schemas),
                               selection);
}

std::optional<Table> read_table(db::Connection& connection, const mysql::TableName& name) {
  const detail::Features features = detail::probe(connection);
  detail::Tables tables =
      detail::read_tables(connection, features, named(name),
                          [&](const mysql::TableName& found) { return found == name; });
  if (tables.empty()) return std::nullopt;
  return std::move(tables.begin()->second);
}

std::optional<View> read_view(db::Connection& connection, const mysql::TableName& name) {
  std::vector<View> views = detail::read_views(
      connection, named(name), [&](const mysql::TableName& found) { return found == name; });
  if (views.empty()) return std::nullopt;
  return std::move(views.front());
}

ValueKind value_kind(std::string_view data_type) {
  static const std::map<std::string_view, ValueKind> kKinds = {
      {"tinyint", ValueKind::integer},
      {"smallint", ValueKind::integer},
      {"mediumint", ValueKind::integer},
      {"int", ValueKind::integer},
      {"bigint", ValueKind::integer},
      {"year", ValueKind::integer},
      {"decimal", ValueKind::decimal},
      {"float", ValueKind::float_kind},
      {"double", ValueKind::double_kind},
      {"bit", ValueKind::bit},
      {"date", ValueKind::temporal},
      {"time", ValueKind::temporal},
      {"datetime", ValueKind::temporal},
      {"timestamp", ValueKind::temporal},
      {"char", ValueKind::text},
      {"varchar", ValueKind::text},
      {"tinytext", ValueKind::text},
      {"text", ValueKind::text},
      {"mediumtext", ValueKind::text},
      {"longtext", ValueKind::text},
      {"binary", ValueKind::binary},
      {"varbinary", ValueKind::binary},
      {"tinyblob", ValueKind::binary},
      {"blob", ValueKind::binary},
      {"mediumblob", ValueKind::binary},
      {"longblob", ValueKind::binary},
      {"enum", ValueKind::enumeration},
      {"set", ValueKind::set},
      {"json", ValueKind::json},
      {"vector", ValueKind::vector},
      {"geometry", ValueKind::geometry},
      {"point", ValueKind::geometry},
      {"linestring", ValueKind::geometry},
      {"polygon", ValueKind::geometry},
      {"multipoint", ValueKind::geometry},
      {"multilinestring", ValueKind::geometry},
      {"multipolygon", ValueKind::geometry},
      {"geometrycollection", ValueKind::geometry},
      {"geomcollection", ValueKind::geometry}};
  const auto found = kKinds.find(data_type);
  if (found == kKinds.end()) {
    base::throw_error({.code = "schema.unknown_type",
                       .message = "column type " + std::string(data_type) + " is not known",
                       .hint = "exclude the table, or change the column's type on the source"});
  }
  return found->second;
}

std::vector<std::string> parse_members(std::string_view column_type) {
  std::vector<std::string> members;
  std::size_t at = column_type.find('(');
  const std::string_view type = column_type.substr(0, at);
  if (type != "enum" && type != "set") return members;
  for (++at; at < column_type.size() && column_type[at] == '\'';) {
    std::string& member = members.emplace_back();
    for (++at; at < column_type.size(); ++at) {
      const char c = column_type[at];
      const char next = at + 1 < column_type.size() ? column_type[at + 1] : '\0';
      if (c == '\\') {
        member += next == 'n' ? '\n' : next == 'r' ? '\r' : next == '0' ? '\0' : next;
        ++at;
      } else if (c == '\'' && next == '\'') {
        member += c;
        ++at;
      } else if (c == '\'') {
        break;
      } else {
        member += c;
      }
    }
    at += 2;  // the closing quote and the comma
  }
  return members;
}

}  // namespace flyover::schema
