#pragma once
// What a binary log says happened, decoded: the vocabulary between the stream and the applier.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "mysql/identifier.h"
#include "mysql/position.h"

namespace flyover::binlog {

enum class ValueType : std::uint8_t {
  null,
  absent,        ///< not in the row image (MINIMAL, NOBLOB)
  signed_int,    ///< integers of signed columns, YEAR (as the displayed number)
  unsigned_int,  ///< integers of unsigned columns, BIT, ENUM (ordinal), SET (bitmap)
  float_number,  ///< FLOAT, held in `number` exactly
  double_number,
  text,   ///< ASCII rendering of DECIMAL, DATE, TIME, DATETIME, TIMESTAMP (UTC)
  bytes,  ///< CHAR, BINARY (padded to its length), VARCHAR, BLOB, GEOMETRY: raw bytes
  json,   ///< text of a JSON document, UTF-8, which a server reads back as the same document
  /// An SQL expression that makes the JSON document: one whose text would lose types (DECIMAL,
  /// dates, bytes), or one that is a change of the row before.
  json_sql,
  /// Likewise, but a change of the row's document in the table: the first NUL byte stands for the
  /// column. Only in the row after an update whose row before lacks the column.
  json_change,
  json_impossible  ///< a JSON document that no expression makes; `bytes` says why
};

/// True for every form of a JSON document.
constexpr bool is_json(ValueType type) {
  return type >= ValueType::json && type <= ValueType::json_impossible;
}

/// One column's value. `bytes` points into the RowsChange that holds it.
struct Value {
  ValueType type = ValueType::null;
  union {
    std::int64_t signed_int = 0;
    std::uint64_t unsigned_int;
    double number;
  };
  std::string_view bytes{};
};

/// Texts that stay where they are when their owner moves. Can be moved, not copied: views into a
/// copy would still point into the original, and a std::vector of its owners would copy when it
/// grows if moving could throw (as moving a std::deque can).
class PinnedTexts {
 public:
  PinnedTexts() = default;
  PinnedTexts(PinnedTexts&&) noexcept = default;
  PinnedTexts& operator=(PinnedTexts&&) noexcept = default;

  template <typename... Args>
  std::string& emplace_back(Args&&... args) {
    return *texts_.emplace_back(std::make_unique<std::string>(std::forward<Args>(args)...));
  }
  std::size_t size() const { return texts_.size(); }

 private:
  std::vector<std::unique_ptr<std::string>> texts_;
};

enum class ChangeKind : std::uint8_t { insert, update, remove };

/// The rows of one rows event. Immutable once made; owns the memory its values point into. Moving
/// leaves that memory in place; copying is not possible.
struct RowsChange {
  mysql::TableName table{};
  ChangeKind kind = ChangeKind::insert;
  std::size_t column_count = 0;
  bool foreign_key_checks_off = false;  ///< NO_FOREIGN_KEY_CHECKS_F of the event
  bool unique_checks_off = false;       ///< RELAXED_UNIQUE_CHECKS_F
  /// Row after row, `column_count` values each. Insert: the row after; remove: the row before;
  /// update: before and after, one behind the other.
  std::vector<Value> values{};

  std::size_t images_per_row() const { return kind == ChangeKind::update ? 2 : 1; }
  std::size_t row_count() const {
    return column_count == 0 ? 0 : values.size() / column_count / images_per_row();
  }
  /// The row before: of update and remove.
  const Value* before(std::size_t row) const {
    return values.data() + row * images_per_row() * column_count;
  }
  /// The row after: of insert and update.
  const Value* after(std::size_t row) const {
    return values.data() + (row * images_per_row() + images_per_row() - 1) * column_count;
  }
  std::size_t memory_bytes() const {
    return values.size() * sizeof(Value) + packet.size() + rendered_bytes;
  }

  std::string packet{};    ///< the event's bytes, longer than a small-string buffer
  PinnedTexts rendered{};  ///< texts made by the decoder
  std::size_t rendered_bytes = 0;
};
static_assert(std::is_nothrow_move_constructible_v<RowsChange> &&
              !std::is_copy_constructible_v<RowsChange>);

/// The session a statement ran in, as far as its event says; needed to repeat it elsewhere.
struct StatementSession {
  std::optional<std::uint32_t> flags2{};  ///< OPTION_… bits: foreign key and unique checks
  std::optional<std::uint16_t> auto_increment_increment{};
  std::optional<std::uint16_t> auto_increment_offset{};
  std::optional<std::uint16_t> client_charset{};  ///< collation ids
  std::optional<std::uint16_t> connection_collation{};
  std::optional<std::uint16_t> server_collation{};
  std::string time_zone{};  ///< "": not said
  std::optional<std::uint16_t> lc_time_names{};
  std::optional<std::uint16_t> default_collation_for_utf8mb4{};
  std::uint32_t timestamp_s = 0;
  std::uint32_t microseconds = 0;
};

/// A statement in the log: DDL, or DML written in statement format.
struct StatementChange {
  std::string schema{};  ///< the session's default schema
  std::string sql{};
  std::uint64_t sql_mode = 0;
  std::uint32_t thread_id = 0;
  std::uint16_t error_code = 0;  ///< how it ended on the server; 0: well
  StatementSession session{};
  /// CREATE TABLE … SELECT of 8.0.21 and later, logged as "CREATE TABLE … START TRANSACTION": its
  /// rows are the RowsChanges behind it, if the table is followed.
  bool rows_follow = false;
};

using Change = std::variant<RowsChange, StatementChange>;

/// A committed transaction of the server, or a part of one too large for memory. Parts come in
/// order, `first` on the first and `last` on the last.
struct Transaction {
  bool first = true;
  bool last = true;
  mysql::BinlogPosition start{};  ///< before the transaction's first event
  mysql::BinlogPosition end{};    ///< behind its commit: where a resume goes on
  /// Where the oldest XA transaction begins that is prepared at `end` and whose rows may come: a
  /// resume has to read from there. Empty when there is none.
  mysql::BinlogPosition needs_from{};
  std::string gtid{};             ///< "uuid:17", "uuid:tag:17" or ""
  std::uint32_t timestamp_s = 0;  ///< of the commit, server time
  std::vector<Change> changes{};

  std::size_t memory_bytes() const;
  std::size_t row_count() const;
};

}  // namespace flyover::binlog
