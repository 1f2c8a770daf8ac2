#include "assess/registry.h"

#include <array>

namespace flyover::assess {

std::span<const Check> all_checks() {
  static constexpr std::array kChecks = {
      Check{"versions", "versions of both servers", check_versions, Severity::blocker},
      Check{"grants", "rights of flyover's accounts", check_grants, Severity::blocker},
      Check{"binlog", "binary log settings", check_binlog, Severity::blocker},
      Check{"retention", "binary log retention", check_retention, Severity::blocker},
      Check{"target", "the target is empty and writable", check_target_state, Severity::blocker},
      Check{"engines", "storage engines", check_engines, Severity::blocker},
      Check{"types", "column types that both servers have", check_column_types, Severity::blocker},
      Check{"keys", "tables without a usable key", check_keys, Severity::blocker},
      Check{"partitions", "bounds of partitions", check_partitions, Severity::blocker},
      Check{"foreign_keys", "foreign keys and cascades", check_foreign_keys, Severity::warning},
      Check{"space", "space on the target", check_space, Severity::warning},
      Check{"row_size", "longest rows and packet size", check_row_size, Severity::warning},
      Check{"proxy_users", "accounts of the application", check_proxy_users, Severity::blocker},
      Check{"definers", "definers on the target", check_definers, Severity::warning},
      Check{"sql_mode", "SQL modes", check_sql_modes, Severity::warning},
      Check{"functions", "functions that the target lost", check_functions, Severity::blocker},
      Check{"statements", "system tables and variables that the target lost", check_statements,
            Severity::warning},
      Check{"xa", "prepared transactions", check_prepared_transactions, Severity::warning},
      Check{"text", "text that the source cannot show", check_metadata_text, Severity::warning},
      Check{"proof", "every object created on the target", check_proof, Severity::blocker},
  };
  return kChecks;
}

}  // namespace flyover::assess
