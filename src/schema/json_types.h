#pragma once
// What the text of a JSON document does not tell, read by SQL: which numbers are DECIMAL or
// unsigned, which strings are dates, times or bytes.

#include <string>
#include <string_view>

#include "base/result.h"
#include "mysql/json_document.h"
#include "mysql/version.h"

namespace flyover::schema {

/// Whether the server can run json_types_sql() and the expressions of mysql/json_document.h:
/// JSON_TABLE came with 8.0.4.
bool can_read_json_types(const mysql::Version& version);

/// An SQL expression over the JSON expression `document` (a column's quoted name): NULL when the
/// text is the whole document, or a JSON array with an element
///   [member, cell, "TYPE", value]
/// for each value whose type it does not tell. `member` counts the values of '$**.*' from 1, `cell`
/// those of '$**[*]'; the other one is null, and both are for the document itself. Documents with
/// equal text and equal types are equal.
std::string json_types_sql(std::string_view document);

/// The document of the text with the types that json_types_sql() gave. An error when the types do
/// not belong to the text.
base::Result<mysql::JsonNode> typed_json_document(std::string_view text, std::string_view types);

}  // namespace flyover::schema
