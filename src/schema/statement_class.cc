#include "schema/statement_class.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <utility>

#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

// Bits of sql_mode in a Query event.
constexpr std::uint64_t kAnsiQuotes = 1U << 2;
constexpr std::uint64_t kNoBackslashEscapes = 1U << 20;

// Whether the names in a text of the collation's character set are those that the server keeps: in
// other sets than UTF-8 they have other bytes, and in some the second byte of a character may look
// like a quote or a backslash.
bool keeps_names(std::uint32_t collation) {
  const auto within = [&](std::uint32_t first, std::uint32_t last) {
    return first <= collation && collation <= last;
  };
  constexpr std::uint32_t kBinary = 63;
  return collation == 0 || collation == kBinary || collation == 33 || collation == 83 ||
         within(192, 215) || collation == 223 || collation == 45 || collation == 46 ||
         within(224, 247) || within(255, 323);
}

bool is_name(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name;
}

// Walks over the tokens of one statement.
class Reader {
 public:
  Reader(std::vector<Token> tokens, std::string_view default_schema, StatementInfo& info)
      : tokens_(std::move(tokens)), default_schema_(default_schema), info_(info) {}

  void read();

 private:
  bool at(std::string_view word) const {
    return at_ < tokens_.size() && is_word(tokens_[at_], word);
  }
  bool take(std::string_view word) {
    if (!at(word)) return false;
    ++at_;
    return true;
  }
  bool take_any(std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return take(w); });
  }
  bool take_symbol(std::string_view symbol) {
    if (at_ >= tokens_.size() || tokens_[at_].text != symbol) return false;
    ++at_;
    return true;
  }
  bool next_is(std::size_t ahead, std::string_view word) const {
    return at_ + ahead < tokens_.size() && is_word(tokens_[at_ + ahead], word);
  }
  /// Moves behind the word when the rest of the statement has it outside of parentheses.
  bool skip_behind(std::string_view word) {
    int depth = 0;
    for (std::size_t i = at_; i < tokens_.size(); ++i) {
      if (tokens_[i].text == "(") ++depth;
      if (tokens_[i].text == ")") --depth;
      if (depth == 0 && is_word(tokens_[i], word)) {
        at_ = i + 1;
        return true;
      }
    }
    return false;
  }
  void if_exists() {
    if (!take("IF")) return;
    take("NOT");
    take("EXISTS");
  }
  bool take_name(mysql::TableName& out);
  void name() {
    mysql::TableName one;
    if (take_name(one)) {
      info_.names.push_back(std::move(one));
    } else {
      info_.names_known = false;
    }
  }
  void names() {
    do name();
    while (take_symbol(","));
  }
  void create();
  void alter();
  void drop();
  void index_or_object(std::initializer_list<std::string_view> before_index);
  void drop_or_create_object();
  void alter_table();
  void rename();
  void database();
  void collect_schemas();

  std::vector<Token> tokens_;
  std::string default_schema_;
  StatementInfo& info_;
  std::size_t at_ = 0;
};

bool Reader::take_name(mysql::TableName& out) {
  take_symbol(".");  // ".t" is t of the default schema.
  if (at_ >= tokens_.size() || !is_name(tokens_[at_])) return false;
  std::string first = token_name(tokens_[at_++]);
  if (!take_symbol(".")) {
    out = {default_schema_, std::move(first)};
    return true;
  }
  if (at_ >= tokens_.size() || !is_name(tokens_[at_])) return false;
  out = {std::move(first), token_name(tokens_[at_++])};
  return true;
}

