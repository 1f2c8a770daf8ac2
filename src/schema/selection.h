#pragma once
// Which tables a migration moves: shell-style patterns on "schema.table".

#include <string>
#include <string_view>
#include <vector>

#include "mysql/identifier.h"

namespace flyover::schema {

/// True when `text` as a whole matches the shell-style pattern: `*` any bytes, `?` one byte,
/// `[a-z]` and `[!a-z]` one of a set, `\` takes the next byte literally.
bool glob_match(std::string_view pattern, std::string_view text);

/// Schemas that belong to a server or to flyover itself; never selected.
bool is_system_schema(std::string_view schema);

/// What the configuration's [tables] says. A pattern without a dot names whole schemas. No include
/// pattern selects every user schema. Thread-safe once built.
struct Selection {
  std::vector<std::string> include{};
  std::vector<std::string> exclude{};

  bool selects(const mysql::TableName& name) const;
  /// True when objects that belong to the schema as a whole (routines, events, the schema itself)
  /// are moved: some include pattern can match in it, and no exclude pattern covers all of it.
  bool selects_schema(std::string_view schema) const;
};

}  // namespace flyover::schema
