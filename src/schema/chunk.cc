#include "schema/chunk.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "mysql/identifier.h"

namespace flyover::schema {
namespace {

// The first chunk is planned from the server's estimates, which may be wrong by orders of
// magnitude, so they are trusted only within these limits.
constexpr std::uint64_t kFirstChunkRowsMin = 4;
constexpr std::uint64_t kChunkRowsMax = 200'000;
// A chunk may hold this many times the rows of all chunks before it: one with small rows must not
// make the next one too large.
constexpr std::uint64_t kGrowthMax = 8;

bool can_bound(const Column& column) {
  switch (column.kind) {
    case ValueKind::integer:
    case ValueKind::decimal:
    case ValueKind::bit:
    case ValueKind::temporal:
    case ValueKind::text:
    case ValueKind::binary:
      return !column.generated;
    default:
      return false;
  }
}

std::string hex(std::string_view bytes) {
  return bytes.empty() ? "" : mysql::hex_literal(bytes).substr(2);
}

// The three-byte UTF-8 is "utf8" to old servers and "utf8mb3" to new ones.
std::string spell_charset(const std::string& name, const mysql::Version& version) {
  static constexpr std::string_view kOld = "utf8";
  static constexpr std::string_view kNew = "utf8mb3";
  const std::string_view base = std::string_view(name).substr(0, name.find('_'));
  if (base != kOld && base != kNew) return name;
  return std::string(version.at_least(8, 0, 30) ? kNew : kOld) + name.substr(base.size());
}

std::string literal(const Column& column, const std::string& value, const mysql::Version& version) {
  switch (column.kind) {
    case ValueKind::text:
      return fmt::format("_{} {} COLLATE {}", spell_charset(column.charset, version),
                         mysql::hex_literal(value), spell_charset(column.collation, version));
    case ValueKind::binary:
      return "_binary " + mysql::hex_literal(value);
    case ValueKind::temporal:
      return mysql::quote_bytes(value);
    default:
      return value;
  }
}

// What a bound is read with, so that literal() can write it back.
std::string bound_expression(const Column& column) {
  const std::string name = mysql::quote_name(column.name);
  return column.kind == ValueKind::bit ? name + "+0" : name;
}

// A table without snapshots is locked READ by another session while it is read. There a waiting
// writer goes before a new reader, who would wait for a lock that lasts until the reader is done;
// one of high priority does not wait.
std::string_view select(const Table& table) {
  return table.transactional() ? "SELECT " : "SELECT HIGH_PRIORITY ";
}

}  // namespace

std::string encode_bound(const Bound& bound) {
  std::string out;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    if (i > 0) out += ',';
    out += hex(bound[i]);
  }
  return out;
}

Bound decode_bound(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  Bound bound(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      bound.emplace_back();
      continue;
    }
    const int high = digit(text[i]);
    const int low = i + 1 < text.size() ? digit(text[i + 1]) : -1;
    FLYOVER_CHECK(high >= 0 && low >= 0);
    bound.back() += static_cast<char>(high * 16 + low);
    ++i;
  }
  return bound;
}

ChunkSql::ChunkSql(const Table& table) : table_(&table) {
  const Index* const key = table.row_key();
  if (key == nullptr) return;
  for (const std::size_t position : table.row_key_columns()) {
    if (!can_bound(table.columns[position])) break;
    columns_.push_back(position);
  }
  if (splittable()) index_ = mysql::quote_name(key->name);
}

std::string ChunkSql::column_names() const {
  std::vector<std::string> names;
  for (const std::size_t position : columns_) {
    names.push_back(mysql::quote_name(table_->columns[position].name));
  }
  return fmt::format("{}", fmt::join(names, ","));
}

std::string ChunkSql::from() const {
  std::string out = " FROM " + table_->name.quoted();
  if (splittable()) out += " FORCE INDEX (" + index_ + ")";
  return out;
}

