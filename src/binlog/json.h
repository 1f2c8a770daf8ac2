#pragma once
// JSON columns: MySQL's binary form of a document to its text.
// Format: the comment at the top of sql-common/json_binary.h of the server.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mysql/json_document.h"

namespace flyover::binlog {

/// Appends the document as the server prints it: ", " and ": " between, keys in stored order,
/// characters beyond ASCII as they are. Numbers keep every digit: integers of 64 bits, DECIMAL by
/// its digits, DOUBLE as the shortest text that reads back to the same number, always with a point
/// or an exponent. Dates and times are strings as the server prints them; other opaque values are
/// "base64:type<number>:…". No bytes at all is the document null. On an error `out` holds a part.
/// `exact`, when not null: whether a server makes the same document of the text; it does not when a
/// number was a DECIMAL or unsigned, or a string a date or bytes.
std::optional<base::Error> append_json_text(std::string_view binary, std::string& out,
                                            bool* exact = nullptr);

/// The document as a tree with the types of its values.
base::Result<mysql::JsonNode> parse_json_binary(std::string_view binary);

/// Changes of a document as a partial update logs them, as an SQL expression over `document`, an
/// expression of the document before. Appends nothing but `document` when there are none. An error
/// of code "json.opaque_type": a value that no expression makes.
std::optional<base::Error> append_json_diffs_sql(std::string_view diffs, std::string_view document,
                                                 std::string& out);

}  // namespace flyover::binlog
