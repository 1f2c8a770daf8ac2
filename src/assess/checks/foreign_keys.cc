// Foreign keys that act on rows by themselves, and those that point outside of the selection.

#include <fmt/format.h>

#include <algorithm>

#include "assess/registry.h"

namespace flyover::assess {
namespace {

bool acts(const std::string& rule) {
  return rule == "CASCADE" || rule.starts_with("SET ");
}

// The columns of the key that hold text in which the collation takes different bytes for equal.
std::string loose_text(const schema::Table& table, const schema::ForeignKey& key) {
  for (const schema::Column& column : table.columns) {
    const bool named =
        std::find(key.columns.begin(), key.columns.end(), column.name) != key.columns.end();
    if (named && !column.collation.empty() && column.collation != "binary" &&
        !column.collation.ends_with("_bin")) {
      return column.name;
    }
  }
  return "";
}

void check_key(CheckContext& context, const schema::Table& table, const schema::ForeignKey& key) {
  const std::string object = fmt::format("foreign key {} of {}", key.name, table.name.to_string());
  if (context.catalog.find_table(key.parent) == nullptr) {
    context.blocker(object,
                    fmt::format("its parent {} is not selected, so that no row of the child can "
                                "be inserted on the target",
                                key.parent.to_string()),
                    fmt::format("include {} in [tables]", key.parent.to_string()));
  }
  if (!acts(key.on_delete) && !acts(key.on_update)) return;
  const std::string loose = loose_text(table, key);
  const bool logs_cascades = context.target.variable("innodb_native_foreign_keys").has_value() &&
                             !context.target.is_on("innodb_native_foreign_keys");
  if (logs_cascades && key.parent == table.name && key.on_delete == "CASCADE") {
    context.warning(object,
                    "it cascades into its own table: the target refuses deletes that cascade over "
                    "some 15 levels or a few dozen branches (errors 3008 and 6575), which the "
                    "source carries out; replication would stop at one, and the application fail",
                    "start the target with innodb_native_foreign_keys = ON, or delete bottom up");
  }
  if (logs_cascades && acts(key.on_update) && !loose.empty()) {
    context.warning(
        object,
        fmt::format("{} holds text. An UPDATE of the parent's key to a value that its collation "
                    "takes for equal (other case, other accents) and that a child has already, "
                    "byte for byte, changes the parent and its children on the source; the target, "
                    "from 9.6 on and with its default setting, answers OK and leaves the parent as "
                    "it was: the application would lose such a change after the cutover",
                    loose),
        "start the target with innodb_native_foreign_keys = ON");
  }
  if (logs_cascades) {
    context.warning(
        object,
        "from 9.6 on, and with its default setting, the target answers OK to a statement whose "
        "cascade meets a deadlock or a lock wait timeout: the deadlock's transaction is rolled "
        "back, the timeout's statement does nothing, and the application is not told. flyover "
        "notices it in its own sessions; after the cutover the application's writes are at risk",
        "start the target with innodb_native_foreign_keys = ON, which has no such fault");
  }
  context.notice(
      object,
      fmt::format("ON DELETE {} ON UPDATE {}: the source's binary log has the parent's change only "
                  "and the target's own key repeats the rest{}",
                  key.on_delete, key.on_update,
                  logs_cascades ? "; on the way back the target's binary log has the children's "
                                  "changes too, and they are applied as rows"
                                : ""));
}

}  // namespace

void check_foreign_keys(CheckContext& context) {
  for (const schema::Table& table : context.catalog.tables) {
    for (const schema::ForeignKey& key : table.foreign_keys) check_key(context, table, key);
  }
}

}  // namespace flyover::assess
