#pragma once
// The text of a statement whose session had another character set than UTF-8.

#include "binlog/transaction.h"
#include "db/connection.h"
#include "schema/statement_class.h"

namespace flyover::migration {

/// Whether more can be known about the statement when its text is read in its character set: the
/// names in it have other bytes than the server's, and a byte of a name may look like a quote.
bool is_in_another_charset(const binlog::StatementChange& statement,
                           const schema::StatementInfo& info);

/// The statement with its text in UTF-8, for reading only; unchanged where the server does not know
/// the character set, or a character has no equal. Throws what may be tried again.
binlog::StatementChange in_utf8(db::Connection& connection, binlog::StatementChange statement);

}  // namespace flyover::migration
