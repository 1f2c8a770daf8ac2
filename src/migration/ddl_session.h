#pragma once
// The session in which a statement from the log is repeated: the one it ran in on its server.

#include <string>

#include "binlog/transaction.h"
#include "db/connection.h"
#include "schema/session.h"

namespace flyover::migration {

/// Makes the connection's session that of the statement: default schema, sql_mode without what the
/// server does not know, character sets, time zone, time, AUTO_INCREMENT steps, checks. Where the
/// server lacks a collation its nearest one is taken. The session is not neutral afterwards: use a
/// connection for this and nothing else.
void enter_session(db::Connection& connection, const schema::Dialect& dialect,
                   const binlog::StatementChange& statement);

/// The modes of a Query event's bits that `dialect` knows, as sql_mode wants them. Pure.
std::string sql_mode_of(std::uint64_t bits, const schema::Dialect& dialect);

}  // namespace flyover::migration
