#pragma once
// Carries a migration through its phases: asks the pure machines what comes next and lets the
// components do it. Every decision is in phase.h and switch_plan.h.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"
#include "migration/applied_counts.h"
#include "migration/comparison.h"
#include "migration/ddl_handler.h"
#include "migration/endpoints.h"
#include "migration/index_builder.h"
#include "migration/initial_load.h"
#include "migration/link.h"
#include "migration/load_changes.h"
#include "migration/program_probe.h"
#include "migration/progress.h"
#include "migration/switch_runner.h"
#include "migration/throttle.h"
#include "migration/traffic_switch.h"
#include "schema/diff.h"
#include "schema/model.h"
#include "schema/selection.h"
#include "store/state_store.h"

namespace flyover::migration {

class StillTable;

/// One migration for the life of a process. run() belongs to one thread; the commands and
/// progress() may be called from any. One command at a time: a second one is refused.
class Runner {
 public:
  /// `traffic` must outlive the runner.
  Runner(const config::Config& config, TrafficSwitch& traffic);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Goes on where the migration is, up to replication, and keeps it there until finish() or a
  /// stop request. Throws the error that only a person can resolve; the phase then is `failed`
  /// only when going on later can not help.
  void run(std::stop_token stop);

  Progress progress() const;
  Readiness readiness() const;

  /// Compares all tables, or one ("schema.table"), over the running link. `repair` copies tables
  /// with differences again and compares them again.
  nlohmann::json compare(const std::string& table, bool repair);
  /// Copies one table, or all that a shell-style pattern matches, again; the number of rows.
  std::uint64_t reload(const std::string& table);
  SwitchReport cutover() { return do_switch(PhaseEvent::cutover_begun); }
  SwitchReport rollback() { return do_switch(PhaseEvent::rollback_begun); }
  void finish();
  /// Changes limits of [throttle] (keys without their section) until they are changed again, also
  /// over restarts; `reset` begins from the configuration. Answers how the throttle stands.
  nlohmann::json throttle(const nlohmann::json& changes, bool reset);

 private:
  void until_replicating();
  void while_sessions_get_lost(const std::function<void()>& work);
  void assess();
  void create_schema();
  void load_rows();
  DdlSessions ddl_sessions();
  void build_indexes(const InitialLoadOptions& load, const DdlSessions& sessions,
                     const IndexBuilder& builder);
  void catch_up();
  void replicate();
  void recover_interrupted_switch();
  std::shared_ptr<Link> make_link(base::Side from, TableCuts cuts);
  /// Records what a link can not follow; `tables` are those of the link.
  void suspend_tables(const std::vector<schema::Table>& tables,
                      const std::vector<mysql::TableName>& names, const std::string& why);
  void note_suspended(const TableCuts& cuts);
  bool anything_suspended() const;
  void suspend_as_asked();
  void suspend_as_asked(const InitialLoadOptions& load);
  /// When all tables are suspended and the log does not have the checkpoint any more.
  void begin_in_another_log();
  /// Copies what is suspended again, when replication has caught up.
  void copy_suspended();
  std::uint64_t copy_suspended_now();
  std::uint64_t copy_still(const db::Endpoint& from, const schema::Table& table, TableCuts& cuts,
                           const Told& told);
  std::uint64_t run_published(load::Loader& loader);
  std::uint64_t reload_all(const std::vector<schema::Table>& tables);
  bool definitions_kept(const ChangesSeen& seen, const std::vector<mysql::TableName>& names) const;
  void check_not_truncated(const ChangesSeen& seen,
                           const std::vector<mysql::TableName>& names) const;
  void wait_until_copied(const std::string& command);
  /// Ends a reload that was interrupted, then starts the link that the phase asks for.
  void ensure_link();
  void begin_link();
  void start_link(base::Side from);
  void suspend_unsettled(base::Side from);
  std::vector<mysql::TableName> tables_in_memory(base::Side from) const;
  void place_memory_witness(base::Side from);
  bool suspend_emptied(base::Side from);
  void look_after_memory();
  void drop_link();
  void keep_counts();
  std::shared_ptr<Link> current_link() const;
  Phase phase() const;
  base::Side active() const;
  void check_link();
  void restart_link(const std::string& why, bool at_once = false);
  /// The tables that both sides have, as the statements carried out on `to` made them.
  void read_link_tables(db::Connection& from, LinkOptions& options) const;
  DdlHandlerOptions ddl_options(const LinkOptions& link);
  void count_ddl(DdlAction done, const std::vector<mysql::TableName>& names,
                 const schema::StatementInfo& info, const std::string& sql);
  void adopt_tables(const Link& link);
  nlohmann::json compare_now(const std::string& table, bool repair, bool again);
  void wait_for_other_link(const std::shared_ptr<Link>& old);
  void compare_structure();
  std::vector<schema::Difference> structure_differences(Link& link);
  bool can_be_alike(Link& link, const mysql::TableName& name);
  void mend_structure(Link& link);
  void mend_rows(Link& link, const verify::Report& report);
  void keep_fence();
  void first_comparison();
  void read_source_catalog();
  std::uint64_t reload_now(const schema::Table& table);
  void reload_pending();
  bool reads_what_was_locked(load::Loader& loader, const mysql::TableName& name,
                             const mysql::BinlogPosition& since);
  load::LoadOptions reload_options(const std::vector<schema::Table>& tables);

