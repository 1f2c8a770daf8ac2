#include "binlog/rows.h"

#include <fmt/format.h>

#include <utility>

#include "base/byte_reader.h"
#include "binlog/errors.h"
#include "binlog/value_decoder.h"

namespace flyover::binlog {
namespace {

// Flags of rows events.
constexpr std::uint16_t kNoForeignKeyChecks = 0x2;
constexpr std::uint16_t kRelaxedUniqueChecks = 0x4;

bool is_version_1(EventType type) {
  return type >= EventType::write_rows_v1 && type <= EventType::delete_rows_v1;
}

ChangeKind kind_of(EventType type) {
  switch (type) {
    case EventType::update_rows:
    case EventType::update_rows_v1:
    case EventType::partial_update_rows:
      return ChangeKind::update;
    case EventType::delete_rows:
    case EventType::delete_rows_v1:
      return ChangeKind::remove;
    default:
      return ChangeKind::insert;
  }
}

bool bit(std::string_view bitmap, std::size_t index) {
  return (static_cast<unsigned char>(bitmap[index / 8]) >> index % 8 & 1) != 0;
}

// Which columns an image holds, and the bytes of its NULL bitmap.
struct ImageLayout {
  std::string_view present{};
  std::size_t present_count = 0;

  static ImageLayout make(std::string_view bitmap, std::size_t columns) {
    ImageLayout layout{bitmap, 0};
    for (std::size_t i = 0; i < columns; ++i) layout.present_count += bit(bitmap, i) ? 1 : 0;
    return layout;
  }
  std::size_t null_bytes() const { return (present_count + 7) / 8; }
};

class RowsDecoder {
 public:
  RowsDecoder(const TableMap& map, std::span<const ColumnHint> hints, bool partial, RowsChange& out)
      : map_(map), hints_(hints), partial_(partial), out_(out), values_(out) {
    for (const TableMapColumn& column : map.columns) {
      if (column.type == mysql::ColumnType::json) ++json_columns_;
    }
  }

