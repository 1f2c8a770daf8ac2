#include "load/load_records.h"

#include <fmt/format.h>

#include <chrono>

#include "base/error.h"
#include "mysql/identifier.h"

namespace flyover::load {
namespace {

using mysql::quote_bytes;

std::uint64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::string bound_literal(const std::optional<schema::Bound>& bound) {
  return bound ? quote_bytes(schema::encode_bound(*bound)) : "NULL";
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

[[noreturn]] void records_broken(std::uint64_t chunk) {
  base::throw_error({.code = "load.records_broken",
                     .side = base::Side::target,
                     .action = base::Action::fail,
                     .message = fmt::format("flyover.load_chunk does not describe one walk over "
                                            "the table (at chunk {})",
                                            chunk),
                     .hint = "Load the table again with `flyover reload`."});
}

}  // namespace

std::vector<OpenRange> open_ranges(const std::vector<ChunkRecord>& records) {
  std::vector<OpenRange> open;
  std::uint64_t next = 0;
  std::optional<schema::Bound> covered;
  for (const ChunkRecord& record : records) {
    if (record.chunk < next || (next > 0 && !covered)) records_broken(record.chunk);
    if (record.range.lower != covered) {
      if (record.chunk == next || !record.range.lower) records_broken(record.chunk);
      open.push_back({next, {covered, record.range.lower}});
    }
    covered = record.range.upper;
    next = record.chunk + 1;
  }
  if (records.empty() || covered) open.push_back({next, {covered, std::nullopt}});
  return open;
}

std::string LoadRecords::where(const mysql::TableName& table) const {
  return fmt::format(" WHERE `migration`={} AND `schema_name`={} AND `table_name`={}",
                     quote_bytes(migration_), quote_bytes(table.schema), quote_bytes(table.table));
}

std::map<mysql::TableName, std::vector<ChunkRecord>> LoadRecords::read(
    db::Connection& target, const std::vector<mysql::TableName>& tables) const {
  std::map<mysql::TableName, std::vector<ChunkRecord>> records;
  if (tables.empty()) return records;
  std::string names;
  for (const mysql::TableName& table : tables) {
    names += fmt::format("{}({},{})", names.empty() ? "" : ",", quote_bytes(table.schema),
                         quote_bytes(table.table));
  }
  const db::Table rows = target.query(fmt::format(
      "SELECT `schema_name`,`table_name`,`chunk`,`key_columns`,`lower_bound`,`upper_bound`,`last`,"
      "`row_count`,`bytes` FROM `flyover`.`load_chunk` WHERE `migration`={} AND "
      "(`schema_name`,`table_name`) IN ({}) ORDER BY `chunk`",
      quote_bytes(migration_), names));
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const auto bound = [&](std::string_view name) -> std::optional<schema::Bound> {
      if (rows.is_null(i, name)) return std::nullopt;
      return schema::decode_bound(rows.text(i, name));
    };
    const mysql::TableName table{rows.text(i, "schema_name"), rows.text(i, "table_name")};
    records[table].push_back({.chunk = rows.number(i, "chunk"),
                              .key_columns = rows.text(i, "key_columns"),
                              .range = {bound("lower_bound"), bound("upper_bound")},
                              .last = rows.number(i, "last") != 0,
                              .rows = rows.number(i, "row_count"),
                              .bytes = rows.number(i, "bytes")});
  }
  return records;
}

std::string LoadRecords::claim_sql(const mysql::TableName& table, const ChunkRecord& record) const {
  return fmt::format(
      "INSERT INTO `flyover`.`load_chunk` (`migration`,`schema_name`,`table_name`,`chunk`,"
      "`key_columns`,`lower_bound`,`upper_bound`,`last`,`row_count`,`bytes`,`loaded_us`) "
      "VALUES ({},{},{},{},{},{},{},0,0,0,0)",
      quote_bytes(migration_), quote_bytes(table.schema), quote_bytes(table.table), record.chunk,
      quote_bytes(record.key_columns), bound_literal(record.range.lower),
      bound_literal(record.range.upper));
}

std::string LoadRecords::complete_sql(const mysql::TableName& table,
                                      const ChunkRecord& record) const {
  return fmt::format(
      "UPDATE `flyover`.`load_chunk` SET `last`={},`row_count`={},`bytes`={},`loaded_us`={}{} "
      "AND `chunk`={}",
      record.last ? 1 : 0, record.rows, record.bytes, now_us(), where(table), record.chunk);
}

std::string LoadRecords::forget_sql(const mysql::TableName& table) const {
  return "DELETE FROM `flyover`.`load_chunk`" + where(table);
}

std::string LoadRecords::session_lock(unsigned session) const {
  return quote_bytes(fmt::format("flyover.load.{:016x}.{}", fnv1a(migration_), session));
}

}  // namespace flyover::load
