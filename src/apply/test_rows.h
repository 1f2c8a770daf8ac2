#pragma once
// Transactions made by hand, for tests.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binlog/transaction.h"
#include "schema/model.h"

namespace flyover::apply::test {

using Row = std::vector<binlog::Value>;

inline binlog::Value of_type(binlog::ValueType type) {
  binlog::Value value;
  value.type = type;
  return value;
}

inline binlog::Value n(std::int64_t number) {
  binlog::Value value = of_type(binlog::ValueType::signed_int);
  value.signed_int = number;
  return value;
}
inline binlog::Value u(std::uint64_t number) {
  binlog::Value value = of_type(binlog::ValueType::unsigned_int);
  value.unsigned_int = number;
  return value;
}
inline binlog::Value f(double number) {
  binlog::Value value = of_type(binlog::ValueType::double_number);
  value.number = number;
  return value;
}
/// Bytes; the text must outlive the transaction, or be put into it by keep().
inline binlog::Value s(std::string_view bytes) {
  binlog::Value value = of_type(binlog::ValueType::bytes);
  value.bytes = bytes;
  return value;
}
inline binlog::Value t(std::string_view text) {
  binlog::Value value = of_type(binlog::ValueType::text);
  value.bytes = text;
  return value;
}
inline binlog::Value json(std::string_view text) {
  binlog::Value value = of_type(binlog::ValueType::json);
  value.bytes = text;
  return value;
}
inline binlog::Value null() {
  return of_type(binlog::ValueType::null);
}
inline binlog::Value absent() {
  return of_type(binlog::ValueType::absent);
}

/// Copies the bytes of every value into the change, as the decoder's changes own theirs.
inline binlog::RowsChange rows(mysql::TableName table, binlog::ChangeKind kind,
                               const std::vector<Row>& images) {
  binlog::RowsChange change{.table = std::move(table), .kind = kind};
  change.column_count = images.empty() ? 0 : images.front().size();
  for (const Row& image : images) {
    for (binlog::Value value : image) {
      if (!value.bytes.empty()) {
        value.bytes = change.rendered.emplace_back(value.bytes);
      }
      change.values.push_back(value);
    }
  }
  return change;
}
inline binlog::RowsChange insert(mysql::TableName table, const std::vector<Row>& after) {
  return rows(std::move(table), binlog::ChangeKind::insert, after);
}
inline binlog::RowsChange remove(mysql::TableName table, const std::vector<Row>& before) {
  return rows(std::move(table), binlog::ChangeKind::remove, before);
}
inline binlog::RowsChange update(mysql::TableName table, const std::vector<Row>& before,
                                 const std::vector<Row>& after) {
  std::vector<Row> images;
  for (std::size_t i = 0; i < before.size(); ++i) {
    images.push_back(before[i]);
    images.push_back(after[i]);
  }
  return rows(std::move(table), binlog::ChangeKind::update, images);
}

/// A transaction that ends at b.1:`end`.
template <typename... Changes>
binlog::Transaction transaction(std::uint64_t end, Changes... changes) {
  binlog::Transaction out;
  out.start = {"b.1", end - 1};
  out.end = {"b.1", end};
  (out.changes.emplace_back(std::move(changes)), ...);
  return out;
}

/// Transactions can be moved only, which an initialiser list does not do.
template <typename... Transactions>
std::vector<binlog::Transaction> list(Transactions... transactions) {
  std::vector<binlog::Transaction> out;
  (out.push_back(std::move(transactions)), ...);
  return out;
}

inline schema::Column column(std::string name, std::string data_type, schema::ValueKind kind) {
  return {
      .name = std::move(name), .data_type = std::move(data_type), .kind = kind, .nullable = false};
}
inline schema::Index index(std::string name, schema::IndexKind kind,
                           const std::vector<std::string>& columns) {
  schema::Index out{.name = std::move(name), .kind = kind};
  for (const std::string& part : columns) out.parts.push_back({.column = part});
  return out;
}
inline schema::ForeignKey foreign_key(std::vector<std::string> columns, mysql::TableName parent,
                                      std::vector<std::string> parent_columns,
                                      std::string on_delete = "RESTRICT",
                                      std::string on_update = "RESTRICT") {
  return {.name = "fk",
          .columns = std::move(columns),
          .parent = std::move(parent),
          .parent_columns = std::move(parent_columns),
          .on_delete = std::move(on_delete),
          .on_update = std::move(on_update)};
}

}  // namespace flyover::apply::test
