// Pure readers of the statements that SHOW CREATE prints.

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/utf8.h"
#include "mysql/identifier.h"
#include "schema/introspect_detail.h"
#include "schema/sql_text.h"

namespace flyover::schema::detail {
namespace {

bool skippable(const Token& token) {
  return token.kind == TokenKind::space || token.kind == TokenKind::comment;
}

std::vector<Token> significant(const std::vector<Token>& tokens) {
  std::vector<Token> out;
  for (const Token& token : tokens) {
    if (!skippable(token)) out.push_back(token);
  }
  return out;
}

bool introduces(const std::vector<Token>& tokens, std::size_t i) {
  return tokens[i].kind == TokenKind::word && tokens[i].text.starts_with("_") &&
         i + 1 < tokens.size() && tokens[i + 1].kind == TokenKind::string;
}

// What a utf8mb3 column keeps of the text: every 4-byte character becomes '?'.
std::string without_four_byte_characters(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0xf0) {
      out += '?';
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string decode_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::strtoul(std::string(hex.substr(i, 2)).c_str(), nullptr, 16));
  }
  return bytes;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\'' || text[i + 1] == '\\')) ++i;
    out += text[i];
  }
  return out;
}

// U+00E9 becomes byte E9. Nothing when a character is above U+00FF.
std::optional<std::string> bytes_of_code_points(std::string_view utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80) {
      bytes += utf8[i];
    } else if ((lead == 0xc2 || lead == 0xc3) && i + 1 < utf8.size()) {
      bytes +=
          static_cast<char>(((lead & 0x03) << 6) | (static_cast<unsigned char>(utf8[++i]) & 0x3f));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace

std::string read_expression(std::string_view shown) {
  const std::string text = unescape(shown);
  if (is_ascii(text)) return text;
  const std::optional<std::string> bytes = bytes_of_code_points(text);
  if (!bytes) return text;
  std::string out;
  const std::vector<Token> tokens = tokenize(*bytes);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (i + 1 < tokens.size() && introduces(tokens, i) && !is_ascii(tokens[i + 1].text)) {
      const std::string value = unquote_string(tokens[++i].text);
      if (token.text.starts_with("_utf8") && !base::is_utf8(value)) return text;
      out += std::string(token.text) + " " + mysql::hex_literal(value);
      continue;
    }
    // Names are UTF-8 and every literal has an introducer, or the text was not printed like that.
    if (!base::is_utf8(token.text)) return text;
    out += token.text;
  }
  return out;
}

std::string merge_view_definitions(std::string_view shown, std::string_view information_schema) {
  if (is_ascii(information_schema)) return std::string(shown);
  const std::vector<Token> theirs = significant(tokenize(information_schema));
  const std::vector<Token> tokens = tokenize(shown);
  std::string merged;
  std::size_t at = 0;
  bool introduced = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (skippable(token) || introduces(tokens, i)) {
      introduced = !skippable(token);
      merged += token.text;
      continue;
    }
    // Both texts are one syntax tree printed twice; if they are not alike, what is known to be
    // whole in every literal of the basic plane is the better one.
    if (at == theirs.size() || theirs[at].kind != token.kind)
      return std::string(information_schema);
    const bool keep = token.kind != TokenKind::string || introduced ||
                      without_four_byte_characters(token.text) == theirs[at].text;
    merged += keep ? token.text : theirs[at].text;
    introduced = false;
    ++at;
  }
  return at == theirs.size() ? merged : std::string(information_schema);
}