  SwitchReport do_switch(PhaseEvent begun);
  [[noreturn]] void refuse_switch(const std::string& direction, PhaseEvent begun,
                                  const Readiness& readiness) const;
  void advance(PhaseEvent event);
  void set_reason(const std::string& reason, const std::string& next_action = "");
  /// Takes the place of a comparison that nobody asked for; anything else is not disturbed.
  std::unique_lock<std::timed_mutex> take_command(const std::string& name);
  /// The same, for commands that need the link.
  std::unique_lock<std::timed_mutex> begin_command(const std::string& name);
  std::vector<schema::Table> tables_named(const std::string& table) const;
  void add_structure_obstacle(Readiness& readiness) const;
  void add_suspended_obstacle(Readiness& readiness) const;
  void fill_tables(Progress& progress) const;
  void fill_rates(Progress& progress) const;

  const config::Config config_;
  const Endpoints endpoints_;
  const schema::Selection selection_;
  TrafficSwitch& traffic_;
  store::StateStore state_;
  Throttle throttle_;
  Comparison comparison_;
  std::stop_token stop_;
  std::atomic<bool> compare_now_ = false;  ///< a link is new: its first comparison need not wait
  std::timed_mutex command_;               ///< held by the command that runs
  std::chrono::steady_clock::time_point next_comparison_{};   ///< only run()'s thread uses it
  std::chrono::steady_clock::time_point next_fence_check_{};  ///< likewise
  std::chrono::steady_clock::time_point next_copy_{};         ///< likewise
  std::chrono::steady_clock::time_point next_counts_{};       ///< likewise
  std::atomic<bool> unproved_ = false;  ///< what was copied again is to be compared
  bool catalog_is_later_ = false;       ///< than the target's tables: the load was interrupted
  std::chrono::steady_clock::time_point next_structure_check_{};  ///< likewise

  mutable std::mutex mutex_;  ///< guards what follows
  Phase phase_ = Phase::assessing;
  std::string reason_;
  std::string next_action_;
  std::optional<base::Error> error_;
  std::optional<SwitchReport> last_switch_;
  schema::Catalog catalog_;  ///< of the source, as it was when the migration began
  load::Loader* loader_ = nullptr;
  std::map<mysql::TableName, load::TableProgress> loaded_;  ///< as loaders that ended left it
  std::chrono::steady_clock::time_point load_started_{};
  std::uint64_t load_rows_at_start_ = 0;
  std::shared_ptr<Link> link_;
  AppliedCounts counts_;                               ///< of links that ended
  std::map<mysql::TableName, std::string> suspended_;  ///< and why
  std::int64_t lag_ms_highest_ = 0;
  std::map<mysql::TableName, std::uint64_t> ddls_;  ///< since the process began
  enum class Structure { unknown, equal, different };
  Structure structure_ = Structure::unknown;  ///< whether both sides' definitions are the same
  std::vector<std::string> structure_differences_;
  std::string structure_way_out_;  ///< what to do about them where there is more to say
  int structure_checks_ = 0;       ///< that found the same differences
  /// What could not be created, by object, in the server's words.
  std::map<std::string, std::string> structure_refused_;
  bool programs_created_ = false;  ///< since the last statement that was followed
  std::set<mysql::TableName> structure_mended_;
  ProgramProbe program_probe_;                             ///< used by compare_structure() only
  std::map<mysql::TableName, std::uint64_t> rows_mended_;  ///< value of ddls_ then
};

/// Makes the next run begin with copying the table (and what foreign keys tie to it) again, for a
/// migration whose replication met a row that it can not apply. No process may hold it.
void reload_without_run(const config::Config& config, const std::string& table);

/// Runner::finish() for a migration that no process holds, for example because its reverse link met
/// what it can not apply. The caller makes sure that none does.
void finish_without_run(const config::Config& config);

}  // namespace flyover::migration
