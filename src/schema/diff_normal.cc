#include "schema/diff_normal.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "schema/program_text.h"
#include "schema/sql_text.h"

namespace flyover::schema::detail {
namespace {

bool is_integer_word(const Token& token) {
  static const std::set<std::string> kWords = {"TINYINT", "SMALLINT", "MEDIUMINT", "INT",
                                               "INTEGER", "BIGINT",   "YEAR"};
  return token.kind == TokenKind::word && kWords.contains(to_upper(token.text));
}

std::vector<Token> meaningful(std::string_view sql, bool ansi_quotes = false) {
  std::vector<Token> out;
  for (const Token& token : tokenize(sql, ansi_quotes)) {
    const bool hint = token.text.starts_with("/*!") || token.text.starts_with("/*+");
    if (token.kind == TokenKind::space || (token.kind == TokenKind::comment && !hint)) continue;
    out.push_back(token);
  }
  return out;
}

std::string drop_width(std::string type) {
  const std::size_t open = type.find('(');
  const std::size_t close = type.find(')');
  if (open != std::string::npos && close != std::string::npos) type.erase(open, close - open + 1);
  return type;
}

bool is_introducer(const std::vector<Token>& tokens, std::size_t i) {
  return tokens[i].kind == TokenKind::word && tokens[i].text.starts_with("_") &&
         i + 1 < tokens.size() && tokens[i + 1].kind == TokenKind::string;
}

// Three-byte UTF-8 and its collations have new names.
std::string modern_word(std::string word) {
  if (word == "utf8") return "utf8mb3";
  return word.starts_with("utf8_") ? "utf8mb3_" + word.substr(5) : word;
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

}  // namespace

std::string normal_type(const Column& column) {
  if (!column.members.empty()) return column.data_type;
  if (column.data_type == "year") return "year";
  if (column.data_type == "geometrycollection") return "geomcollection";
  if (column.kind == ValueKind::integer && !column.zerofill) return drop_width(column.column_type);
  return column.column_type;
}

std::string normal_members(const Column& column) {
  std::string out;
  for (const std::string& member : column.members) out += mysql::quote_bytes(member) + ",";
  for (const std::string& member : column.member_bytes) out += mysql::hex_literal(member) + ",";
  return out;
}

std::string normal_default(const Column& column, const Column& other) {
  if (!column.default_value) return "none";
  // Old servers do not tell all digits of a FLOAT where there is no row.
  const bool told = column.kind != ValueKind::float_kind || other.exact_default;
  if (column.exact_default && told) return "exactly " + mysql::hex_literal(*column.exact_default);
  if (!column.default_is_expression) return "literal " + mysql::quote_bytes(*column.default_value);
  std::string text = to_upper(*column.default_value);
  if (text.starts_with("CURRENT_TIMESTAMP")) {
    text = "CURRENT_TIMESTAMP";
    if (column.fraction_digits > 0) text += fmt::format("({})", column.fraction_digits);
    return "expression " + text;
  }
  return "expression " + *column.default_value;
}

std::string normal_rule(const std::string& rule) {
  return rule == "RESTRICT" ? "NO ACTION" : rule;
}

std::string normal_options(const Table& table) {
  static const std::set<std::string> kCompared = {
      "stats_persistent", "stats_auto_recalc", "stats_sample_pages", "avg_row_length",
      "max_rows",         "min_rows",          "key_block_size"};
  std::set<std::string> options;
  const std::string lower = to_lower(table.create_options);
  for (std::size_t at = 0; at < lower.size();) {
    const std::size_t end = std::min(lower.find(' ', at), lower.size());
    const std::string option = lower.substr(at, end - at);
    const std::string name = option.substr(0, option.find('='));
    // Other engines' pages are not InnoDB's.
    const bool foreign = name == "key_block_size" && !table.transactional();
    if (kCompared.contains(name) && !foreign) options.insert(option);
    at = end + 1;
  }
  if (table.row_format == "COMPRESSED" && table.transactional())
    options.insert("row_format=compressed");
  return join({options.begin(), options.end()});
}

std::string normal_select(const std::string& definition, const std::string& schema) {
  const std::vector<Token> tokens = meaningful(definition);
  std::string out;
  const auto is = [&](std::size_t i, std::string_view text) {
    return i < tokens.size() && tokens[i].text == text;
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (is_introducer(tokens, i)) continue;
    // Servers differ in where they name the schema of a column: `s`.`t`.`c` is `t`.`c`.
    // A function of the view's own schema may be named with it or without.
    const bool first = !(i > 0 && is(i - 1, ".")) && is(i + 1, ".");
    const bool own_function = is(i + 3, "(") && token_name(tokens[i]) == schema;
    if (first && (is(i + 3, ".") || own_function)) {
      ++i;
    } else if (tokens[i].kind == TokenKind::word) {
      out += modern_word(to_lower(tokens[i].text)) + " ";
    } else {
      out += std::string(tokens[i].text) + " ";
    }
  }
  return out;
}

std::vector<std::string> names_in_select(const std::string& definition) {
  std::vector<std::string> names;
  const std::vector<Token> tokens = meaningful(definition);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool qualifier = i + 1 < tokens.size() && tokens[i + 1].text == ".";
    if (tokens[i].text.starts_with("`") && !qualifier) names.emplace_back(tokens[i].text);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string normal_program(const Program& program) {
  const ProgramText text = read_program(program);
  const bool ansi_quotes = program.sql_mode.find("ANSI_QUOTES") != std::string::npos;
  const std::string whole = text.before_target + " " + text.parameters + text.printed + text.body;
  const std::vector<Token> tokens = meaningful(whole, ansi_quotes);
  std::string out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string as_it_is(tokens[i].text);
    const std::string lower = to_lower(as_it_is);
    const std::string modern = modern_word(lower);
    const bool renamed = tokens[i].kind == TokenKind::word && modern != lower;
    out += (renamed ? modern : as_it_is) + " ";
    // The default of old servers, which new ones name. Parameters are compared for themselves.
    const bool named = lower == "utf8mb4" && i + 2 < tokens.size() &&
                       is_word(tokens[i + 1], "COLLATE") &&
                       to_lower(tokens[i + 2].text) == "utf8mb4_general_ci";
    if (named) i += 2;
    const bool width = is_integer_word(tokens[i]) && i + 3 < tokens.size() &&
                       tokens[i + 1].text == "(" && tokens[i + 3].text == ")";
    if (width) i += 3;
  }
  return out;
}

std::string normal_modes(const std::string& sql_mode) {
  static const std::set<std::string> kRemoved = {"NO_AUTO_CREATE_USER",
                                                 "DB2",
                                                 "MAXDB",
                                                 "MSSQL",
                                                 "MYSQL323",
                                                 "MYSQL40",
                                                 "ORACLE",
                                                 "POSTGRESQL",
                                                 "NO_FIELD_OPTIONS",
                                                 "NOT_USED",
                                                 "NO_KEY_OPTIONS",
                                                 "NO_TABLE_OPTIONS",
                                                 "ANSI"};
  std::set<std::string> kept;
  for (const std::string& mode : split_modes(sql_mode)) {
    if (!kRemoved.contains(mode)) kept.insert(mode);
  }
  return join({kept.begin(), kept.end()});
}

std::string normal_index(const Index& index, bool with_directions) {
  static constexpr std::string_view kKinds[] = {"primary", "unique", "plain", "fulltext",
                                                "spatial"};
  std::string out(kKinds[static_cast<std::size_t>(index.kind)]);
  for (const IndexPart& part : index.parts) {
    out += " " +
           (part.expression.empty() ? mysql::quote_name(part.column) : "(" + part.expression + ")");
    if (part.prefix) out += fmt::format("({})", *part.prefix);
    if (with_directions && part.descending) out += " desc";
  }
  if (!index.parser.empty()) out += " parser " + index.parser;
  if (!index.visible) out += " invisible";
  if (!index.comment.empty()) out += " comment " + mysql::quote_bytes(index.comment);
  return out;
}

std::string normal_foreign_key(const ForeignKey& key) {
  return fmt::format("({}) references {} ({}) on delete {} on update {}", join(key.columns),
                     key.parent.to_string(), join(key.parent_columns), normal_rule(key.on_delete),
                     normal_rule(key.on_update));
}

}  // namespace flyover::schema::detail
