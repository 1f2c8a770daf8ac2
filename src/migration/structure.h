#pragma once
// Keeps the definitions on a link's target what they are on its source.

#include <map>
#include <string>
#include <vector>

#include "db/connection.h"
#include "migration/initial_load.h"
#include "migration/program_probe.h"
#include "schema/diff.h"
#include "schema/model.h"
#include "schema/selection.h"
#include "schema/session.h"
#include "schema/statement_class.h"

namespace flyover::migration {

/// Spells character sets as the server does: servers before 8.0 have no "utf8mb3".
std::string sql_for(const schema::Dialect& dialect, const std::string& sql);

/// Statements that make `table` follow `source` where a statement's text alone does not: InnoDB on
/// the new server, and what a server without explicit_defaults_for_timestamp makes of TIMESTAMP
/// columns. Only for tables with the same columns; else the source has moved on. Pure.
std::vector<std::string> follow_sql(const schema::Table& source, const schema::Table& table,
                                    bool to_innodb);

/// Whether a column of `table`, on a server whose utf8mb4 sorts as utf8mb4_general_ci by default,
/// does so and has another collation in `source`. Pure.
bool has_default_of_old_servers(const schema::Table& source, const schema::Table& table);

/// Makes the named views, routines or events what they are on `from`; events disabled.
void copy_programs(db::Connection& from, db::Connection& to, const schema::Dialect& dialect,
                   schema::StatementClass kind, const std::vector<mysql::TableName>& names);

/// Makes all views, or all routines, of a schema what they are on `from`. One that can not be made
/// yet, because what it names is not there, is told and left out: the definitions then differ.
void mirror_programs(db::Connection& from, db::Connection& to, const schema::Dialect& dialect,
                     schema::StatementClass kind, const std::string& schema);

/// Creates the routines, events and views of `from` that `to` does not have; events disabled. What
/// it does not take comes back: the object as in schema::Difference, and the server's words.
std::map<std::string, std::string> create_missing_programs(db::Connection& from, db::Connection& to,
                                                           const schema::Selection& selection);

/// Drops the views, routines and events of a schema that itself has to stay.
void drop_programs(db::Connection& connection, const std::string& schema);

/// Makes suspended tables on `to` anew, empty, as they are on `from`, where their definitions
/// differ, and drops those that `from` does not have any more, whose cuts go. True: `cuts` changed.
bool restore_suspended(db::Connection& from, db::Connection& to, base::Side to_side,
                       const std::string& migration, const schema::Selection& selection,
                       TableCuts& cuts);

/// What differs between both servers' definitions while `active` is the side that is written to:
/// triggers are on that side only, events enabled there only. Where nothing does, the programs that
/// a switch could not create, or that would fail behind it.
std::vector<schema::Difference> differences(db::Connection& source, db::Connection& target,
                                            const std::string& migration,
                                            const schema::Selection& selection, base::Side active,
                                            ProgramProbe& probe);

}  // namespace flyover::migration