void Reader::read() {
  collect_schemas();
  if (tokens_.empty()) return;
  info_.kind = StatementClass::other;
  info_.create = at("CREATE");
  info_.drop = at("DROP");
  if (take("CREATE")) return create();
  if (take("ALTER")) return alter();
  if (take("DROP")) return drop();
  if (take("RENAME")) return rename();
  if (take("TRUNCATE")) {
    info_.kind = StatementClass::truncate_table;
    take("TABLE");
    return name();
  }
  if (take_any({"GRANT", "REVOKE"}) ||
      (at("SET") && (next_is(1, "PASSWORD") || next_is(1, "DEFAULT")))) {
    info_.kind = StatementClass::account;
  } else if (take_any({"ANALYZE", "OPTIMIZE", "REPAIR", "CHECK", "FLUSH", "RESET", "INSTALL",
                       "UNINSTALL", "BEGIN", "COMMIT", "SAVEPOINT", "PURGE"})) {
    info_.kind = StatementClass::maintenance;
  } else if (take_any({"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "WITH", "CALL", "SELECT",
                       "DO", "TABLE", "VALUES"})) {
    info_.kind = StatementClass::rows;
  } else {
    info_.names_known = false;
  }
}

void Reader::create() {
  if (at("OR") && next_is(1, "REPLACE")) at_ += 2;
  if (take("TEMPORARY")) {
    info_.kind = StatementClass::temporary;
    return;
  }
  if (take("TABLE")) {
    info_.kind = StatementClass::create_table;
    if_exists();
    return name();
  }
  index_or_object({"UNIQUE", "FULLTEXT", "SPATIAL", "ONLINE", "OFFLINE"});
}

void Reader::index_or_object(std::initializer_list<std::string_view> before_index) {
  const std::size_t start = at_;
  while (take_any(before_index)) {
  }
  if (take("INDEX")) {
    info_.kind = StatementClass::index;
    if (skip_behind("ON")) return name();
    info_.names_known = false;
    return;
  }
  at_ = start;
  drop_or_create_object();
}

// CREATE and ALTER have attributes before the object's word: ALGORITHM, DEFINER, SQL SECURITY.
void Reader::drop_or_create_object() {
  static constexpr std::array<std::pair<std::string_view, StatementClass>, 12> kObjects = {{
      {"VIEW", StatementClass::view},
      {"PROCEDURE", StatementClass::routine},
      {"FUNCTION", StatementClass::routine},
      {"TRIGGER", StatementClass::trigger},
      {"EVENT", StatementClass::event},
      {"DATABASE", StatementClass::database},
      {"SCHEMA", StatementClass::database},
      {"USER", StatementClass::account},
      {"ROLE", StatementClass::account},
      {"SERVER", StatementClass::account},
      {"RESOURCE", StatementClass::account},
      {"LIBRARY", StatementClass::other},
  }};
  static constexpr std::size_t kAttributeTokensMax = 16;
  const std::size_t end = std::min(tokens_.size(), at_ + kAttributeTokensMax);
  for (; at_ < end; ++at_) {
    // A definer may be called `view`, but then it is quoted or follows "=" or "@".
    if (tokens_[at_].kind != TokenKind::word || tokens_[at_ - 1].text == "=" ||
        tokens_[at_ - 1].text.ends_with("@")) {
      continue;
    }
    for (const auto& [word, kind] : kObjects) {
      if (!is_word(tokens_[at_], word)) continue;
      ++at_;
      info_.kind = kind;
      if (kind == StatementClass::database) return database();
      if (kind == StatementClass::account || kind == StatementClass::other) return;
      if_exists();
      if (kind == StatementClass::view && info_.drop) return names();
      name();
      if (kind == StatementClass::trigger && info_.create && skip_behind("ON")) {
        mysql::TableName table;
        if (take_name(table)) info_.table = table.table;
      }
      return;
    }
  }
  info_.names_known = false;
}

void Reader::alter() {
  const std::size_t start = at_;
  while (take_any({"ONLINE", "OFFLINE", "IGNORE"})) {
  }
  if (take("TABLE")) return alter_table();
  at_ = start;
  if (at("INSTANCE")) {
    info_.kind = StatementClass::maintenance;
    return;
  }
  drop_or_create_object();
  // ALTER EVENT … RENAME TO.
  if (info_.kind == StatementClass::event && skip_behind("RENAME") && take("TO")) name();
}

