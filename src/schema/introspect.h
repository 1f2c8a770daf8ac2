#pragma once
// Reads what stands in a server into the model: information_schema where it is exact, SHOW CREATE
// where information_schema leaves things out. The same code for 5.6 and 9.7: what differs between
// versions is probed, not looked up by version, wherever a probe exists.

#include <optional>
#include <vector>

#include "db/connection.h"
#include "schema/model.h"
#include "schema/selection.h"

namespace flyover::schema {

/// Everything the selection names. The session must be one of Connection::open() and is neutral
/// again afterwards. Routines and events are read where the selection reaches their schema,
/// triggers with their table. Throws when an object cannot be read in full (a missing grant hides
/// bodies), because a half-read catalog would silently lose objects.
Catalog read_catalog(db::Connection& connection, const Selection& selection);

/// The same without views: one whose tables or columns are gone can not be read.
Catalog read_catalog_but_views(db::Connection& connection, const Selection& selection);

/// Only the routines, triggers and events: no table is opened for them.
std::vector<Program> read_programs(db::Connection& connection, const Selection& selection);

/// One table; nothing when it does not exist or is a view.
std::optional<Table> read_table(db::Connection& connection, const mysql::TableName& name);

/// One view; nothing when it does not exist or is a table.
std::optional<View> read_view(db::Connection& connection, const mysql::TableName& name);

/// The kind of values of a type as information_schema names it ("int", "varchar", ...).
ValueKind value_kind(std::string_view data_type);

/// The members of "enum('a','b')" or "set(...)", unescaped; empty for other types.
std::vector<std::string> parse_members(std::string_view column_type);

}  // namespace flyover::schema
