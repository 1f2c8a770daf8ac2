// Partial updates of JSON documents. Format: sql/json_diff.cc of the server.

#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "binlog/errors.h"
#include "binlog/json.h"
#include "mysql/identifier.h"

namespace flyover::binlog {
namespace {

enum Operation : std::uint8_t { kReplace = 0, kInsert = 1, kRemove = 2 };

/// Neighbouring changes that one function carries out, from left to right.
struct Call {
  std::string_view function{};
  std::string arguments{};
};

std::string_view function_of(std::uint8_t operation, std::string_view path) {
  switch (operation) {
    case kReplace:
      return "JSON_REPLACE";
    case kInsert:
      // A path ends with a cell of an array or with a member, whose name may be quoted.
      return path.ends_with(']') ? "JSON_ARRAY_INSERT" : "JSON_INSERT";
    case kRemove:
      return "JSON_REMOVE";
    default:
      return {};
  }
}

}  // namespace

std::optional<base::Error> append_json_diffs_sql(std::string_view diffs, std::string_view document,
                                                 std::string& out) {
  std::vector<Call> calls;
  base::ByteReader in(diffs);
  while (!in.at_end()) {
    const std::uint8_t operation = in.u8();
    const std::string_view path = in.bytes(static_cast<std::size_t>(in.length_encoded()));
    const std::string_view function = function_of(operation, path);
    if (!in.ok() || function.empty() || !path.starts_with('$')) {
      return corrupt("a partial update of a JSON document");
    }
    if (calls.empty() || calls.back().function != function) calls.push_back({function, {}});
    std::string& arguments = calls.back().arguments;
    arguments += ",_utf8mb4";
    mysql::append_quoted_bytes(arguments, path);
    if (operation == kRemove) continue;
    const std::string_view binary = in.bytes(static_cast<std::size_t>(in.length_encoded()));
    if (!in.ok()) return corrupt("a partial update of a JSON document");
    auto value = parse_json_binary(binary);
    if (!value) return value.error();
    arguments += ',';
    if (auto error = mysql::append_json_argument(*value, arguments)) return error;
  }
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    out.append(call->function).append("(");
  }
  out += document;
  for (const Call& call : calls) out.append(call.arguments).append(")");
  return std::nullopt;
}

}  // namespace flyover::binlog
