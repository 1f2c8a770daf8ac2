#include "config/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace flyover::config {
namespace {

using TextField = std::function<std::string&(Config&)>;
using IntegerField = std::function<std::int64_t&(Config&)>;
using ListField = std::function<std::vector<std::string>&(Config&)>;
using SecretField = std::function<base::Secret&(Config&)>;
using UsersField = std::function<std::vector<ProxyUser>&(Config&)>;

const std::vector<std::string> kTlsModes = {"disabled", "preferred", "required", "verify-ca",
                                            "verify-identity"};

void add_server(std::vector<Option>& out, const std::string& section, ServerConfig Config::*server,
                const std::string& what) {
  out.push_back(
      {.key = section + ".host",
       .required = true,
       .doc = "Host name or address of the " + what + ".",
       .field = TextField([server](Config& c) -> std::string& { return (c.*server).host; })});
  out.push_back(
      {.key = section + ".port",
       .type = OptionType::integer,
       .default_value = "3306",
       .minimum = 1,
       .maximum = 65535,
       .doc = "TCP port of the " + what + ".",
       .field = IntegerField([server](Config& c) -> std::int64_t& { return (c.*server).port; })});
  out.push_back(
      {.key = section + ".user",
       .required = true,
       .doc = "flyover's own account there; `flyover assess` prints the grants it needs.",
       .field = TextField([server](Config& c) -> std::string& { return (c.*server).user; })});
  out.push_back({.key = section + ".password",
                 .type = OptionType::secret,
                 .required = true,
                 .doc = "{ env = \"NAME\" }, { file = \"path\" } or the password itself.",
                 .field = SecretField(
                     [server](Config& c) -> base::Secret& { return (c.*server).password; })});
  out.push_back(
      {.key = section + ".tls",
       .type = OptionType::choice,
       .default_value = "\"preferred\"",
       .choices = kTlsModes,
       .doc = "Encryption of flyover's sessions there.",
       .field = TextField([server](Config& c) -> std::string& { return (c.*server).tls; })});
  out.push_back(
      {.key = section + ".tls_ca",
       .doc = "File of the certificate authority, for verify-ca and verify-identity; "
              "relative to the folder of this file.",
       .field = TextField([server](Config& c) -> std::string& { return (c.*server).tls_ca; })});
  out.push_back(
      {.key = section + ".replicas",
       .type = OptionType::text_list,
       .doc = "host:port of replicas whose lag throttle.replica_lag_ms_max watches, with "
              "this section's user, password and tls.",
       .field = ListField([server](Config & c) -> auto& { return (c.*server).replicas; })});
}

Option integer(std::string key, std::string unit, std::string default_value, std::int64_t minimum,
               std::int64_t maximum, std::int64_t Config::*member, std::string doc) {
  const bool zero = default_value == "0" && minimum > 0;
  return {.key = std::move(key),
          .type = OptionType::integer,
          .unit = std::move(unit),
          .default_value = std::move(default_value),
          .minimum = minimum,
          .maximum = maximum,
          .or_zero = zero,
          .doc = std::move(doc),
          .field = IntegerField([member](Config& c) -> std::int64_t& { return c.*member; })};
}

Option choice(std::string key, std::string default_value, std::vector<std::string> choices,
              std::string Config::*member, std::string doc) {
  return {.key = std::move(key),
          .type = OptionType::choice,
          .default_value = std::move(default_value),
          .choices = std::move(choices),
          .doc = std::move(doc),
          .field = TextField([member](Config& c) -> std::string& { return c.*member; })};
}

void add_movers(std::vector<Option>& out) {
  out.push_back(integer("load.lanes", "", "0", 1, 64, &Config::load_lanes,
                        "Chunks copied at once; each has one session on either side. 0: from 2 "
                        "to 8, as many as bring something, found while copying."));
  out.push_back(integer("load.chunk_bytes", "bytes", "0", 65536, 1 << 30, &Config::load_chunk_bytes,
                        "Aim for the size of a chunk, the unit of copying and of resuming; 0: what "
                        "a lane copies in a second, from 1 MiB to 64 MiB."));
  out.push_back(integer("load.lock_ms_max", "ms", "60000", 100, 86400000, &Config::load_lock_ms_max,
                        "How long writers of a table without snapshots (MyISAM, MEMORY, ARCHIVE, "
                        "CSV) may wait while it is copied; `flyover assess` estimates it."));
  out.push_back(integer("load.xa_wait_ms_max", "ms", "600000", 0, 86400000,
                        &Config::load_xa_wait_ms_max,
                        "How long a copy waits, before it begins, for XA transactions that were "
                        "prepared before its start."));
  out.push_back(choice("load.disable_binlog", "\"auto\"", {"auto", "on", "off"},
                       &Config::load_disable_binlog,
                       "Whether the load leaves the target's binary log out, in its own sessions: "
                       "\"auto\" where no replica of the target can be seen."));
  out.push_back(choice("load.disable_redo", "\"auto\"", {"auto", "on", "off"},
                       &Config::load_disable_redo,
                       "Whether InnoDB's redo log is disabled on the target during the load. A "
                       "crash of the target meanwhile loses its whole data directory, so \"auto\" "
                       "never does it."));
  out.push_back(integer("apply.workers", "", "4", 1, 64, &Config::apply_workers,
                        "Sessions that apply changes at once."));
  out.push_back(choice("apply.mode", "\"batch\"", {"batch", "transactional"}, &Config::apply_mode,
                       "What the target shows while changes are applied: the net changes of many "
                       "transactions at a time, or each transaction whole."));
  out.push_back(integer("apply.batch_rows", "rows", "0", 0, 1'000'000, &Config::apply_batch_rows,
                        "How many row changes one transaction on the target takes at most; 0: "
                        "what has gathered, up to what suits the mode."));
  out.push_back(choice("apply.statement_dml", "\"reload\"", {"reload", "stop"},
                       &Config::apply_statement_dml,
                       "What to do about changes that some session had logged as a statement "
                       "instead of as rows: copy the tables that it may have changed again, or "
                       "stop."));
  out.push_back(integer("verify.lanes", "", "0", 1, 64, &Config::verify_lanes,
                        "Chunks compared at once; each has one session on either side. 0: from 2 "
                        "to 8, as many as bring something, found while comparing."));
  out.push_back(integer("verify.rounds_max", "", "6", 2, 100, &Config::verify_rounds_max,
                        "How often a differing row is looked at again before it is reported."));
  out.push_back(choice("verify.before_ready", "\"yes\"", {"yes", "no"},
                       &Config::verify_before_ready,
                       "Compare every row once before `ready` is reported."));
}

void add_throttle(std::vector<Option>& out) {
  out.push_back(integer("throttle.rows_per_s_max", "rows/s", "0", 0, 1'000'000'000,
                        &Config::throttle_rows_per_s_max,
                        "Rows copied or compared in a second, all lanes together; 0: no limit. "
                        "`flyover throttle` changes this and the following while `run` runs."));
  out.push_back(integer("throttle.threads_running_max", "", "0", 0, 1'000'000,
                        &Config::throttle_threads_running_max,
                        "Copying and comparing wait while the active server's Threads_running is "
                        "above; 0: no limit."));
  out.push_back(integer("throttle.history_list_length_max", "", "0", 0, 1'000'000'000,
                        &Config::throttle_history_list_length_max,
                        "Snapshots are given up, and opened again later, while the active server's "
                        "history list is longer; 0: no limit."));
  out.push_back(integer("throttle.replica_lag_ms_max", "ms", "0", 0, 86400000,
                        &Config::throttle_replica_lag_ms_max,
                        "Copying waits while one of source.replicas and target.replicas is further "
                        "behind; 0: no limit."));
}

void add_cutover(std::vector<Option>& out) {
  out.push_back(integer("cutover.drain_timeout_ms", "ms", "5000", 100, 600000,
                        &Config::cutover_drain_timeout_ms,
                        "How long open transactions may take to finish; after that the cutover is "
                        "called off and everything goes on where it was."));
  out.push_back(integer("cutover.timeout_ms", "ms", "15000", 1000, 600000,
                        &Config::cutover_timeout_ms,
                        "How long the whole switch may hold the application; after that it is "
                        "undone."));
  out.push_back(integer("cutover.lag_ms_max", "ms", "1000", 1, 600000, &Config::cutover_lag_ms_max,
                        "The replication lag above which a cutover does not begin."));
  out.push_back(choice("cutover.unmovable", "\"close\"", {"close", "abort"},
                       &Config::cutover_unmovable,
                       "What to do about sessions that can not be moved (temporary tables, user "
                       "locks, open cursors): close them politely, or call the cutover off."));
}

void add_ddl(std::vector<Option>& out) {
  const auto add = [&](const std::string& kind, const std::string& value, const std::string& what) {
    out.push_back({.key = "ddl." + kind,
                   .type = OptionType::choice,
                   .default_value = '"' + value + '"',
                   .choices = {"apply", "ignore", "stop"},
                   .doc = what + " while replicating: repeat it on the other server, pass over it "
                                 "(what differs then is yours), or stop before it.",
                   .field = TextField([kind](Config& c) -> std::string& { return c.ddl[kind]; })});
  };
  add("create_table", "apply", "CREATE TABLE");
  add("alter_table", "apply", "ALTER TABLE");
  add("drop_table", "apply", "DROP TABLE");
  add("rename_table", "apply", "RENAME TABLE");
  add("truncate_table", "apply", "TRUNCATE TABLE");
  add("index", "apply", "CREATE INDEX and DROP INDEX");
  add("partition", "apply", "ALTER TABLE of partitions");
  add("view", "apply", "CREATE, ALTER and DROP VIEW");
  add("routine", "apply", "CREATE, ALTER and DROP of procedures and functions");
  add("trigger", "apply", "CREATE and DROP TRIGGER (carried out at the next switch)");
  add("event", "apply", "CREATE, ALTER and DROP EVENT (disabled until the next switch)");
  add("database", "apply", "CREATE, ALTER and DROP DATABASE");
  out.push_back(
      {.key = "ddl.other",
       .type = OptionType::choice,
       .default_value = "\"stop\"",
       .choices = {"ignore", "stop"},
       .doc = "A statement that flyover does not know and that may mean a selected schema.",
       .field = TextField([](Config& c) -> std::string& { return c.ddl["other"]; })});
}

std::vector<Option> make_options() {
  std::vector<Option> out;
  out.push_back({.key = "name",
                 .required = true,
                 .doc = "Names the migration; the control tables carry it.",
                 .field = TextField([](Config& c) -> std::string& { return c.name; })});
  out.push_back({.key = "state_dir",
                 .required = true,
                 .doc = "Folder of the SQLite state, logs, sockets and reports; relative to the "
                        "folder of this file.",
                 .field = {}});
  add_server(out, "source", &Config::source, "server that is upgraded");
  add_server(out, "target", &Config::target, "new server");
  out.push_back({.key = "tables.include",
                 .type = OptionType::text_list,
                 .doc = "Shell-style patterns on schema.table; empty: every user schema.",
                 .field = ListField([](Config & c) -> auto& { return c.tables_include; })});
  out.push_back({.key = "tables.exclude",
                 .type = OptionType::text_list,
                 .doc = "Patterns of tables to leave out.",
                 .field = ListField([](Config & c) -> auto& { return c.tables_exclude; })});
  out.push_back({.key = "proxy.listen",
                 .default_value = "\"127.0.0.1:6033\"",
                 .doc = "Address of the application's endpoint.",
                 .field = TextField([](Config& c) -> std::string& { return c.proxy_listen; })});
  out.push_back({.key = "proxy.users",
                 .type = OptionType::users,
                 .doc = "[[proxy.users]] with name and password: accounts whose sessions may be "
                        "moved between the servers.",
                 .field = UsersField([](Config & c) -> auto& { return c.proxy_users; })});
  out.push_back(integer("proxy.moves_at_once", "", "64", 1, 10000, &Config::proxy_moves_at_once,
                        "Sessions moved at once when the endpoint is released."));
  out.push_back(choice(
      "proxy.routines_pin_sessions", "\"yes\"", {"yes", "no"}, &Config::proxy_routines_pin_sessions,
      "Whether a session that called a stored routine counts as one that can not be "
      "moved: the routine may have left variables, temporary tables or locks that "
      "nobody sees from outside. Write \"no\" when yours leave nothing behind."));
  add_movers(out);
  add_throttle(out);
  add_cutover(out);
  add_ddl(out);
  return out;
}

std::string type_text(const Option& option) {
  switch (option.type) {
    case OptionType::integer:
      return "integer " + range_text(option);
    case OptionType::choice:
      return fmt::format("{}", fmt::join(option.choices, " | "));
    case OptionType::text:
      return "text";
    case OptionType::text_list:
      return "list of texts";
    case OptionType::secret:
      return "password";
    case OptionType::users:
      return "tables";
  }
  return "";
}

}  // namespace

std::string range_text(const Option& option) {
  return fmt::format("{} to {}{}{}{}", option.minimum, option.maximum,
                     option.unit.empty() ? "" : " ", option.unit, option.or_zero ? ", or 0" : "");
}

const std::vector<Option>& options() {
  static const std::vector<Option> kOptions = make_options();
  return kOptions;
}

std::string reference() {
  std::string out;
  for (const Option& option : options()) {
    std::string remark = type_text(option);
    if (option.required) {
      remark += "; required";
    } else if (!option.default_value.empty()) {
      remark += "; default " + option.default_value;
    }
    out += fmt::format("{} ({})\n    {}\n", option.key, remark, option.doc);
  }
  return out;
}

}  // namespace flyover::config
