#pragma once
// What many of the source's transactions come to: for every row, how it was before the first of
// them and how it is after the last.
//
//   insert … delete      nothing
//   update … update      one update
//   delete … insert      one update, when the key is the same
//   update of the key    a delete and an insert
//
// A row is known by the exact bytes of its key. Two keys that only the server's collation calls
// equal are two rows here; they never stand in the table at once, and all deletes of a table come
// before its inserts.

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "apply/table_plan.h"
#include "binlog/transaction.h"

namespace flyover::apply {

/// One row. Points into the transactions it was made from.
struct NetRow {
  const binlog::Value* key = nullptr;          ///< an image with the row's key
  const binlog::Value* before = nullptr;       ///< null: there was no row
  const binlog::Value* after = nullptr;        ///< null: there is none any more
  const binlog::RowsChange* change = nullptr;  ///< the last that touched it, for messages
  std::size_t row = 0;                         ///< within `change`
  const mysql::BinlogPosition* position = nullptr;

  bool nothing() const { return before == nullptr && after == nullptr; }
};

/// The net changes of one table, in the order in which the rows were met first.
struct NetTable {
  const TablePlan* plan = nullptr;
  std::vector<NetRow> rows{};
  std::vector<std::uint32_t> slots{};  ///< hash table: index in `rows` plus one
};

/// Whether the transaction's changes may be taken out of their order. Not: rows without a usable
/// key, images that lack columns, changes that start a foreign key's cascade or meet what one left,
/// tables in their idempotent window or of engines without transactions, values that need a session
/// of their own, statements. Pure; thread-safe.
bool nets(const binlog::Transaction& transaction, const PlanSet& plans);

/// Not thread-safe. The transactions must outlive it.
class NetChanges {
 public:
  /// The next row of `changes`, of a transaction for which nets() is true and which ends at
  /// `position`. False: it does not follow from those before it (a row that is there is inserted,
  /// say). Then nothing here counts.
  bool add(const TablePlan& plan, const binlog::RowsChange& changes, std::size_t row,
           const mysql::BinlogPosition& position);

  /// One entry for each table touched.
  std::vector<NetTable>& tables() { return tables_; }
  /// Row changes taken so far.
  std::size_t changes() const { return changes_; }

 private:
  NetTable& table_of(const TablePlan& plan);
  bool add_row(NetTable& table, const binlog::Value* before, const binlog::Value* after,
               const NetRow& place);
  /// The row with this key; made when there is none.
  NetRow& find(NetTable& table, const binlog::Value* key, bool& found);

  std::vector<NetTable> tables_;
  std::unordered_map<const TablePlan*, std::size_t> by_plan_{};  ///< index in tables_
  std::size_t changes_ = 0;
};

/// Whether all columns that are written are the same, byte for byte.
bool same_row(const TablePlan& plan, const binlog::Value* a, const binlog::Value* b);

}  // namespace flyover::apply
