#pragma once
// What the applier knows of each table, compiled once: column lists, keys, and how foreign keys tie
// tables together.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binlog/transaction.h"
#include "mysql/position.h"
#include "schema/model.h"

namespace flyover::apply {

/// From where on a table's changes are applied, given how its rows were loaded.
struct TableCut {
  /// Transactions that end here or before are in the loaded rows already.
  mysql::BinlogPosition skip_until{};
  /// Transactions up to here may be in the loaded rows, so they are applied so that doing it twice
  /// does no harm. Equal to skip_until when the cut is exact, as it must be without a usable key.
  mysql::BinlogPosition idempotent_until{};
  /// The table can not be followed: its changes are dropped until it has been copied again. Tables
  /// that foreign keys tie to a suspended one are suspended too (migration/suspension.h).
  bool suspended = false;
  /// Why, for people; "" while it is not.
  std::string suspended_why{};

  /// Whether rows of a transaction that ends at `end` are to be applied.
  bool counts(const mysql::BinlogPosition& end) const { return !suspended && skip_until < end; }
};

/// How the values of one key column are made comparable. Classes may only merge values, never
/// separate two that the server calls equal.
enum class KeyPart {
  number,      ///< integers, BIT, ENUM, SET
  decimal,     ///< text without needless zeros
  temporal,    ///< text without needless zeros in the fraction
  bytes,       ///< binary strings and _bin collations, padding stripped
  ascii_text,  ///< other collations: ASCII folded; anything else takes the key's token
  opaque       ///< no hash agrees with the server: the whole key is one token
};

struct KeyColumn {
  std::size_t column = 0;
  KeyPart part = KeyPart::opaque;
  std::optional<std::uint32_t> prefix{};
};

/// Columns whose values two transactions may collide in. Keys with the same seed share one space of
/// values.
struct KeyDefinition {
  std::uint64_t seed = 0;
  std::vector<KeyColumn> columns{};
  bool opaque = false;  ///< some column is: every value is the same
  bool unseen = false;  ///< some part is no column that row images have: an expression, say
};

/// A foreign key of another table that refers to this one and changes it by itself.
struct CascadingChild {
  std::size_t table = 0;  ///< index in PlanSet
  std::vector<std::size_t> child_columns{};
  std::vector<std::size_t> parent_columns{};
  std::string on_delete{};
  std::string on_update{};
};

/// Everything about one table. Immutable once made.
struct TablePlan {
  std::size_t index = 0;
  schema::Table table{};
  TableCut cut{};
  std::string quoted_name{};
  std::vector<std::string> quoted_columns{};
  std::vector<std::size_t> written_columns{};  ///< all but generated ones
  std::string full_column_list{};              ///< "(`a`,`b`)" of written_columns
  std::vector<std::size_t> key_columns{};      ///< of the row key; empty: the table has none

  std::vector<KeyDefinition> unique_keys{};
  std::vector<KeyDefinition> parent_references{};     ///< of this table's foreign keys
  std::vector<KeyDefinition> referenced_keys{};       ///< what other tables refer to
  std::optional<std::uint64_t> changed_by_cascade{};  ///< token of the component it belongs to
  std::optional<std::uint64_t> starts_cascade{};      ///< likewise, when a delete here spreads

  bool self_referencing = false;
  std::vector<CascadingChild> cascading_children{};
  std::vector<CascadingChild> restricting_children{};
  /// A delete, or a new value of a referenced key, can reach rows beyond this table's children.
  bool delete_reaches_far = false;
  bool update_reaches_far = false;
  /// Indexes of tables from whose rows a cascade can reach this one, itself included when it can.
  std::vector<bool> cascade_ancestors{};

  /// Its engine on the target when that has no transactions (apply/plain_tables.h), else "".
  std::string target_engine{};

  bool plain() const { return !target_engine.empty(); }
  bool keyless() const { return key_columns.empty(); }
  /// Whether foreign keys of the link's tables refer to it.
  bool referred_to() const { return !cascading_children.empty() || !restricting_children.empty(); }
  /// True when the event has this table's columns.
  bool fits(const binlog::RowsChange& change) const {
    return change.column_count == table.columns.size();
  }
};

/// The plans of all tables of a link. Immutable when it is used, so any thread may read it.
class PlanSet {
 public:
  /// `source_logs_cascades`: the link's source (9.6 and later) writes what cascades do into its
  /// binlog, so foreign keys need not act on the target, nor order transactions.
  PlanSet(std::vector<schema::Table> tables, const std::map<mysql::TableName, TableCut>& cuts,
          bool source_logs_cascades);

  /// Null: the table is not one of the link's.
  const TablePlan* find(const mysql::TableName& name) const;
  const TablePlan& at(std::size_t index) const { return *plans_.at(index); }
  std::size_t size() const { return plans_.size(); }
  /// Before the plans are used: engines of target tables that have no transactions.
  void set_target_engines(const std::map<mysql::TableName, std::string>& engines);
  /// Whether the transaction changes a table of the target that has no transactions.
  bool touches_plain(const binlog::Transaction& transaction) const;
  bool source_logs_cascades() const { return source_logs_cascades_; }
  /// The last position at which some table's changes are applied idempotently.
  const mysql::BinlogPosition& window_end() const { return window_end_; }

 private:
  void plan_foreign_keys();
  void plan_foreign_key(TablePlan& child, const schema::ForeignKey& key);
  void plan_cascades();
  /// Whether rows that refer to the child change, too, when the child is deleted (`child_goes`), or
  /// its foreign key gets another value.
  bool reaches_far(const CascadingChild& edge, bool child_goes) const;

  std::vector<std::unique_ptr<TablePlan>> plans_;
  std::map<mysql::TableName, std::size_t> by_name_;
  bool source_logs_cascades_;
  bool any_plain_ = false;
  mysql::BinlogPosition window_end_;
};

/// Exported for tests: how values of the column are compared in a key.
KeyPart key_part_of(const schema::Column& column);

}  // namespace flyover::apply
