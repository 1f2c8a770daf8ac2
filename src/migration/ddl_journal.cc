#include "migration/ddl_journal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <functional>
#include <utility>

#include "apply/checkpoint.h"
#include "base/fault.h"
#include "base/log.h"
#include "mysql/identifier.h"

namespace flyover::migration {
namespace {

constexpr std::string_view kTable = "`flyover`.`ddl_step`";
constexpr std::chrono::seconds kLockWait{600};

// Adds every field of a query's result, with its length, so that no two results look alike.
class Digest {
 public:
  Digest() : state_(XXH3_createState()) { XXH3_128bits_reset(state_); }
  ~Digest() { XXH3_freeState(state_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void add(const db::Table& table) {
    for (const auto& row : table.rows) {
      for (const auto& field : row) {
        add(field ? fmt::format("{}:", field->size()) : "N");
        if (field) add(*field);
      }
      add("\n");
    }
    add("\n");
  }
  std::string hex() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_);
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  void add(std::string_view text) { XXH3_128bits_update(state_, text.data(), text.size()); }
  XXH3_state_t* state_;
};

// Of all schemas: InnoDB spells their names in its own way. What a statement that was undone may
// leave behind, and the parts of fulltext indexes, say nothing.
std::string storage_query(db::Connection& connection) {
  const bool modern = connection.version().at_least(8, 0);
  return fmt::format(
      "SELECT name, table_id FROM information_schema.{} WHERE name NOT LIKE "
      "'mysql/%' AND name NOT LIKE 'sys/%' AND name NOT LIKE 'flyover/%' AND name "
      "NOT LIKE '%/#sql%' AND name NOT LIKE '%/fts\\_%' ORDER BY name, table_id",
      modern ? "innodb_tables" : "innodb_sys_tables");
}

}  // namespace

std::string fingerprint(db::Connection& connection, const std::vector<std::string>& schemas) {
  Digest digest;
  if (!connection.query("SHOW VARIABLES LIKE 'information_schema_stats_expiry'").empty()) {
    connection.execute("SET SESSION information_schema_stats_expiry = 0");
  }
  digest.add(connection.query(storage_query(connection)));
  std::vector<std::string> quoted;
  for (const std::string& schema : schemas)
    quoted.push_back("_utf8mb4" + mysql::quote_bytes(schema));
  if (quoted.empty()) return digest.hex();
  const std::string in = fmt::format(" IN ({})", fmt::join(quoted, ", "));
  const std::pair<std::string_view, std::string_view> kQueries[] = {
      {"SELECT schema_name, default_character_set_name, default_collation_name FROM "
       "information_schema.schemata WHERE schema_name",
       "1"},
      {"SELECT table_schema, table_name, table_type, engine, row_format, table_collation, "
       "create_options, table_comment, create_time FROM information_schema.tables WHERE "
       "table_schema",
       "1, 2"},
      {"SELECT table_schema, table_name, ordinal_position, column_name, column_type, is_nullable, "
       "column_default, extra, collation_name, column_comment FROM information_schema.columns "
       "WHERE table_schema",
       "1, 2, 3"},
      {"SELECT table_schema, table_name, index_name, seq_in_index, column_name, non_unique, "
       "sub_part, index_type, index_comment FROM information_schema.statistics WHERE table_schema",
       "1, 2, 3, 4"},
      {"SELECT k.table_schema, k.table_name, k.constraint_name, k.ordinal_position, k.column_name, "
       "k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name FROM "
       "information_schema.key_column_usage k WHERE k.table_schema",
       "1, 2, 3, 4"},
      {"SELECT constraint_schema, table_name, constraint_name, update_rule, delete_rule FROM "
       "information_schema.referential_constraints WHERE constraint_schema",
       "1, 2, 3"},
      {"SELECT table_schema, table_name, partition_ordinal_position, "
       "subpartition_ordinal_position, partition_name, subpartition_name, partition_method, "
       "partition_expression, partition_description FROM information_schema.partitions WHERE "
       "partition_name IS NOT NULL AND table_schema",
       "1, 2, 3, 4"},
      {"SELECT table_schema, table_name, view_definition, security_type, definer FROM "
       "information_schema.views WHERE table_schema",
       "1, 2"},
      {"SELECT routine_schema, routine_type, routine_name, routine_definition, definer, "
       "last_altered FROM information_schema.routines WHERE routine_schema",
       "1, 2, 3"},
  };
  for (const auto& [select, order] : kQueries) {
    digest.add(connection.query(fmt::format("{}{} ORDER BY {}", select, in, order)));
  }
  return digest.hex();
}

DdlJournal::DdlJournal(db::Connection& session, db::Connection& control, std::string migration,
                       std::string link)
    : control_(control), migration_(std::move(migration)), link_(std::move(link)) {
  const std::string name =
      fmt::format("flyover.ddl.{:016x}", std::hash<std::string>{}(migration_ + '\0' + link_));
  const auto got =
      session.query_value(fmt::format("SELECT GET_LOCK('{}', {})", name, kLockWait.count()));
  if (got == "1") return;
  base::throw_error({.code = "ddl.still_running",
                     .side = session.side(),
                     .action = base::Action::retry,
                     .message = "a session of flyover that was lost still carries out a statement "
                                "that changes definitions",
                     .hint = "SHOW PROCESSLIST on that server shows it. Wait, or KILL it."});
}

std::string DdlJournal::where() const {
  return fmt::format(" WHERE `migration` = {} AND `link` = {}", mysql::quote_bytes(migration_),
                     mysql::quote_bytes(link_));
}

bool DdlJournal::begin(const mysql::BinlogPosition& start, const std::vector<std::string>& schemas,
                       const std::string& sql) {
  const std::string now = fingerprint(control_, schemas);
  const db::Table pending = control_.query(
      fmt::format("SELECT `file`, `offset`, `fingerprint`, `created` FROM {}{}", kTable, where()));
  const bool same = !pending.empty() && pending.text(0, "file") == start.file &&
                    pending.number(0, "offset") == start.offset &&
                    pending.number(0, "created") == 0;
  if (same) {
    const bool done = pending.text(0, "fingerprint") != now;
    base::log::warn("ddl.resumed", "the statement at {} was {} before the session was lost",
                    start.to_string(), done ? "carried out" : "not carried out");
    return !done;
  }
  control_.execute(fmt::format(
      "REPLACE INTO {} (`migration`, `link`, `file`, `offset`, `fingerprint`, `created`, "
      "`statement`) VALUES ({}, {}, {}, {}, {}, 0, {})",
      kTable, mysql::quote_bytes(migration_), mysql::quote_bytes(link_),
      mysql::quote_bytes(start.file), start.offset, mysql::quote_bytes(now),
      mysql::quote_bytes(sql)));
  FLYOVER_FAULT("ddl.recorded");
  return true;
}

void DdlJournal::finish(const mysql::BinlogPosition& end, const mysql::BinlogPosition& needs_from) {
  control_.begin();
  control_.execute(fmt::format("DELETE FROM {}{}", kTable, where()));
  apply::Checkpoint(migration_, link_).move_to(control_, end, needs_from);
  FLYOVER_FAULT("ddl.before_commit");
  control_.commit();
  FLYOVER_FAULT("ddl.after_commit");
}

void DdlJournal::finish_but_rows() {
  control_.execute(fmt::format("UPDATE {} SET `created` = 1{}", kTable, where()));
}

void DdlJournal::forget(db::Connection& connection, const std::string& migration,
                        const std::string& link) {
  connection.execute(fmt::format("DELETE FROM {} WHERE `migration` = {} AND `link` = {}", kTable,
                                 mysql::quote_bytes(migration), mysql::quote_bytes(link)));
}

mysql::BinlogPosition DdlJournal::created_at(db::Connection& connection,
                                             const std::string& migration,
                                             const std::string& link) {
  const db::Table rows = connection.query(
      fmt::format("SELECT `file`, `offset` FROM {} WHERE `created` = 1 AND `migration` = {} AND "
                  "`link` = {}",
                  kTable, mysql::quote_bytes(migration), mysql::quote_bytes(link)));
  if (rows.empty()) return {};
  return {.file = rows.text(0, "file"), .offset = rows.number(0, "offset")};
}

}  // namespace flyover::migration
