#include "migration/view_probe.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "schema/control_schema.h"
#include "schema/create.h"
#include "schema/ddl.h"
#include "schema/diff.h"
#include "schema/introspect.h"

namespace flyover::migration {
namespace {

// A view that names what is gone, as both servers keep it: no session can use it.
bool is_broken(const base::Error& error) {
  constexpr std::uint32_t kGone[] = {
      1146,  // no such table
      1054,  // no such column
      1305,  // no such function
      1356,  // a view in it is broken
  };
  return std::find(std::begin(kGone), std::end(kGone), error.mysql_errno) != std::end(kGone);
}

// How the target prints the view; nothing when it can not store it.
std::optional<std::string> printed_by(db::Connection& target, const schema::View& view,
                                      const schema::View& there) {
  const mysql::TableName name{std::string(schema::kControlSchema), "view_probe"};
  try {
    schema::create_view(target, view, name);
    const auto made = schema::read_view(target, name);
    target.execute(schema::drop_view_sql(name));
    if (!made || !schema::keeps_names(view, there)) return std::nullopt;
    return made->definition;
  } catch (const base::ErrorException& e) {
    if (e.error().action == base::Action::retry) throw;
    base::log::info("structure.view", "{}: {}", view.name.to_string(), e.error().message);
    return is_broken(e.error()) ? std::optional(there.definition) : std::nullopt;
  }
}

}  // namespace

void print_as_target(schema::Catalog& source, db::Connection& target,
                     const schema::Catalog& targets) {
  for (schema::View& view : source.views) {
    const auto there =
        std::find_if(targets.views.begin(), targets.views.end(),
                     [&](const schema::View& other) { return other.name == view.name; });
    if (there == targets.views.end() || schema::diff_view(view, *there).empty()) continue;
    if (auto printed = printed_by(target, view, *there)) view.definition = std::move(*printed);
  }
}

}  // namespace flyover::migration
