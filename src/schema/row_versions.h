#pragma once
// A fault of servers from 8.0.29 on. A table to which columns were added, or from which they were
// dropped, without writing its rows anew ("instant") has row versions. When its primary key has a
// prefix of a text column, and the prefix is changed to one that its collation calls equal, such a
// server remembers no more than the prefix of the old value: a ROLLBACK and older snapshots then
// show a row that has lost the rest.

#include "db/connection.h"
#include "schema/model.h"

namespace flyover::schema {

/// Whether the table's primary key has a prefix of a column whose collation calls different texts
/// equal. Pure.
bool has_text_prefix_key(const Table& table);

/// Whether the table has row versions on this server; where its name can not be told from that of
/// another table which has some, too. False before 8.0.29.
bool has_row_versions(db::Connection& connection, const mysql::TableName& table);

/// Writes the rows anew, which ends their versions.
std::string rebuild_sql(const mysql::TableName& table);

}  // namespace flyover::schema
