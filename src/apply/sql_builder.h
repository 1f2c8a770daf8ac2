#pragma once
// Row changes as statements: a script that one target transaction runs, and what each statement
// must answer.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "binlog/transaction.h"

namespace flyover::apply {

/// How many rows a statement must have matched.
enum class RowCheck {
  exact,    ///< another number means that the target is not what the source was
  at_most,  ///< rows may be gone already: the target carried out the same cascade itself
  none
};

/// One statement of a script. `change` and `row` name its first row and live as long as the
/// transactions the script was made from.
struct Statement {
  std::string sql{};
  const TablePlan* plan = nullptr;  ///< null: a statement about the session
  const binlog::RowsChange* change = nullptr;
  std::size_t row = 0;
  const mysql::BinlogPosition* position = nullptr;  ///< end of the source transaction
  std::uint64_t rows = 0;
  RowCheck check = RowCheck::none;
};

/// Appends the strict statements of source transactions, in order, to a list; neighbours that may
/// be one statement become one. Not thread-safe.
class ScriptBuilder {
 public:
  explicit ScriptBuilder(const PlanSet& plans) : plans_(&plans) {}

  /// The rows of every table that is past its window; nothing for rows the loaded tables hold.
  /// The transaction must outlive the statements. Throws where a row image can not be applied.
  void add(const binlog::Transaction& transaction);
  /// The statements so far, ending in the session's default state.
  std::vector<Statement> take();

  /// One change alone, of a table past its window, within `transaction`.
  void add_rows(const binlog::Transaction& transaction, const TablePlan& plan,
                const binlog::RowsChange& change);

 private:
  struct Session {
    bool foreign_key_checks = true;
    bool strict = true;
  };
  void set_session(const TablePlan& plan, bool foreign_key_checks, bool strict);
  void add_insert(const TablePlan& plan, const binlog::RowsChange& change, std::size_t row);
  void add_update(const TablePlan& plan, const binlog::RowsChange& change, std::size_t row);
  void add_remove(const TablePlan& plan, const binlog::RowsChange& change, std::size_t row);
  /// What the update of the row does to rows of other tables (apply/cascade_sql.h).
  void add_cascade(const TablePlan& plan, const binlog::RowsChange& change, std::size_t row);
  Statement& start_statement(const TablePlan& plan, const binlog::RowsChange& change,
                             std::size_t row);
  bool extends_last(const TablePlan& plan, binlog::ChangeKind kind) const;

  const PlanSet* plans_;
  std::vector<Statement> statements_;
  Session session_;
  const mysql::BinlogPosition* position_ = nullptr;
  RowCheck check_ = RowCheck::exact;  ///< of updates and removes
  bool open_ = false;                 ///< the last statement may take more rows
};

/// Refuses a rows event whose columns are not the table's. `position`: for the message.
void require_fit(const TablePlan& plan, const binlog::RowsChange& change,
                 const mysql::BinlogPosition& position);

/// Pieces shared with the idempotent form.
/// "(`a`,`b`) VALUES (v,v)" of a row that is inserted. A column that the image lacks got its
/// default on the source: it gets it here too, and where there is none, what MySQL takes in its
/// place.
void append_inserted_row(std::string& out, const TablePlan& plan, const binlog::Value* row);
/// True when the image has every column of the row key.
bool has_key(const TablePlan& plan, const binlog::Value* row);
/// "(v,v,…)" of all written columns; throws when one is absent from the row image.
void append_row_values(std::string& out, const TablePlan& plan, const binlog::Value* row);
/// "`a`=…,`b`=…" for every written column in the image. `before`, when not null: long values that
/// did not change are left out.
void append_assignments(std::string& out, const TablePlan& plan, const binlog::Value* after,
                        const binlog::Value* before);
/// The condition that finds the row: its key, or every column and LIMIT 1 without one. Of an image
/// that lacks columns: any unique key that it has.
void append_where(std::string& out, const TablePlan& plan, const binlog::Value* row);
bool needs_relaxed_mode(const TablePlan& plan, const binlog::Value* row);

/// "`s`.`t` key (id=5)" for error messages.
std::string describe_row(const TablePlan& plan, const binlog::RowsChange& change, std::size_t row);

/// sql_mode of the applying session, with and without strictness. Strict, because a value the
/// target would silently change must stop everything; dates as the source allowed them.
inline constexpr const char* kStrictMode =
    "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,STRICT_ALL_TABLES";
inline constexpr const char* kRelaxedMode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES";

}  // namespace flyover::apply