std::string select_of_view(std::string_view create_view) {
  const std::vector<Token> tokens = tokenize(create_view);
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size() && begin == 0; ++i) {
    if (tokens[i].text == "(") ++depth;
    if (tokens[i].text == ")") --depth;
    if (depth == 0 && is_word(tokens[i], "AS")) begin = i + 1;
  }
  std::size_t end = tokens.size();
  // "WITH [LOCAL|CASCADED] CHECK OPTION" is kept apart from the SELECT.
  std::vector<std::size_t> words;
  for (std::size_t i = begin; i < tokens.size(); ++i) {
    if (!skippable(tokens[i])) words.push_back(i);
  }
  const std::size_t n = words.size();
  if (n >= 4 && is_word(tokens[words[n - 1]], "OPTION") && is_word(tokens[words[n - 2]], "CHECK")) {
    end = is_word(tokens[words[n - 3]], "WITH") ? words[n - 3] : words[n - 4];
  }
  std::string select;
  for (std::size_t i = begin; i < end; ++i) select += tokens[i].text;
  const std::size_t first = select.find_first_not_of(' ');
  const std::size_t last = select.find_last_not_of(' ');
  return first == std::string::npos ? "" : select.substr(first, last - first + 1);
}

std::string partition_clause_of(std::string_view create_table) {
  // The comment that hides the clause from old servers is the last thing of the statement. A
  // newline ends the table's options, and inside of strings newlines are escaped.
  std::size_t at = create_table.rfind("\n/*!50100 PARTITION BY ");
  if (at == std::string_view::npos) at = create_table.rfind("\n/*!50500 PARTITION BY ");
  if (at == std::string_view::npos) return "";
  const std::size_t begin = create_table.find("PARTITION BY ", at);
  const std::size_t end = create_table.rfind("*/");
  if (end == std::string_view::npos || end < begin) return "";
  std::string clause(create_table.substr(begin, end - begin));
  while (!clause.empty() && (clause.back() == ' ' || clause.back() == '\n')) clause.pop_back();
  // Servers before 5.6.11 must not see it: the clause's comment ends and begins anew around it.
  static constexpr std::string_view kOldHash = "*/ /*!50611 ALGORITHM = 1 */ /*!50100 ";
  const std::size_t old_hash = clause.find(kOldHash);
  if (old_hash != std::string::npos) {
    clause.replace(old_hash, kOldHash.size(), "ALGORITHM = 1 ");
  }
  return clause;
}

std::map<std::string, std::string> fulltext_parsers_of(std::string_view create_table) {
  static constexpr std::string_view kKey = "FULLTEXT KEY ";
  static constexpr std::string_view kParser = "WITH PARSER ";
  std::map<std::string, std::string> parsers;
  for (std::size_t at = 0; at < create_table.size();) {
    const std::size_t end = std::min(create_table.find('\n', at), create_table.size());
    std::string_view line = create_table.substr(at, end - at);
    at = end + 1;
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::size_t parser = line.find(kParser);
    if (!line.starts_with(kKey) || parser == std::string_view::npos) continue;
    const std::vector<Token> name = tokenize(line.substr(kKey.size()));
    for (const Token& token : tokenize(line.substr(parser + kParser.size()))) {
      if (token.kind != TokenKind::quoted_name && token.kind != TokenKind::word) continue;
      parsers[token_name(name.front())] = token_name(token);
      break;
    }
  }
  return parsers;
}

std::map<std::string, std::string> binary_defaults_of(std::string_view create_table) {
  std::map<std::string, std::string> defaults;
  const std::vector<Token> tokens = significant(tokenize(create_table));
  int depth = 0;
  std::string column;
  for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].text == "(") ++depth;
    if (tokens[i].text == ")") --depth;
    const bool starts_item = depth == 1 && (tokens[i].text == "(" || tokens[i].text == ",");
    if (starts_item) {
      const bool binary = is_word(tokens[i + 2], "BINARY") || is_word(tokens[i + 2], "VARBINARY");
      column =
          tokens[i + 1].kind == TokenKind::quoted_name && binary ? token_name(tokens[i + 1]) : "";
    }
    if (column.empty() || depth != 1 || !is_word(tokens[i], "DEFAULT")) continue;
    const Token& value = introduces(tokens, i + 1) ? tokens[i + 2] : tokens[i + 1];
    if (value.kind == TokenKind::string) {
      defaults[column] = unquote_string(value.text);
    } else if (value.text.starts_with("0x")) {
      defaults[column] = decode_hex(value.text.substr(2));
    }
  }
  return defaults;
}

}  // namespace flyover::schema::detail