void Reader::alter_table() {
  info_.kind = StatementClass::alter_table;
  if_exists();
  name();
  const std::size_t behind_name = at_;
  int depth = 0;
  bool begins_clause = true;
  for (at_ = behind_name; at_ < tokens_.size();) {
    const Token& token = tokens_[at_];
    if (token.text == "(") ++depth;
    if (token.text == ")") --depth;
    const bool clause = depth == 0 && begins_clause;
    begins_clause = token.text == ",";
    if (depth != 0) {
      ++at_;
      continue;
    }
    if (clause && at("RENAME") && !next_is(1, "COLUMN") && !next_is(1, "INDEX") &&
        !next_is(1, "KEY")) {
      ++at_;
      take_any({"TO", "AS"}) || take_symbol("=");
      name();
      continue;
    }
    if (at("EXCHANGE") && next_is(1, "PARTITION")) {
      info_.kind = StatementClass::partition;
      if (skip_behind("TABLE")) name();
      continue;
    }
    const bool partition = (at("PARTITION") && next_is(1, "BY")) ||
                           (at("REMOVE") && next_is(1, "PARTITIONING")) ||
                           (next_is(1, "PARTITION") &&
                            (at("ADD") || at("DROP") || at("REORGANIZE") || at("COALESCE") ||
                             at("TRUNCATE") || at("REBUILD") || at("ANALYZE") || at("CHECK") ||
                             at("OPTIMIZE") || at("REPAIR") || at("DISCARD") || at("IMPORT")));
    if (partition) info_.kind = StatementClass::partition;
    ++at_;
  }
}

void Reader::drop() {
  if (take("TEMPORARY")) {
    info_.kind = StatementClass::temporary;
    return;
  }
  if (take_any({"TABLE", "TABLES"})) {
    info_.kind = StatementClass::drop_table;
    if_exists();
    return names();
  }
  index_or_object({"ONLINE", "OFFLINE"});
}

void Reader::rename() {
  if (at("USER")) {
    info_.kind = StatementClass::account;
    return;
  }
  info_.kind = StatementClass::rename_table;
  if (!take_any({"TABLE", "TABLES"})) {
    info_.names_known = false;
    return;
  }
  do {
    name();
    if (!take("TO")) info_.names_known = false;
    name();
  } while (take_symbol(","));
}

void Reader::database() {
  if_exists();
  const bool named = at_ < tokens_.size() && is_name(tokens_[at_]) && !at("CHARACTER") &&
                     !at("DEFAULT") && !at("COLLATE") && !at("CHARSET") && !at("READ");
  info_.database = named ? token_name(tokens_[at_]) : default_schema_;
}

void Reader::collect_schemas() {
  std::set<std::string> found;
  if (!default_schema_.empty()) found.insert(default_schema_);
  for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
    if (is_name(tokens_[i]) && tokens_[i + 1].text == ".") found.insert(token_name(tokens_[i]));
  }
  info_.schemas.assign(found.begin(), found.end());
}

}  // namespace

std::string_view to_string(StatementClass kind) {
  static constexpr std::string_view kNames[] = {
      "none",     "create_table", "alter_table", "drop_table",  "rename_table", "truncate_table",
      "index",    "partition",    "view",        "routine",     "trigger",      "event",
      "database", "account",      "temporary",   "maintenance", "rows",         "other"};
  return kNames[static_cast<std::size_t>(kind)];
}

StatementInfo read_statement(std::string_view sql, std::uint64_t sql_mode,
                             std::string_view default_schema, std::uint32_t client_charset) {
  StatementInfo info;
  std::vector<Token> tokens;
  append_statement_tokens(tokens, sql, (sql_mode & kAnsiQuotes) != 0);
  std::erase_if(tokens, [](const Token& t) { return t.text == std::string_view("\0", 1); });
  Reader(std::move(tokens), default_schema, info).read();
  const bool backslashes =
      (sql_mode & kNoBackslashEscapes) != 0 && sql.find('\\') != std::string_view::npos;
  const bool other_bytes = !is_ascii(sql) && !keeps_names(client_charset);
  if (backslashes || other_bytes) info.names_known = false;
  return info;
}

}  // namespace flyover::schema
