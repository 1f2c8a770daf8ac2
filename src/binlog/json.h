#pragma once
// JSON columns: MySQL's binary form of a document to its text.
// Format: the comment at the top of sql-common/json_binary.h of the server.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flyover::binlog {

/// Appends the document as the server prints it: ", " and ": " between, keys in stored order,
/// characters beyond ASCII as they are. Numbers keep every digit: integers of 64 bits, DECIMAL by
/// its digits, DOUBLE as the shortest text that reads back to the same number, always with a point
/// or an exponent. Dates and times are strings as the server prints them; other opaque values are
/// "base64:type<number>:…". What a text can not carry is that a number was a DECIMAL and a string a
/// date. No bytes at all is the document null. On an error `out` holds a part.
std::optional<base::Error> append_json_text(std::string_view binary, std::string& out);

}  // namespace flyover::binlog
