#pragma once
// Carries out the DDL of a link's source on its target, exactly once, and says which tables can not
// be followed across it.

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "apply/statement_handler.h"
#include "apply/table_plan.h"
#include "base/error.h"
#include "db/connection.h"
#include "migration/ddl_journal.h"
#include "migration/ddl_policy.h"
#include "migration/ddl_refusals.h"
#include "mysql/position.h"
#include "schema/model.h"
#include "schema/session.h"

namespace flyover::migration {

struct DdlHandlerOptions {
  std::string migration{};
  std::string link{};
  db::Endpoint from{};
  db::Endpoint to{};
  DdlPolicy policy;
  std::vector<schema::Table> tables{};  ///< as they stand on `to`
  std::map<mysql::TableName, apply::TableCut> cuts{};
  /// What stands on `to` was made from definitions read behind this; empty: from no later ones than
  /// the link's start.
  mysql::BinlogPosition schema_as_of{};
  /// Puts tables on record as suspended, before the checkpoint moves.
  std::function<void(const std::vector<mysql::TableName>&, const std::string& why)> suspend{};
  /// Told when a statement was carried out or passed over, with the selected tables it named.
  std::function<void(DdlAction done, const std::vector<mysql::TableName>&,
                     const schema::StatementInfo&, const std::string& sql)>
      carried_out{};
  /// Ends what holds locks on tables of `to`, such as a comparison.
  std::function<void()> make_way{};
};

/// concerns() and ends_stream() are thread-safe; carry_out() belongs to the applier.
class DdlHandler : public apply::StatementHandler {
 public:
  explicit DdlHandler(DdlHandlerOptions options);

  bool concerns(const binlog::StatementChange& statement) const override;
  bool carry_out(const binlog::Transaction& transaction, const binlog::StatementChange& statement,
                 std::stop_token stop) override;
  /// While a statement is being carried out. Thread-safe.
  bool busy() const { return busy_.load(std::memory_order_relaxed); }
  /// Whether the stream has to end behind the statement.
  bool ends_stream(const binlog::StatementChange& statement) const;

 private:
  struct Work;

  /// What the statement is and names, whatever character set its session had.
  schema::StatementInfo read(const binlog::StatementChange& statement) const;
  bool covered(Work& work) const;
  void run(Work& work, std::stop_token stop);
  void run_program(Work& work);
  /// False: it can not be, or not yet.
  bool copy_views(Work& work);
  void run_tables(Work& work);
  void run_text(Work& work, const std::string& sql);
  void drop_tables(Work& work, const std::vector<mysql::TableName>& names);
  void drop_database(Work& work);
  void sync_programs(Work& work);
  void after_tables(Work& work);
  void refuse_rows_elsewhere(const Work& work);
  bool drop_rows_elsewhere(Work& work, const schema::Table& table);
  void keep_key_prefixes(Work& work, const schema::Table& table);
  void follow_source(Work& work, const schema::Table* source, const schema::Table& table,
                     const mysql::Version& from);
  void probe(Work& work, const base::Error& error);
  void fall_back(Work& work, const base::Error& error);
  RefusedStatement refused(const Work& work) const;
  const schema::Table* before(const mysql::TableName& name) const;

  const DdlHandlerOptions options_;
  std::atomic<bool> busy_ = false;
};

}  // namespace flyover::migration
