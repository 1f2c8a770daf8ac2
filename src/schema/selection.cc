#include "schema/selection.h"

#include <algorithm>
#include <array>

namespace flyover::schema {
namespace {

// Matches one [set] at the start of `pattern`; returns the bytes of the set, 0 when it never ends.
std::size_t match_set(std::string_view pattern, char c, bool& matches) {
  std::size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (const std::size_t first = i; i < pattern.size(); ++i) {
    if (pattern[i] == ']' && i != first) {
      matches = found != negated;
      return i + 1;
    }
    const auto low = static_cast<unsigned char>(pattern[i]);
    auto high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = static_cast<unsigned char>(pattern[i + 2]);
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    found = found || (low <= byte && byte <= high);
  }
  return 0;
}

// Matches one element at the start of `pattern` with `c`; returns the bytes it takes, 0: no match.
std::size_t match_one(std::string_view pattern, char c) {
  switch (pattern[0]) {
    case '?':
      return 1;
    case '[': {
      bool matches = false;
      const std::size_t size = match_set(pattern, c, matches);
      if (size > 0) return matches ? size : 0;
      break;
    }
    case '\\':
      if (pattern.size() > 1) return pattern[1] == c ? 2 : 0;
      break;
    default:
      break;
  }
  return pattern[0] == c ? 1 : 0;
}

bool matches_table(std::string_view pattern, const mysql::TableName& name) {
  if (pattern.find('.') == std::string_view::npos) return glob_match(pattern, name.schema);
  return glob_match(pattern, name.to_string());
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  // Where to go on when the text behind the last '*' did not match: the star takes one byte more.
  std::size_t star_p = std::string_view::npos;
  std::size_t star_t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star_p = ++p;
      star_t = t;
      continue;
    }
    const std::size_t taken = p < pattern.size() ? match_one(pattern.substr(p), text[t]) : 0;
    if (taken > 0) {
      p += taken;
      ++t;
    } else if (star_p != std::string_view::npos) {
      p = star_p;
      t = ++star_t;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool is_system_schema(std::string_view schema) {
  static constexpr std::array<std::string_view, 5> kSystem = {
      "mysql", "information_schema", "performance_schema", "sys", "flyover"};
  return std::find(kSystem.begin(), kSystem.end(), schema) != kSystem.end() ||
         schema.starts_with("flyover_");
}

bool Selection::selects(const mysql::TableName& name) const {
  const auto matches = [&](const std::string& pattern) { return matches_table(pattern, name); };
  return !is_system_schema(name.schema) &&
         (include.empty() || std::any_of(include.begin(), include.end(), matches)) &&
         std::none_of(exclude.begin(), exclude.end(), matches);
}

bool Selection::selects_schema(std::string_view schema) const {
  // Names of schemas may hold dots, too: each may be the one before the table.
  const auto reaches = [&](std::string_view pattern) {
    std::size_t dot = pattern.find('.');
    if (dot == std::string_view::npos) return glob_match(pattern, schema);
    for (; dot != std::string_view::npos; dot = pattern.find('.', dot + 1)) {
      if (glob_match(pattern.substr(0, dot), schema)) return true;
    }
    return false;
  };
  const auto covers = [&](std::string_view pattern) {
    if (pattern.find('.') == std::string_view::npos) return glob_match(pattern, schema);
    return pattern.ends_with(".*") && glob_match(pattern.substr(0, pattern.size() - 2), schema);
  };
  return !is_system_schema(schema) &&
         (include.empty() || std::any_of(include.begin(), include.end(), reaches)) &&
         std::none_of(exclude.begin(), exclude.end(), covers);
}

}  // namespace flyover::schema
