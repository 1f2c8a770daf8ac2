#include "schema/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "schema/diff_normal.h"
#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

// Collects the differences of one object.
class Comparison {
 public:
  Comparison(std::string object, std::vector<Difference>& out)
      : object_(std::move(object)), out_(out) {}

  void same(const std::string& what, const std::string& source, const std::string& target) {
    if (source != target) out_.push_back({object_, what, source, target});
  }
  void same(const std::string& what, bool source, bool target) {
    same(what, std::string(source ? "yes" : "no"), std::string(target ? "yes" : "no"));
  }
  void missing_on_target(const std::string& what) {
    out_.push_back({object_, what + "missing on the target", "there", ""});
  }
  void missing_on_source(const std::string& what) {
    out_.push_back({object_, what + "only on the target", "", "there"});
  }

 private:
  std::string object_;
  std::vector<Difference>& out_;
};

// Pairs the things of both sides by key and hands equal keys to `compare`.
template <typename Items, typename Key, typename Compare>
void match(const Items& source, const Items& target, Comparison& comparison,
           const std::string& prefix, Key key, Compare compare) {
  std::map<std::string, const typename Items::value_type*> theirs;
  for (const auto& item : target) theirs[key(item)] = &item;
  for (const auto& item : source) {
    const auto found = theirs.find(key(item));
    if (found == theirs.end()) {
      comparison.missing_on_target(prefix + key(item) + ": ");
    } else {
      compare(item, *found->second);
      theirs.erase(found);
    }
  }
  for (const auto& [name, item] : theirs) comparison.missing_on_source(prefix + name + ": ");
}

void compare_columns(const Column& source, const Column& target, Comparison& comparison) {
  const std::string prefix = "column " + source.name + ": ";
  comparison.same(prefix + "type", detail::normal_type(source), detail::normal_type(target));
  comparison.same(prefix + "members", detail::normal_members(source),
                  detail::normal_members(target));
  comparison.same(prefix + "nullable", source.nullable, target.nullable);
  comparison.same(prefix + "default", detail::normal_default(source, target),
                  detail::normal_default(target, source));
  comparison.same(prefix + "on update", source.on_update, target.on_update);
  comparison.same(prefix + "auto_increment", source.auto_increment, target.auto_increment);
  comparison.same(prefix + "character set", modern_charset(source.charset),
                  modern_charset(target.charset));
  comparison.same(prefix + "collation", modern_collation(source.collation),
                  modern_collation(target.collation));
  comparison.same(prefix + "comment", source.comment, target.comment);
  comparison.same(prefix + "generated", source.generation_expression, target.generation_expression);
  comparison.same(prefix + "stored", source.generated_stored, target.generated_stored);
  comparison.same(prefix + "invisible", source.invisible, target.invisible);
  const auto srid = [](const Column& column) {
    return column.srid ? std::to_string(*column.srid) : std::string("any");
  };
  comparison.same(prefix + "SRID", srid(source), srid(target));
}

void compare_column_order(const Table& source, const Table& target, Comparison& comparison) {
  const auto order = [](const Table& table) {
    std::string names;
    for (const Column& column : table.columns) names += mysql::quote_name(column.name) + " ";
    return names;
  };
  comparison.same("column order", order(source), order(target));
}

void compare_tables(const Table& source, const Table& target, const DiffOptions& options,
                    Comparison& comparison) {
  // Every engine becomes InnoDB on the target; any other outcome is a difference.
  comparison.same("engine", "InnoDB", target.engine);
  comparison.same("character set", modern_charset(source.charset), modern_charset(target.charset));
  comparison.same("collation", modern_collation(source.collation),
                  modern_collation(target.collation));
  // New servers show a table's comment up to its first zero byte.
  comparison.same("comment", source.comment.substr(0, source.comment.find('\0')),
                  target.comment.substr(0, target.comment.find('\0')));
  comparison.same("options", detail::normal_options(source), detail::normal_options(target));
  comparison.same("partitions", detail::normal_partitions(source.partition_clause),
                  detail::normal_partitions(target.partition_clause));
  const auto counter = [](const Table& table) { return table.auto_increment.value_or(1); };
  if (options.auto_increment && counter(target) < counter(source)) {
    comparison.same("auto_increment", std::to_string(counter(source)),
                    std::to_string(counter(target)));
  }
  const auto by_name = [](const auto& item) { return item.name; };
  match(source.columns, target.columns, comparison, "column ", by_name,
        [&](const Column& a, const Column& b) { compare_columns(a, b, comparison); });
  compare_column_order(source, target, comparison);
  match(source.indexes, target.indexes, comparison, "index ", by_name,
        [&](const Index& a, const Index& b) {
          const bool directions = options.descending_on_source;
          comparison.same("index " + a.name, detail::normal_index(a, directions),
                          detail::normal_index(b, directions));
        });
  match(source.foreign_keys, target.foreign_keys, comparison, "foreign key ", by_name,
        [&](const ForeignKey& a, const ForeignKey& b) {
          comparison.same("foreign key " + a.name, detail::normal_foreign_key(a),
                          detail::normal_foreign_key(b));
        });
  match(source.checks, target.checks, comparison, "check ", by_name,
        [&](const CheckConstraint& a, const CheckConstraint& b) {
          comparison.same("check " + a.name, a.expression, b.expression);
          comparison.same("check " + a.name + ": enforced", a.enforced, b.enforced);
        });
}

