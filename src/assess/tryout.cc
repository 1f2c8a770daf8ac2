#include "assess/tryout.h"

#include <algorithm>
#include <cctype>
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

// The server refuses some of it; others would be without it.
bool can_be_temporary(const schema::Table& table) {
  return table.partition_clause.empty() && table.row_format != "COMPRESSED" &&
         lower(table.create_options).find("key_block_size") == std::string::npos &&
         std::none_of(table.indexes.begin(), table.indexes.end(), [](const schema::Index& index) {
           return index.kind == schema::IndexKind::fulltext;
         });
}

}  // namespace

std::vector<bool> temporary_tells(const schema::Catalog& catalog) {
  const NeededNames needed(catalog);
  std::set<std::string> schemas_with_a_real_one;
  std::vector<bool> out;
  for (const schema::Table& table : catalog.tables) {
    const bool tells = is_plain(table.name.table) && table.checks.empty() &&
                       can_be_temporary(table) && !needed.contain(table.name);
    out.push_back(tells && !schemas_with_a_real_one.insert(table.name.schema).second);
  }
  return out;
}

}  // namespace flyover::assess
