#include "schema/control_schema.h"

namespace flyover::schema {
namespace {

// Names are kept as bytes (an identifier has at most 64 characters of 3 bytes), so that no
// collation takes two of them for one.
constexpr std::string_view kStatements[] = {
    R"(CREATE SCHEMA IF NOT EXISTS `flyover` DEFAULT CHARACTER SET utf8mb4)",

    R"(CREATE TABLE IF NOT EXISTS `flyover`.`marker` (
  `migration` varbinary(64) NOT NULL,
  `purpose` varbinary(32) NOT NULL,
  `token` binary(32) NOT NULL,
  `written_us` bigint unsigned NOT NULL,
  PRIMARY KEY (`token`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",

    R"(CREATE TABLE IF NOT EXISTS `flyover`.`heartbeat` (
  `migration` varbinary(64) NOT NULL,
  `token` binary(32) NOT NULL,
  `written_us` bigint unsigned NOT NULL,
  PRIMARY KEY (`migration`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",

    R"(CREATE TABLE IF NOT EXISTS `flyover`.`checkpoint` (
  `migration` varbinary(64) NOT NULL,
  `link` varbinary(16) NOT NULL,
  `file` varbinary(255) NOT NULL,
  `offset` bigint unsigned NOT NULL,
  `read_file` varbinary(255) NOT NULL,
  `read_offset` bigint unsigned NOT NULL,
  `updated_us` bigint unsigned NOT NULL,
  PRIMARY KEY (`migration`,`link`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",

    R"(CREATE TABLE IF NOT EXISTS `flyover`.`unsettled` (
  `migration` varbinary(64) NOT NULL,
  `link` varbinary(16) NOT NULL,
  `schema_name` varbinary(256) NOT NULL,
  `table_name` varbinary(256) NOT NULL,
  PRIMARY KEY (`migration`,`link`,`schema_name`,`table_name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",

    // Bounds: the key's fields in hex, joined by commas; NULL is the open end of the table.
    R"(CREATE TABLE IF NOT EXISTS `flyover`.`load_chunk` (
  `migration` varbinary(64) NOT NULL,
  `schema_name` varbinary(256) NOT NULL,
  `table_name` varbinary(256) NOT NULL,
  `chunk` bigint unsigned NOT NULL,
  `key_columns` blob NOT NULL,
  `lower_bound` blob,
  `upper_bound` blob,
  `last` tinyint unsigned NOT NULL,
  `row_count` bigint unsigned NOT NULL,
  `bytes` bigint unsigned NOT NULL,
  `loaded_us` bigint unsigned NOT NULL,
  PRIMARY KEY (`migration`,`schema_name`,`table_name`,`chunk`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",

    R"(CREATE TABLE IF NOT EXISTS `flyover`.`ddl_step` (
  `migration` varbinary(64) NOT NULL,
  `link` varbinary(16) NOT NULL,
  `file` varbinary(255) NOT NULL,
  `offset` bigint unsigned NOT NULL,
  `fingerprint` varbinary(64) NOT NULL,
  `created` tinyint unsigned NOT NULL,
  `statement` longblob NOT NULL,
  PRIMARY KEY (`migration`,`link`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",

    R"(CREATE TABLE IF NOT EXISTS `flyover`.`paused_object` (
  `migration` varbinary(64) NOT NULL,
  `kind` varbinary(16) NOT NULL,
  `schema_name` varbinary(256) NOT NULL,
  `name` varbinary(256) NOT NULL,
  `table_name` varbinary(256) NOT NULL,
  `definer` varbinary(512) NOT NULL,
  `sql_mode` varbinary(1024) NOT NULL,
  `client_charset` varbinary(64) NOT NULL,
  `connection_collation` varbinary(64) NOT NULL,
  `database_collation` varbinary(64) NOT NULL,
  `create_sql` longblob NOT NULL,
  PRIMARY KEY (`migration`,`kind`,`schema_name`,`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",

    R"(CREATE TABLE IF NOT EXISTS `flyover`.`borrowed_collation` (
  `schema_name` varbinary(256) NOT NULL,
  `collation_name` varbinary(64) NOT NULL,
  PRIMARY KEY (`schema_name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4)",
};

}  // namespace

std::vector<std::string> create_control_schema_sql() {
  return {std::begin(kStatements), std::end(kStatements)};
}

}  // namespace flyover::schema
