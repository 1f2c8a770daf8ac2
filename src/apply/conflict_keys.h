#pragma once
// Which transactions may not change places: the conflict keys of a transaction.
//
// MySQL 5.6 logs no dependencies, so they are computed from the rows. Two transactions conflict
// when they hold the same key and at least one of them exclusively:
//
//   every unique key, before and after        exclusive; a NULL in it collides with nothing
//   a key whose values have no safe hash      one token for all its values
//   text in a key that is not printable ASCII the key's token exclusive, since 'é' may equal 'e';
//                                             ASCII values hold it shared beside their own hash
//   a foreign key's parent                    shared by the child's rows; exclusive when the parent
//                                             row appears, goes, or changes the referenced columns
//   a group of tables joined by cascades      shared by changes of rows that a cascade may change,
//                                             exclusive for a change that starts one
//
// Hashes may merge values (that costs parallelism only), never separate two the server calls equal.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apply/table_plan.h"
#include "binlog/transaction.h"

namespace flyover::apply {

struct ConflictKey {
  std::uint64_t hash = 0;
  bool exclusive = true;
  friend bool operator==(const ConflictKey&, const ConflictKey&) = default;
};

/// What the scheduler needs of one transaction.
struct ConflictKeys {
  /// Sorted by hash, each hash once.
  std::vector<ConflictKey> keys{};
  /// Conflicts with everything: the keys do not say enough.
  bool serial = false;
  /// A later part of a transaction: its session has the parts before, also when nothing runs now.
  bool continues = false;
};

/// The keys of the transaction's rows in the tables of `plans`; other tables' rows, and rows the
/// loaded table holds already, have none. Serial: parts of a large transaction, transactions in a
/// table's idempotent window, and row images that lack a key's columns. Pure; thread-safe.
ConflictKeys conflict_keys(const binlog::Transaction& transaction, const PlanSet& plans);

/// How a text compares, coarsely: ASCII letters folded, trailing blanks gone. False: some byte is
/// not printable ASCII, so the text may equal any other.
bool fold_ascii(std::string_view text, std::string& folded);

/// "007.50" and "7.5" alike; "-0.0" is "0".
std::string canonical_decimal(std::string_view text);

}  // namespace flyover::apply
