// Every table is InnoDB on the target. What that means depends on the engine it comes from.

#include <fmt/format.h>

#include <algorithm>

#include "assess/grants.h"
#include "assess/registry.h"
#include "base/units.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

std::string engine_of(const schema::Table& table) {
  return schema::to_upper(table.engine);
}

std::string make_innodb(const schema::Table& table) {
  return fmt::format("ALTER TABLE {} ENGINE=InnoDB; on the source", table.name.quoted());
}

bool keeps_its_rows(const std::string& engine) {
  return engine == "MYISAM" || engine == "MEMORY" || engine == "ARCHIVE" || engine == "CSV";
}

// Why the table can not be moved; "" when it can.
std::string obstacle(const schema::Table& table) {
  const std::string engine = engine_of(table);
  if (table.rows_elsewhere()) {
    return fmt::format(
        "engine {} keeps no rows of its own in the table; a copy would hold rows that are "
        "elsewhere, or none",
        table.engine);
  }
  if (!keeps_its_rows(engine)) {
    return fmt::format("engine {} is none that flyover knows how to read at an exact moment",
                       table.engine);
  }
  for (const schema::Column& column : table.columns) {
    if (!column.auto_increment) continue;
    const bool leads = std::any_of(
        table.indexes.begin(), table.indexes.end(),
        [&](const schema::Index& index) { return index.parts.front().column == column.name; });
    if (leads) continue;
    return fmt::format(
        "{} is AUTO_INCREMENT and first in no index: {} counts it for each value of the columns "
        "before it, which InnoDB can not, and the application would get other numbers",
        column.name, table.engine);
  }
  return "";
}

// What the way back can not do for the table.
std::string way_back(const std::string& engine, const schema::Table& table) {
  if (engine == "ARCHIVE") {
    return "; after the switch the old server takes INSERT only, with rising AUTO_INCREMENT "
           "values: anything else ends the way back with an error";
  }
  if (engine == "MEMORY") {
    return "; its rows then outlive a restart of the server. After the switch a restart of the old "
           "server empties it there, and it has to be copied again";
  }
  if (table.row_key() == nullptr) {
    return "; after the switch changes of it can not be repeated on the old server, so when "
           "flyover "
           "is killed while it writes them, the table is to be copied again";
  }
  return "";
}

void check_wait(CheckContext& context, const schema::Table& table, const std::string& text) {
  const AssessOptions& options = context.request.options;
  const std::uint64_t wait_ms =
      1000 * table.data_bytes / std::max<std::uint64_t>(options.load_bytes_per_second, 1);
  const std::string object = "table " + table.name.to_string();
  if (wait_ms > options.lock_ms_max) {
    context.blocker(
        object,
        text + fmt::format("about {} s for {}, and load.lock_ms_max allows {} s", wait_ms / 1000,
                           base::format_bytes(table.data_bytes), options.lock_ms_max / 1000),
        fmt::format("{}, or load.lock_ms_max = {} in the configuration when they may wait",
                    make_innodb(table), wait_ms * 2));
    return;
  }
  context.warning(object,
                  text + fmt::format("{} for {}",
                                     wait_ms < 1000 ? "less than a second"
                                                    : fmt::format("about {} s", wait_ms / 1000),
                                     base::format_bytes(table.data_bytes)),
                  make_innodb(table) + " avoids all that");
}

void check_table(CheckContext& context, const schema::Table& table) {
  if (table.transactional()) return;
  const std::string reason = obstacle(table);
  if (!reason.empty()) {
    context.blocker("table " + table.name.to_string(), reason,
                    keeps_its_rows(engine_of(table))
                        ? "give it a key that begins with the column and " + make_innodb(table) +
                              ", or exclude it in [tables]"
                        : "exclude it in [tables] and create it on the target by hand");
    return;
  }
  check_wait(context, table,
             fmt::format("engine {} becomes InnoDB on the target{}. It has no snapshots: while it "
                         "is copied, and in short pieces while it is compared, it is locked READ "
                         "and its writers, and readers that come behind them, wait: ",
                         table.engine, way_back(engine_of(table), table)));
  const bool fulltext = std::any_of(
      table.indexes.begin(), table.indexes.end(),
      [](const schema::Index& index) { return index.kind == schema::IndexKind::fulltext; });
  if (!fulltext) return;
  context.notice("table " + table.name.to_string(),
                 fmt::format("its FULLTEXT index finds other words in InnoDB: shortest word {} "
                             "(ft_min_word_len) there, {} (innodb_ft_min_token_size) here, and "
                             "another list of stop words",
                             context.source.variable("ft_min_word_len").value_or("?"),
                             context.target.variable("innodb_ft_min_token_size").value_or("?")),
                 "set innodb_ft_min_token_size and innodb_ft_server_stopword_table on the target "
                 "when the application depends on it");
}

// Older servers let a key of an InnoDB table name a parent of another engine, and then refuse
// every row of the child.
void check_parents(CheckContext& context, const schema::Table& table) {
  for (const schema::ForeignKey& key : table.foreign_keys) {
    const schema::Table* const parent = context.catalog.find_table(key.parent);
    if (parent == nullptr || parent->transactional()) continue;
    context.blocker(
        fmt::format("foreign key {} of {}", key.name, table.name.to_string()),
        fmt::format("its parent {} has engine {}, so that the source does not hold it against the "
                    "rows as the target would",
                    key.parent.to_string(), parent->engine),
        fmt::format("{}, or drop the key", make_innodb(*parent)));
  }
}

void check_delayed_inserts(CheckContext& context) {
  const auto threads = context.source.variable("max_delayed_threads");
  if (!threads || *threads == "0") return;
  const db::Table status =
      context.source.connection.query("SHOW GLOBAL STATUS LIKE 'Delayed_insert_threads'");
  const bool used = !status.empty() && status.number(0, "Value") > 0;
  context.add(used ? Severity::blocker : Severity::notice, "source",
              "rows of INSERT DELAYED are acknowledged before they are in their table and in the "
              "binary log, so flyover goes on only while no session uses it" +
                  std::string(used ? "; some does now" : ""),
              "SET GLOBAL max_delayed_threads = 0; makes it an ordinary INSERT for sessions that "
              "connect from now on; then FLUSH TABLES;");
}

void check_archive_right(CheckContext& context) {
  Grants grants;
  for (const auto& row : context.source.connection.query("SHOW GRANTS").rows) {
    grants.add(row[0].value_or(""));
  }
  if (grants.has_global("RELOAD")) return;
  context.blocker(
      "source account " + context.source.account,
      "it lacks RELOAD: only FLUSH TABLES … WITH READ LOCK keeps an ARCHIVE table still",
      fmt::format("GRANT RELOAD ON *.* TO {};", context.source.account));
}

}  // namespace

void check_engines(CheckContext& context) {
  bool others = false;
  bool archive = false;
  for (const schema::Table& table : context.catalog.tables) {
    check_table(context, table);
    check_parents(context, table);
    others = others || !table.transactional();
    archive = archive || engine_of(table) == "ARCHIVE";
  }
  if (others) check_delayed_inserts(context);
  if (archive) check_archive_right(context);
}

}  // namespace flyover::assess
