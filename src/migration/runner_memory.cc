// The runner notices that the side which follows has lost what it kept in memory only.
#include <set>

#include "apply/plain_tables.h"
#include "migration/memory_witness.h"
#include "migration/runner.h"

namespace flyover::migration {
namespace {

std::string placed_key(const std::string& link) {
  return "memory.witness." + link;
}

}  // namespace

/// MEMORY tables of the server that the link from `from` writes to.
std::vector<mysql::TableName> Runner::tables_in_memory(base::Side from) const {
  std::set<std::string> schemas;
  {
    const std::unique_lock lock(mutex_);
    for (const schema::Table& table : catalog_.tables) schemas.insert(table.name.schema);
  }
  db::Connection to = db::Connection::open(endpoints_.of(other(from)));
  std::vector<mysql::TableName> names;
  for (const auto& [name, engine] :
       apply::read_plain_engines(to, {schemas.begin(), schemas.end()})) {
    if (engine == "MEMORY" && selection_.selects(name)) names.push_back(name);
  }
  return names;
}

/// What stands in memory there is whole at this moment.
void Runner::place_memory_witness(base::Side from) {
  if (tables_in_memory(from).empty()) return;
  db::Connection to = db::Connection::open(endpoints_.of(other(from)));
  MemoryWitness(config_.name, link_name(from)).place(to);
  state_.set(placed_key(link_name(from)), "yes");
}

/// With command_ taken or before the first link. True: tables are suspended that were not.
bool Runner::suspend_emptied(base::Side from) {
  if (state_.get(placed_key(link_name(from))).value_or("") != "yes") {
    place_memory_witness(from);
    return false;
  }
  {
    db::Connection to = db::Connection::open(endpoints_.of(other(from)));
    if (MemoryWitness(config_.name, link_name(from)).present(to)) return false;
  }
  const std::vector<mysql::TableName> names = tables_in_memory(from);
  suspend_tables(catalog_.tables, names,
                 "the " + std::string(base::to_string(other(from))) +
                     " was restarted, which empties MEMORY tables");
  place_memory_witness(from);
  return !names.empty();
}

/// With command_ taken, while the link runs.
void Runner::look_after_memory() {
  const std::shared_ptr<Link> link = current_link();
  if (link == nullptr) return;
  const base::Side from = link->options().from.side;
  const bool placed = state_.get(placed_key(link_name(from))).value_or("") == "yes";
  if (!placed || !suspend_emptied(from)) return;
  drop_link();
  start_link(from);
}

}  // namespace flyover::migration