void compare_views(const View& source, const View& target, Comparison& comparison) {
  comparison.same("definition", detail::normal_select(source.definition, source.name.schema),
                  detail::normal_select(target.definition, target.name.schema));
  comparison.same("algorithm", source.algorithm, target.algorithm);
  comparison.same("definer", source.definer, target.definer);
  comparison.same("security", source.security, target.security);
  comparison.same("check option", source.check_option, target.check_option);
  comparison.same("connection collation", modern_collation(source.connection_collation),
                  modern_collation(target.connection_collation));
  std::string columns[2];
  for (const std::string& column : source.columns) columns[0] += mysql::quote_name(column) + " ";
  for (const std::string& column : target.columns) columns[1] += mysql::quote_name(column) + " ";
  comparison.same("columns", columns[0], columns[1]);
}

void compare_programs(const Program& source, const Program& target, const DiffOptions& options,
                      Comparison& comparison) {
  comparison.same("definition", detail::normal_program(source), detail::normal_program(target));
  comparison.same("definer", source.definer, target.definer);
  comparison.same("sql_mode", detail::normal_modes(source.sql_mode),
                  detail::normal_modes(target.sql_mode));
  comparison.same("client character set", modern_charset(source.client_charset),
                  modern_charset(target.client_charset));
  comparison.same("connection collation", modern_collation(source.connection_collation),
                  modern_collation(target.connection_collation));
  comparison.same("database collation", modern_collation(source.database_collation),
                  modern_collation(target.database_collation));
  comparison.same("time zone", source.time_zone, target.time_zone);
  comparison.same("table", source.table, target.table);
  comparison.same("parameters", source.parameters, target.parameters);
  comparison.same("order", source.action_order, target.action_order);
  if (source.kind != ProgramKind::event) return;
  const bool expected = options.before_cutover ? false : source.enabled;
  comparison.same("enabled", expected, target.enabled);
}

std::string_view kind_name(ProgramKind kind) {
  static constexpr std::string_view kNames[] = {"procedure", "function", "trigger", "event"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Like match(), for objects that stand by themselves.
template <typename Items, typename Key, typename Compare>
void match_objects(const Items& source, const Items& target, std::vector<Difference>& out, Key key,
                   Compare compare) {
  std::map<std::string, const typename Items::value_type*> theirs;
  for (const auto& item : target) theirs[key(item)] = &item;
  for (const auto& item : source) {
    Comparison comparison(key(item), out);
    const auto found = theirs.find(key(item));
    if (found == theirs.end()) {
      comparison.missing_on_target("");
    } else {
      compare(item, *found->second, comparison);
      theirs.erase(found);
    }
  }
  for (const auto& [name, item] : theirs) Comparison(name, out).missing_on_source("");
}

std::vector<Program> programs_of(const Catalog& catalog, bool without_triggers) {
  std::vector<Program> programs;
  for (const Program& program : catalog.programs) {
    if (without_triggers && program.kind == ProgramKind::trigger) continue;
    programs.push_back(program);
  }
  return programs;
}

}  // namespace

std::string title(const Program& program) {
  return fmt::format("{} {}", kind_name(program.kind), program.name.to_string());
}

std::string Difference::to_string() const {
  return fmt::format("{}: {}: source '{}', target '{}'", object, what, source, target);
}

std::vector<Difference> diff(const Catalog& source, const Catalog& target,
                             const DiffOptions& options) {
  std::vector<Difference> out;
  match_objects(
      source.schemas, target.schemas, out, [](const Schema& s) { return "schema " + s.name; },
      [](const Schema& a, const Schema& b, Comparison& comparison) {
        comparison.same("character set", modern_charset(a.charset), modern_charset(b.charset));
        comparison.same("collation", modern_collation(a.collation), modern_collation(b.collation));
      });
  match_objects(
      source.tables, target.tables, out,
      [](const Table& t) { return "table " + t.name.to_string(); },
      [&](const Table& a, const Table& b, Comparison& comparison) {
        compare_tables(a, b, options, comparison);
      });
  match_objects(
      source.views, target.views, out, [](const View& v) { return "view " + v.name.to_string(); },
      [](const View& a, const View& b, Comparison& comparison) {
        compare_views(a, b, comparison);
      });
  // Before the cutover a trigger on the target is a difference: it would fire for applied rows.
  match_objects(programs_of(source, options.before_cutover), target.programs, out, title,
                [&](const Program& a, const Program& b, Comparison& comparison) {
                  compare_programs(a, b, options, comparison);
                });
  return out;
}

std::vector<Difference> diff_table(const Table& source, const Table& target,
                                   const DiffOptions& options) {
  std::vector<Difference> out;
  Comparison comparison("table " + source.name.to_string(), out);
  compare_tables(source, target, options, comparison);
  return out;
}

bool keeps_names(const View& source, const View& target) {
  const auto wanted = detail::names_in_select(source.definition);
  const auto there = detail::names_in_select(target.definition);
  return std::includes(there.begin(), there.end(), wanted.begin(), wanted.end());
}

std::vector<Difference> diff_view(const View& source, const View& target) {
  std::vector<Difference> out;
  Comparison comparison("view " + source.name.to_string(), out);
  compare_views(source, target, comparison);
  return out;
}

}  // namespace flyover::schema
