#pragma once
// Whether the rows in the log are rows of the table as flyover knows it.

#include <optional>
#include <vector>

#include "base/error.h"
#include "binlog/rows.h"
#include "binlog/table_map.h"
#include "schema/model.h"

namespace flyover::stream {

/// Compares column count, type families and, where the log tells it, signedness. On a match fills
/// `hints`; otherwise the error "source.schema_changed", which names the table and both shapes.
std::optional<base::Error> match_schema(const binlog::TableMap& map, const schema::Table& table,
                                        std::vector<binlog::ColumnHint>& hints);

}  // namespace flyover::stream
