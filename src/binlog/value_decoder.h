#pragma once
// One column's bytes in a row image to a Value. Internal to this module.

#include <string>

#include "base/byte_reader.h"
#include "binlog/rows.h"
#include "binlog/table_map.h"
#include "binlog/text_arena.h"

namespace flyover::binlog {

/// Decodes values of one rows event. `scratch` is reused between JSON documents.
class ValueDecoder {
 public:
  explicit ValueDecoder(RowsChange& rows) : arena_(rows) {}

  /// Reads one value that is neither NULL nor absent. False, or a failed reader: not such a value.
  bool decode(const TableMapColumn& column, const ColumnHint& hint, base::ByteReader& in,
              Value& out);
  /// Reads the changes of a JSON document that is `before` in the row before, absent or not.
  bool decode_json_change(const TableMapColumn& column, const Value& before, base::ByteReader& in,
                          Value& out);

 private:
  bool integer(const TableMapColumn& column, const ColumnHint& hint, std::size_t size,
               base::ByteReader& in, Value& out);
  bool temporal(const TableMapColumn& column, base::ByteReader& in, Value& out);
  bool decimal(const TableMapColumn& column, base::ByteReader& in, Value& out);
  bool json(const TableMapColumn& column, base::ByteReader& in, Value& out);
  void pad(const ColumnHint& hint, Value& out);
  /// Makes `text` the value's bytes.
  void keep(ValueType type, std::string_view text, Value& out);

  TextArena arena_;
  std::string scratch_;
};

}  // namespace flyover::binlog
