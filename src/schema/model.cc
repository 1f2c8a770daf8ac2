#include "schema/model.h"

#include <strings.h>

#include <algorithm>

namespace flyover::schema {
namespace {

bool identifies_rows(const Table& table, const Index& index) {
  return index.unique() &&
         std::all_of(index.parts.begin(), index.parts.end(), [&](const IndexPart& part) {
           const Column* column = table.find_column(part.column);
           return column != nullptr && !part.prefix && !column->nullable && !column->generated &&
                  column->kind != ValueKind::float_kind && column->kind != ValueKind::double_kind;
         });
}

}  // namespace

bool Table::rows_elsewhere() const {
  static constexpr const char* kEngines[] = {"FEDERATED", "MRG_MYISAM", "NDBCLUSTER", "BLACKHOLE"};
  return std::any_of(std::begin(kEngines), std::end(kEngines),
                     [&](const char* other) { return strcasecmp(engine.c_str(), other) == 0; });
}

bool Table::transactional() const {
  // Without an engine: a table that was not read from a server.
  return engine.empty() || strcasecmp(engine.c_str(), "InnoDB") == 0;
}

const Column* Table::find_column(std::string_view column) const {
  const auto index = column_index(column);
  return index ? &columns[*index] : nullptr;
}

std::optional<std::size_t> Table::column_index(std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return i;
  }
  return std::nullopt;
}

const Index* Table::row_key() const {
  const Index* best = nullptr;
  for (const Index& index : indexes) {
    if (!identifies_rows(*this, index)) continue;
    if (index.kind == IndexKind::primary) return &index;
    if (best == nullptr) best = &index;
  }
  return best;
}

std::vector<std::size_t> Table::row_key_columns() const {
  std::vector<std::size_t> positions;
  if (const Index* key = row_key(); key != nullptr) {
    for (const IndexPart& part : key->parts) positions.push_back(*column_index(part.column));
  }
  return positions;
}

const Table* Catalog::find_table(const mysql::TableName& name) const {
  const auto found = std::find_if(tables.begin(), tables.end(),
                                  [&](const Table& table) { return table.name == name; });
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace flyover::schema
