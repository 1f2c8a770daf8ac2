#include "assess/alike.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>

namespace flyover::assess {
namespace {

// Short enough that no file is refused for its name, and the same in a file's name.
bool is_plain(const std::string& name) {
  constexpr std::size_t kLong = 50;
  return name.size() < kLong && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (std::isalnum(c) != 0 && c < 0x80) || c == '_';
         });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// What has to be there, under its own name, for something else to be created.
class NeededNames {
 public:
  explicit NeededNames(const schema::Catalog& catalog) {
    std::set<mysql::TableName> folded;
    for (const schema::Table& table : catalog.tables) {
      // Where the target does not tell case apart the second is refused.
      if (!folded.insert({lower(table.name.schema), lower(table.name.table)}).second) {
        tables_.insert(table.name);
      }
      if (!table.foreign_keys.empty()) tables_.insert(table.name);
      for (const schema::ForeignKey& key : table.foreign_keys) tables_.insert(key.parent);
    }
    for (const schema::Program& program : catalog.programs) {
      if (program.kind == schema::ProgramKind::trigger) {
        tables_.insert({program.name.schema, program.table});
      }
    }
    for (const schema::View& view : catalog.views) view_texts_ += lower(view.definition) + '\n';
  }

  bool contain(const mysql::TableName& table) const {
    return tables_.contains(table) || view_texts_.find(lower(table.table)) != std::string::npos;
  }

 private:
  std::set<mysql::TableName> tables_;
  std::string view_texts_;
};

}  // namespace

std::vector<std::size_t> stand_ins(const schema::Catalog& catalog,
                                   const schema::DdlOptions& options) {
  const NeededNames needed(catalog);
  std::map<std::string, std::size_t> by_text;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < catalog.tables.size(); ++i) {
    schema::Table nameless = catalog.tables[i];
    nameless.name.table = "-";
    const std::size_t first =
        by_text.try_emplace(create_table_sql(nameless, options), i).first->second;
    const mysql::TableName& name = catalog.tables[i].name;
    out.push_back(is_plain(name.table) && !needed.contain(name) ? first : i);
  }
  return out;
}

}  // namespace flyover::assess
