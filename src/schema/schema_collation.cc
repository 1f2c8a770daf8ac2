#include "schema/schema_collation.h"

#include <fmt/format.h>

#include <exception>

#include "base/fault.h"
#include "base/log.h"
#include "mysql/identifier.h"
#include "schema/control_schema.h"
#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

std::string journal_table() {
  return mysql::TableName{std::string(kControlSchema), "borrowed_collation"}.quoted();
}

std::string collation_of(db::Connection& connection, const std::string& schema) {
  const db::Table rows = connection.query(
      "SELECT schema_name AS s, default_collation_name AS c FROM information_schema.schemata "
      "WHERE schema_name = _utf8mb4" +
      mysql::quote_bytes(schema));
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    if (rows.text(i, "s") == schema) return modern_collation(rows.text(i, "c"));
  }
  return "";
}

// The comment tells the other link's applier that the statement is flyover's own.
void set_collation(db::Connection& connection, const std::string& schema,
                   const std::string& collation) {
  connection.execute(fmt::format("/* flyover */ ALTER DATABASE {} COLLATE {}",
                                 mysql::quote_name(schema), collation));
}

void give_back(db::Connection& connection, const std::string& schema, const std::string& own,
               SchemaCollation::Journal journal) {
  set_collation(connection, schema, own);
  if (journal == SchemaCollation::Journal::none) return;
  connection.execute(fmt::format("DELETE FROM {} WHERE schema_name = {}", journal_table(),
                                 mysql::quote_bytes(schema)));
}

}  // namespace

SchemaCollation::SchemaCollation(db::Connection& connection, const std::string& schema,
                                 const std::string& collation, Journal journal)
    : connection_(connection), schema_(schema), journal_(journal) {
  if (collation.empty()) return;
  const std::string wanted = modern_collation(collation);
  if (journal == Journal::control_schema) return_collations(connection);
  const std::string own = collation_of(connection, schema);
  if (own.empty() || own == wanted) return;
  if (journal == Journal::control_schema) {
    connection.execute(fmt::format("INSERT INTO {} (schema_name, collation_name) VALUES ({}, {})",
                                   journal_table(), mysql::quote_bytes(schema),
                                   mysql::quote_bytes(own)));
  }
  own_ = own;
  try {
    set_collation(connection, schema, wanted);
    FLYOVER_FAULT("schema.borrowed_collation");
  } catch (...) {
    put_back();
    throw;
  }
}

SchemaCollation::~SchemaCollation() {
  if (!own_.empty()) put_back();
}

void SchemaCollation::put_back() noexcept {
  try {
    give_back(connection_, schema_, own_, journal_);
  } catch (const std::exception& e) {
    base::log::warn("schema.collation", "{} could not get its collation {} back: {}", schema_, own_,
                    e.what());
    connection_.interrupt();
  }
}

void return_collations(db::Connection& connection) {
  const bool there =
      connection
          .query_value(
              "SELECT 1 FROM information_schema.tables WHERE table_schema = 'flyover' AND "
              "table_name = 'borrowed_collation'")
          .has_value();
  if (!there) return;
  const db::Table left =
      connection.query("SELECT schema_name AS s, collation_name AS c FROM " + journal_table());
  for (std::size_t i = 0; i < left.rows.size(); ++i) {
    const std::string& schema = left.text(i, "s");
    if (collation_of(connection, schema).empty()) {
      connection.execute(fmt::format("DELETE FROM {} WHERE schema_name = {}", journal_table(),
                                     mysql::quote_bytes(schema)));
      continue;
    }
    base::log::info("schema.collation", "{} gets its collation {} back", schema, left.text(i, "c"));
    give_back(connection, schema, left.text(i, "c"), SchemaCollation::Journal::control_schema);
  }
}

}  // namespace flyover::schema
