#include "migration/table_probe.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "migration/structure.h"
#include "schema/control_schema.h"
#include "schema/create.h"
#include "schema/ddl.h"
#include "schema/introspect.h"

namespace flyover::migration {

std::vector<schema::Difference> unlike(const schema::Table& wanted, const schema::Table& there,
                                       const db::Connection& to, base::Side to_side) {
  const bool forward = to_side == base::Side::target;
  const schema::DiffOptions options{
      .auto_increment = false,
      .descending_on_source = forward || to.version().at_least(8, 0),
  };
  return forward ? schema::diff_table(wanted, there, options)
                 : schema::diff_table(there, wanted, options);
}

std::vector<schema::Difference> probe_table(db::Connection& to, const schema::Dialect& dialect,
                                            schema::Table wanted, base::Side to_side) {
  const mysql::TableName name = wanted.name;
  if (wanted.rows_elsewhere()) {
    base::throw_error(
        {.code = "ddl.unlike",
         .side = to_side,
         .action = base::Action::fail,
         .message = fmt::format("{} has the engine {} on the active server, which keeps no rows of "
                                "its own in the table: there is nothing that could be copied",
                                name.to_string(), wanted.engine),
         .hint = "Drop it on the active server, give it another engine there, or leave it out with "
                 "[tables] exclude, and start again."});
  }
  wanted.foreign_keys.clear();
  wanted.name = {std::string(schema::kControlSchema), "ddl_probe"};
  schema::run_ddl(to, dialect, schema::drop_table_sql(wanted.name));
  try {
    schema::run_ddl(
        to, dialect,
        sql_for(dialect, schema::create_table_sql(wanted, {.with_auto_increment = false})));
  } catch (const base::ErrorException& e) {
    if (e.error().action == base::Action::retry) throw;
    base::throw_error(
        {.code = "ddl.unlike",
         .side = to_side,
         .action = base::Action::fail,
         .message = fmt::format("the {} can not hold {} as it is on the active server: {}",
                                base::to_string(to_side), name.to_string(), e.error().message),
         .hint = "Make it on the active server what both servers can hold, or drop it there, and "
                 "start again. While the target is active, `flyover finish` gives up the way "
                 "back."});
  }
  const auto made = schema::read_table(to, wanted.name);
  schema::run_ddl(to, dialect, schema::drop_table_sql(wanted.name));
  FLYOVER_CHECK(made.has_value());
  return unlike(wanted, *made, to, to_side);
}

std::string way_to_equal(const std::vector<schema::Difference>& differences) {
  std::string text;
  const auto say = [&](std::string_view sentence) {
    if (text.find(sentence) != std::string::npos) return;
    text += text.empty() ? "" : "; ";
    text += sentence;
  };
  for (const schema::Difference& difference : differences) {
    const std::string_view what = difference.what;
    if (what.starts_with("check ")) {
      say("a server before 8.0.16 has no CHECK: drop it on the target (ALTER TABLE … DROP CHECK …) "
          "and, if it is to stay, add it again once the way back is given up");
    } else if (what.starts_with("column ") && what.ends_with(": default")) {
      say("an old server gives every column TIMESTAMP NOT NULL a default: give it the same one on "
          "the target (ALTER TABLE … ALTER COLUMN … SET DEFAULT …)");
    } else if (what.starts_with("column ") && what.ends_with(": invisible")) {
      say("an old server has no invisible columns, nor does it generate keys of them: make the "
          "column visible on the target (ALTER TABLE … ALTER COLUMN … SET VISIBLE)");
    } else if (what.ends_with("collation")) {
      say("a character set without its collation means another one on each version: name one that "
          "both servers have (ALTER DATABASE, or ALTER TABLE … CONVERT TO CHARACTER SET … COLLATE "
          "…)");
    }
  }
  return text;
}

}  // namespace flyover::migration
