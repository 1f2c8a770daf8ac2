#pragma once
// The configuration of one upgrade, as read from its TOML file.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace flyover::config {

struct ServerConfig {
  std::string host{};
  std::int64_t port = 3306;
  std::string user{};
  base::Secret password{};
  std::string tls{};  ///< disabled | preferred | required | verify-ca | verify-identity
  std::string tls_ca{};
  std::vector<std::string> replicas{};  ///< host:port of each
};

struct ProxyUser {
  std::string name{};
  base::Secret password{};
};

/// Every field's meaning, unit, default and bounds stand in options.cc, once.
struct Config {
  std::filesystem::path file{};
  std::string name{};
  std::filesystem::path state_dir{};

  ServerConfig source{};
  ServerConfig target{};

  std::vector<std::string> tables_include{};
  std::vector<std::string> tables_exclude{};

  std::string proxy_listen{};
  std::vector<ProxyUser> proxy_users{};
  std::int64_t proxy_moves_at_once = 0;
  std::string proxy_routines_pin_sessions{};

  std::int64_t load_lanes = 0;
  std::int64_t load_chunk_bytes = 0;
  std::int64_t load_lock_ms_max = 0;
  std::int64_t load_xa_wait_ms_max = 0;
  std::string load_disable_binlog{};
  std::string load_disable_redo{};

  std::int64_t apply_workers = 0;
  std::string apply_mode{};
  std::int64_t apply_batch_rows = 0;
  std::string apply_statement_dml{};

  std::int64_t verify_lanes = 0;
  std::int64_t verify_rounds_max = 0;
  std::string verify_before_ready{};

  std::int64_t throttle_rows_per_s_max = 0;
  std::int64_t throttle_threads_running_max = 0;
  std::int64_t throttle_history_list_length_max = 0;
  std::int64_t throttle_replica_lag_ms_max = 0;

  std::int64_t cutover_drain_timeout_ms = 0;
  std::int64_t cutover_timeout_ms = 0;
  std::int64_t cutover_lag_ms_max = 0;
  std::string cutover_unmovable{};

  /// By class of statement ("create_table", …): "apply", "ignore" or "stop".
  std::map<std::string, std::string> ddl{};
};

/// Reads and checks the file; passwords are resolved from the environment or their files here.
/// Throws an Error that names file and line, what is wrong and what is expected.
Config load(const std::filesystem::path& file);

}  // namespace flyover::config
