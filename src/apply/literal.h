#pragma once
// Values of row images as SQL that a neutral session (binary character set, UTC, see
// db::Connection) stores bit for bit, and the comparisons that find them again.

#include <string>

#include "binlog/transaction.h"
#include "schema/model.h"

namespace flyover::apply {

/// The value as a literal for INSERT and UPDATE.
void append_literal(std::string& out, const schema::Column& column, const binlog::Value& value);

/// "`c`=literal" for a column of a key: the server's index and collation decide.
void append_key_equal(std::string& out, const std::string& quoted_column,
                      const schema::Column& column, const binlog::Value& value);

/// "`c`<=>literal", exact for every type and true for two NULLs; for tables without a key.
void append_exactly_equal(std::string& out, const std::string& quoted_column,
                          const schema::Column& column, const binlog::Value& value);

/// True for the error member of an ENUM, which a strict session refuses to store.
bool needs_relaxed_mode(const schema::Column& column, const binlog::Value& value);

/// The value for people, at most some 40 characters.
std::string describe_value(const binlog::Value& value);

}  // namespace flyover::apply
