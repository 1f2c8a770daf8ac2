// A view or program runs with its definer's rights; without the account it fails when it is used.

#include <fmt/format.h>

#include <set>

#include "assess/registry.h"
#include "schema/sql_text.h"

namespace flyover::assess {
namespace {

std::set<std::string> accounts(Server& server) {
  std::set<std::string> found;
  const db::Table rows = server.connection.query("SELECT user, host FROM mysql.user");
  for (const auto& row : rows.rows) {
    found.insert(mysql::quote_name(row[0].value_or("")) + "@" +
                 mysql::quote_name(row[1].value_or("")));
  }
  return found;
}

}  // namespace

void check_definers(CheckContext& context) {
  std::map<std::string, std::vector<std::string>> objects;
  for (const schema::View& view : context.catalog.views) {
    objects[view.definer].push_back(view.name.to_string());
  }
  for (const schema::Program& program : context.catalog.programs) {
    objects[program.definer].push_back(program.name.to_string());
  }
  if (objects.empty()) return;
  const std::set<std::string> on_target = accounts(context.target);
  const std::set<std::string> on_source = accounts(context.source);
  for (const auto& [definer, names] : objects) {
    if (on_target.contains(definer)) continue;
    const std::string object = "definer " + definer;
    const std::string uses = fmt::format("{} objects name it (first: {})", names.size(), names[0]);
    if (on_source.contains(definer)) {
      context.blocker(object, uses + ", and it is not on the target; using them would fail there",
                      fmt::format("CREATE USER {} IDENTIFIED BY '<password>'; with the rights of "
                                  "SHOW GRANTS FOR {} on the source",
                                  definer, definer));
    } else {
      context.warning(object, uses + ", and it is on neither server; they fail today already");
    }
  }
}

}  // namespace flyover::assess