  std::optional<base::Error> decode(base::ByteReader& in, bool has_extra, std::size_t memory_base) {
    if (auto error = read_layout(in, has_extra)) return error;
    std::size_t rows = 0;
    const std::size_t rows_bytes = in.remaining();
    // Columns that are not in the image, padding and documents make more of few bytes; a damaged
    // event could make terabytes.
    const std::size_t memory_max = memory_base + kMemoryPerByte * out_.packet.size();
    while (!in.at_end()) {
      if (rows == 1) reserve(rows_bytes, rows_bytes - in.remaining());
      if (auto error = image(layouts_[0], in)) return error;
      if (out_.kind == ChangeKind::update) {
        if (auto error = after_image(in)) return error;
      }
      ++rows;
      if (out_.memory_bytes() > memory_max) return too_large(memory_max);
    }
    if (rows == 0) {
      return unsupported("a row of " + out_.table.to_string() + " without any column in the log",
                         "Set binlog_row_image to FULL on the server.");
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kMemoryPerByte = 8;

  std::optional<base::Error> read_layout(base::ByteReader& in, bool has_extra) {
    static constexpr std::size_t kExtraLengthBytes = 2;
    if (has_extra) {
      const std::size_t extra = in.u16();
      if (extra < kExtraLengthBytes) return cut();
      in.skip(extra - kExtraLengthBytes);
    }
    const std::uint64_t columns = in.length_encoded();
    if (!in.ok()) return cut();
    if (columns != map_.columns.size()) {
      return corrupt(fmt::format("a rows event of {} columns for {} with {}", columns,
                                 out_.table.to_string(), map_.columns.size()));
    }
    const std::size_t bitmap_bytes = (map_.columns.size() + 7) / 8;
    const std::string_view first = in.bytes(bitmap_bytes);
    const std::string_view second =
        out_.kind == ChangeKind::update ? in.bytes(bitmap_bytes) : first;
    if (!in.ok()) return cut();
    layouts_[0] = ImageLayout::make(first, map_.columns.size());
    layouts_[1] = ImageLayout::make(second, map_.columns.size());
    // A row would take no bytes, and their number could not be known.
    if (layouts_[0].present_count == 0 && !in.at_end()) return cut();
    out_.column_count = map_.columns.size();
    return std::nullopt;
  }

  // Rows are usually alike, so the first one tells about how many there are.
  void reserve(std::size_t rows_bytes, std::size_t first_row_bytes) {
    static constexpr std::size_t kReserveBytesMax = std::size_t{64} << 20;
    const std::size_t rows = rows_bytes / first_row_bytes + 1;
    const std::size_t values = rows * out_.column_count * out_.images_per_row();
    out_.values.reserve(std::min(values, kReserveBytesMax / sizeof(Value)));
  }

  // In front of the row after, a partial update says which JSON documents it has as changes: a bit
  // for each JSON column of the table, in the row or not.
  std::optional<base::Error> after_image(base::ByteReader& in) {
    static constexpr std::uint64_t kPartialJson = 1;
    std::string_view changes;
    if (partial_) {
      const std::uint64_t options = in.length_encoded();
      if (!in.ok()) return cut();
      if ((options & ~kPartialJson) != 0) {
        return unsupported("a row of " + out_.table.to_string() + " with unknown value options",
                           "Set binlog_row_value_options to '' on the server.");
      }
      if (options == kPartialJson) changes = in.bytes((json_columns_ + 7) / 8);
    }
    return image(layouts_[1], in, changes);
  }

  std::optional<base::Error> image(const ImageLayout& layout, base::ByteReader& in,
                                   std::string_view changes = {}) {
    static constexpr ColumnHint kNoHint;
    const std::string_view nulls = in.bytes(layout.null_bytes());
    if (!in.ok()) return cut();
    std::size_t in_image = 0;
    std::size_t json_column = 0;
    for (std::size_t i = 0; i < map_.columns.size(); ++i) {
      Value& value = out_.values.emplace_back();
      const bool json = map_.columns[i].type == mysql::ColumnType::json;
      const bool change = json && !changes.empty() && bit(changes, json_column);
      if (json) ++json_column;
      if (!bit(layout.present, i)) {
        value.type = ValueType::absent;
        continue;
      }
      if (bit(nulls, in_image++)) continue;
      const ColumnHint& hint = i < hints_.size() ? hints_[i] : kNoHint;
      const bool decoded = change ? values_.decode_json_change(
                                        map_.columns[i], (&value)[-column_distance()], in, value)
                                  : values_.decode(map_.columns[i], hint, in, value);
      if (!decoded || !in.ok()) return bad_value(i);
    }
    return std::nullopt;
  }

  // From a value of the row after to that of the row before.
  std::ptrdiff_t column_distance() const {
    return static_cast<std::ptrdiff_t>(map_.columns.size());
  }

  base::Error too_large(std::size_t memory_max) const {
    return unsupported(fmt::format("a rows event of {} with {} bytes takes more than {} bytes of "
                                   "memory",
                                   out_.table.to_string(), out_.packet.size(), memory_max),
                       "Lower binlog_row_event_max_size on the server, or set binlog_row_image to "
                       "FULL.");
  }

  base::Error cut() const { return corrupt("a rows event of " + out_.table.to_string()); }

  base::Error bad_value(std::size_t column) const {
    const TableMapColumn& described = map_.columns[column];
    const std::string where = fmt::format("column {} ({}) of {}", column + 1, describe(described),
                                          out_.table.to_string());
    if (described.type == mysql::ColumnType::decimal_old ||
        described.type == mysql::ColumnType::typed_array ||
        described.type == mysql::ColumnType::null_type) {
      return unsupported(where + " has a type flyover can not read",
                         "Rebuild the table with ALTER TABLE … FORCE, or exclude it.");
    }
    return corrupt("a value of " + where);
  }

  const TableMap& map_;
  std::span<const ColumnHint> hints_;
  const bool partial_;
  std::size_t json_columns_ = 0;
  RowsChange& out_;
  ValueDecoder values_;
  ImageLayout layouts_[2];
};

}  // namespace

bool is_rows_event(EventType type) {
  return is_version_1(type) || (type >= EventType::write_rows && type <= EventType::delete_rows) ||
         type == EventType::partial_update_rows;
}

base::Result<RowsChange> decode_rows(const EventView& event, const FormatDescription& format,
                                     const TableMap& map, std::span<const ColumnHint> hints,
                                     std::size_t memory_base) {
  static constexpr std::size_t kShortTableIdHeader = 6;
  if (!is_rows_event(event.header.type)) {
    return unsupported("rows in a " + to_string(event.header.type) + " event", "");
  }
  RowsChange rows;
  rows.table = map.name;
  rows.kind = kind_of(event.header.type);
  // Longer than any small-string buffer (a header alone is), so that moves leave the bytes where
  // they are.
  rows.packet = event.bytes;
  FLYOVER_CHECK(rows.packet.size() >= kEventHeaderBytes && kEventHeaderBytes > 15);
  base::ByteReader in(std::string_view(rows.packet).substr(kEventHeaderBytes));
  in.skip(format.post_header(event.header.type, 10) == kShortTableIdHeader ? 4 : 6);
  const std::uint16_t flags = in.u16();
  rows.foreign_key_checks_off = (flags & kNoForeignKeyChecks) != 0;
  rows.unique_checks_off = (flags & kRelaxedUniqueChecks) != 0;
  const bool partial = event.header.type == EventType::partial_update_rows;
  RowsDecoder decoder(map, hints, partial, rows);
  const bool has_extra = !is_version_1(event.header.type);
  if (auto error = decoder.decode(in, has_extra, memory_base)) return std::move(*error);
  return rows;
}

}  // namespace flyover::binlog
