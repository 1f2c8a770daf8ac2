#pragma once
// What SHOW GRANTS says, as data.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace flyover::assess {

/// The rights of one account on global and schema level, with roles already resolved by the server
/// and partial revokes taken off. Rights on single tables, columns and routines are not counted.
class Grants {
 public:
  /// Takes one line of SHOW GRANTS; lines of other levels and role grants change nothing.
  void add(std::string_view line);

  bool has_global(const std::string& privilege) const;
  /// Globally, or on a schema pattern that matches, unless revoked for the schema.
  bool has(const std::string& privilege, const std::string& schema) const;

 private:
  struct SchemaGrant {
    std::string pattern{};  ///< with the wildcards % and _ of GRANT
    std::set<std::string> privileges{};
  };
  static bool contains(const std::set<std::string>& privileges, const std::string& privilege);

  std::set<std::string> global_{};
  std::vector<SchemaGrant> schemas_{};
  std::map<std::string, std::set<std::string>> revoked_{};
};

/// GRANT's pattern language: % any bytes, _ one byte, a backslash takes the next literally.
bool matches_grant_pattern(std::string_view pattern, std::string_view schema);

/// The schema's name as a pattern that matches only itself.
std::string grant_pattern_of(std::string_view schema);

}  // namespace flyover::assess
