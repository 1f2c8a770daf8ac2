#pragma once
// The table map event: which table, and of which types, the rows events behind it are.
// Format: libs/mysql/binlog/event/rows_event.h of the server.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "binlog/event.h"
#include "mysql/column_type.h"
#include "mysql/identifier.h"

namespace flyover::binlog {

/// One column as the log describes it. Only `type` to `nullable` are always there; the rest comes
/// with MySQL 8.0 and binlog_row_metadata = MINIMAL (signedness) or FULL (all).
struct TableMapColumn {
  /// The real type: ENUM and SET, which the event hides behind STRING, are resolved.
  mysql::ColumnType type = mysql::ColumnType::null_type;
  /// VARCHAR, CHAR, BINARY: most bytes. BLOB, JSON, GEOMETRY, VECTOR, ENUM, SET: bytes of the
  /// length or value. BIT: bits. Temporal: fraction digits. DECIMAL: precision << 8 | scale.
  std::uint16_t metadata = 0;
  bool nullable = true;
  std::optional<bool> is_unsigned{};  ///< numeric columns only
  std::optional<bool> visible{};
  std::optional<std::uint32_t> collation{};  ///< id; text columns, ENUM and SET
  std::optional<std::uint32_t> geometry_type{};
  std::optional<std::uint32_t> vector_dimensions{};
  std::string name{};
  std::vector<std::string> members{};  ///< ENUM and SET

  std::uint8_t precision() const { return static_cast<std::uint8_t>(metadata >> 8); }
  std::uint8_t scale() const { return static_cast<std::uint8_t>(metadata & 0xff); }
};

struct TableMap {
  std::uint64_t table_id = 0;
  mysql::TableName name{};
  std::vector<TableMapColumn> columns{};
  std::vector<std::uint32_t> primary_key{};  ///< column positions, when the log tells them

  /// "id long, name varchar(200)": the shape, for messages.
  std::string shape() const;
};

/// "varchar(200)", "newdecimal(10,2)", "long unsigned": one column's type, for messages.
std::string describe(const TableMapColumn& column);

/// The number in the head of table map and rows events that ties them together.
base::Result<std::uint64_t> parse_table_id(const EventView& event, const FormatDescription& format);

/// Whether a rows event is its statement's last one.
base::Result<bool> ends_statement(const EventView& event, const FormatDescription& format);

base::Result<TableMap> parse_table_map(const EventView& event, const FormatDescription& format);

/// Adds what the optional part of a table map says. Unknown fields are skipped. False: cut.
bool parse_optional_metadata(std::string_view bytes, TableMap& map);

}  // namespace flyover::binlog