// Row constructors, (a,b)>(1,2), are no ranges to 5.6's optimizer, so they are written out as
// a>1 OR (a=1 AND b>2). The first column's own limit is implied; it makes both ends of a chunk one
// range to every version.
std::string ChunkSql::beyond(const Bound& bound, bool after, const mysql::Version& version) const {
  FLYOVER_CHECK(bound.size() == columns_.size());
  const char* const strictly = after ? ">" : "<";
  std::string out;
  std::string equal;
  std::string first;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = table_->columns[columns_[i]];
    const std::string name = mysql::quote_name(column.name);
    const std::string value = literal(column, bound[i], version);
    const bool last = i + 1 == columns_.size();
    if (i == 0 && !last) first = fmt::format("{}{}={} AND ", name, strictly, value);
    if (i > 0) out += " OR ";
    out += fmt::format("({}{}{}{})", equal, name, last && !after ? "<=" : strictly, value);
    equal += fmt::format("{}={} AND ", name, value);
  }
  return fmt::format("{}({})", first, out);
}

std::string ChunkSql::where(const ChunkRange& range, const mysql::Version& version) const {
  std::string out;
  if (range.lower) out += " WHERE " + beyond(*range.lower, true, version);
  if (range.upper)
    out += (out.empty() ? " WHERE " : " AND ") + beyond(*range.upper, false, version);
  return out;
}

std::string ChunkSql::select_rows(const std::string& list, const ChunkRange& range,
                                  const mysql::Version& version) const {
  return std::string(select(*table_)) + list + from() + where(range, version);
}

bool ChunkSql::ranges_are_certain() const {
  return std::all_of(columns_.begin(), columns_.end(), [&](std::size_t position) {
    const Column& column = table_->columns[position];
    return column.kind == ValueKind::integer && column.data_type != "year";
  });
}

std::string ChunkSql::count_rows() const {
  return "SELECT HIGH_PRIORITY COUNT(*)" + from();
}

std::string ChunkSql::select_bound(const std::optional<Bound>& lower, std::uint64_t rows,
                                   const mysql::Version& version) const {
  FLYOVER_CHECK(splittable() && rows > 0);
  std::vector<std::string> list;
  for (const std::size_t position : columns_) {
    list.push_back(bound_expression(table_->columns[position]));
  }
  return fmt::format("{}{}{}{} ORDER BY {} LIMIT {},1", select(*table_), fmt::join(list, ","),
                     from(), where({.lower = lower, .upper = {}}, version), column_names(),
                     rows - 1);
}

ChunkPlanner::ChunkPlanner(const Table& table, std::uint64_t chunk_bytes)
    : table_(&table), sql_(table), chunk_bytes_(std::max<std::uint64_t>(chunk_bytes, 1)) {}

std::optional<Bound> ChunkPlanner::next_bound(db::Connection& reader,
                                              const std::optional<Bound>& lower,
                                              std::uint64_t rows_max) const {
  if (!sql_.splittable()) return std::nullopt;
  const db::Table found = reader.query(
      sql_.select_bound(lower, std::min(rows_per_chunk(), rows_max), reader.version()));
  if (found.rows.empty()) return std::nullopt;
  Bound bound;
  for (const auto& field : found.rows[0]) {
    FLYOVER_CHECK(field.has_value());
    bound.push_back(*field);
  }
  return bound;
}

void ChunkPlanner::aim(std::uint64_t chunk_bytes) {
  chunk_bytes_ = std::max<std::uint64_t>(chunk_bytes, 1);
}

void ChunkPlanner::observe(std::uint64_t rows, std::uint64_t bytes) {
  const std::unique_lock lock(seen_);
  rows_seen_ += rows;
  bytes_seen_ += bytes;
}

std::uint64_t ChunkPlanner::rows_per_chunk() const {
  const std::unique_lock lock(seen_);
  if (rows_seen_ > 0) {
    const std::uint64_t row_bytes = std::max<std::uint64_t>(1, bytes_seen_ / rows_seen_);
    const std::uint64_t fit = std::max<std::uint64_t>(1, chunk_bytes_ / row_bytes);
    return std::min({fit, kChunkRowsMax, rows_seen_ * kGrowthMax});
  }
  const std::uint64_t row_bytes = std::max<std::uint64_t>(
      1, table_->data_bytes / std::max<std::uint64_t>(1, table_->rows_estimated));
  return std::clamp(chunk_bytes_ / row_bytes, kFirstChunkRowsMin, kChunkRowsMax / kGrowthMax);
}

}  // namespace flyover::schema
