#pragma once
// Runs the statements of schema/ddl.h in the sessions they need. The connection is neutral again
// afterwards.

#include <string_view>

#include "db/connection.h"
#include "schema/ddl.h"

namespace flyover::schema {

/// CREATE DATABASE, CREATE TABLE, ALTER TABLE: utf8 text, foreign keys not checked against rows.
void run_ddl(db::Connection& connection, const Dialect& dialect, std::string_view sql);
void create_view(db::Connection& connection, const View& view, const SchemaNames& names = {});
/// The same SELECT under another name.
void create_view(db::Connection& connection, const View& view, const mysql::TableName& name);
/// A program whose schema had another collation when it was made needs the control schema there.
/// The statement begins with `comment`. Throws schema.mixed_charsets when the program's character
/// set can not express its name or its comment.
void create_program(db::Connection& connection, const Program& program, const Dialect& dialect,
                    const SchemaNames& names = {}, std::string_view comment = {});
/// Enables or disables an event in the session it was created in.
void alter_event(db::Connection& connection, const Program& event, bool enable,
                 const Dialect& dialect, std::string_view comment = {});

}  // namespace flyover::schema
