#pragma once
// All checks, in the order in which they run and are reported. A new check is a file in
// assess/checks/, a declaration here and a line in registry.cc.

#include <span>
#include <string_view>

#include "assess/check.h"

namespace flyover::assess {

struct Check {
  std::string_view id;
  std::string_view title;
  void (*run)(CheckContext& context);
  /// What it means when the check itself cannot run.
  Severity when_unable;
};

std::span<const Check> all_checks();

void check_versions(CheckContext& context);
void check_binlog(CheckContext& context);
void check_retention(CheckContext& context);
void check_grants(CheckContext& context);
void check_engines(CheckContext& context);
void check_column_types(CheckContext& context);
void check_keys(CheckContext& context);
void check_foreign_keys(CheckContext& context);
void check_space(CheckContext& context);
void check_target_state(CheckContext& context);
void check_row_size(CheckContext& context);
void check_proxy_users(CheckContext& context);
void check_partitions(CheckContext& context);
void check_definers(CheckContext& context);
void check_sql_modes(CheckContext& context);
void check_functions(CheckContext& context);
void check_statements(CheckContext& context);
void check_prepared_transactions(CheckContext& context);
void check_metadata_text(CheckContext& context);
void check_proof(CheckContext& context);

}  // namespace flyover::assess
