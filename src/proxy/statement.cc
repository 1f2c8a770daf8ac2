#include "proxy/statement.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <span>

#include "proxy/tokenizer.h"

namespace flyover::proxy {
namespace {

using Tokens = std::span<const Token>;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <std::size_t N>
bool is_any(const Token& token, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return token.is(word); });
}

/// Setting these leaves nothing that a later SELECT could read back and set again.
constexpr std::array<std::string_view, 6> kUnreadable = {
    "rand_seed1", "rand_seed2", "insert_id", "pseudo_thread_id", "gtid_next", "proxy_user"};

constexpr std::array<std::string_view, 4> kTransactionVariables = {
    "tx_isolation", "transaction_isolation", "tx_read_only", "transaction_read_only"};

/// Reads one statement's tokens into the effects of the whole text.
class Reader {
 public:
  Reader(Tokens tokens, std::string_view text, bool first, StatementEffects& effects)
      : tokens_(tokens), text_(text), first_(first), effects_(effects) {}

  void read() {
    if (tokens_.empty()) return;
    read_leading_words();
    read_everywhere();
  }

 private:
  const Token& at(std::size_t i) const {
    static constexpr Token kNone{};
    return i < tokens_.size() ? tokens_[i] : kNone;
  }
  bool words(std::size_t i, std::string_view a, std::string_view b) const {
    return at(i).is(a) && at(i + 1).is(b);
  }
  bool contains(std::string_view word) const {
    return std::any_of(tokens_.begin(), tokens_.end(), [&](const Token& t) { return t.is(word); });
  }

  void read_leading_words();
  void read_everywhere();
  void read_set();
  void read_set_charset();
  std::size_t read_assignment(std::size_t i, bool& global);
  void record_variable(const std::string& name, std::size_t value_at, bool one_shot);
  void read_create();
  void read_drop();
  void read_handler();
  void read_kill();
  void read_function(std::size_t i);
  void read_diagnostics_reader();
  std::string table_name(std::size_t& i) const;
  std::size_t next_comma(std::size_t i) const;

  const Tokens tokens_;
  const std::string_view text_;
  const bool first_;
  StatementEffects& effects_;
};

void Reader::read_leading_words() {
  static constexpr std::array<std::string_view, 5> kChanging = {"INSERT", "UPDATE", "DELETE",
                                                                "REPLACE", "LOAD"};
  const Token& head = at(0);
  if (head.is("SET")) return read_set();
  if (head.is("CREATE")) return read_create();
  if (head.is("DROP")) return read_drop();
  if (head.is("HANDLER")) return read_handler();
  if (head.is("KILL")) return read_kill();
  if (head.is("CALL")) effects_.calls_routine = true;
  if (head.is("LOCK")) effects_.locks_tables = true;
  if (head.is("UNLOCK")) effects_.unlocks_tables = true;
  if (head.is("FLUSH") && (contains("LOCK") || contains("EXPORT"))) effects_.locks_tables = true;
  if (head.is("PREPARE")) effects_.statements_prepared.push_back(lower(at(1).text));
  if (head.is("DEALLOCATE")) effects_.statements_deallocated.push_back(lower(at(2).text));
  if (head.is("EXECUTE")) effects_.calls_routine = true;
  if (head.is("COMMIT") || head.is("ROLLBACK")) effects_.ends_transaction_setting = true;
  if (head.is("XA")) {
    const bool ends = at(1).is("COMMIT") || at(1).is("ROLLBACK");
    (ends ? effects_.ends_xa : effects_.begins_xa) = !at(1).is("RECOVER");
  }
  if (is_any(head, kChanging)) {
    effects_.ends_transaction_setting = true;
    effects_.leaves_diagnostics = true;
  }
  if (head.is("GET") || head.is("SHOW") || head.is("SELECT") || head.is("RESIGNAL")) {
    read_diagnostics_reader();
  }
  if (head.is("CHANGE") || head.is("START") || head.is("STOP") || head.is("RESET")) return;
  if (head.is("BINLOG")) effects_.unclassified = "BINLOG statement";
}

void Reader::read_diagnostics_reader() {
  if (!first_) return;
  if (at(0).is("GET")) {
    effects_.reads_diagnostics = true;
    // GET DIAGNOSTICS sets variables: those are carried after it has run.
    effects_.only_reads_diagnostics = true;
    return;
  }
  if (at(0).is("SHOW")) {
    const bool reads = at(1).is("WARNINGS") || at(1).is("ERRORS") ||
                       (at(1).is("COUNT") && (contains("WARNINGS") || contains("ERRORS")));
    effects_.reads_diagnostics = effects_.only_reads_diagnostics = reads;
    return;
  }
  for (std::size_t i = 1; i < tokens_.size(); ++i) {
    const bool function =
        (at(i).is("FOUND_ROWS") || at(i).is("ROW_COUNT")) && at(i + 1).is_symbol('(');
    const bool variable = at(i).is("WARNING_COUNT") || at(i).is("ERROR_COUNT");
    if (function || (variable && i >= 2)) effects_.reads_diagnostics = true;
  }
  effects_.only_reads_diagnostics =
      effects_.reads_diagnostics && !contains("FROM") && !contains("INTO");
}

void Reader::read_everywhere() {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (token.kind == TokenKind::user_variable) {
      effects_.user_variables.push_back(lower(token.text));
    } else if (token.kind == TokenKind::word && at(i + 1).is_symbol('(')) {
      read_function(i);
    } else if (token.is("SQL_CALC_FOUND_ROWS")) {
      effects_.leaves_diagnostics = true;
    }
  }
  if (!first_ || effects_.reads_diagnostics || at(0).is("SELECT")) return;
  for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
    if ((at(i).is("FOUND_ROWS") || at(i).is("ROW_COUNT")) && at(i + 1).is_symbol('(')) {
      effects_.reads_diagnostics = true;
    }
  }
}

void Reader::read_function(std::size_t i) {
  const bool take = at(i).is("GET_LOCK");
  if (take || at(i).is("RELEASE_LOCK")) {
    const bool literal = at(i + 2).kind == TokenKind::string &&
                         (at(i + 3).is_symbol(',') || at(i + 3).is_symbol(')'));
    auto& list = take ? effects_.locks_taken : effects_.locks_released;
    list.emplace_back(literal ? at(i + 2).text : std::string_view());
  } else if (at(i).is("RELEASE_ALL_LOCKS")) {
    effects_.all_locks_released = true;
  }
}

std::size_t Reader::next_comma(std::size_t i) const {
  int depth = 0;
  for (; i < tokens_.size(); ++i) {
    if (at(i).is_symbol('(')) ++depth;
    if (at(i).is_symbol(')')) --depth;
    if (depth == 0 && at(i).is_symbol(',')) return i;
  }
  return tokens_.size();
}

void Reader::read_set() {
  if (at(1).is("TRANSACTION")) {
    effects_.next_transaction_only = true;
    return;
  }
  if (words(1, "SESSION", "TRANSACTION") || words(1, "LOCAL", "TRANSACTION")) {
    effects_.session_variables.push_back("transaction_isolation");
    effects_.session_variables.push_back("transaction_read_only");
    return;
  }
  if (words(1, "GLOBAL", "TRANSACTION") || at(1).is("PASSWORD") || words(1, "DEFAULT", "ROLE")) {
    return;
  }
  if (at(1).is("ROLE") || at(1).is("RESOURCE")) {
    effects_.unclassified = "SET ROLE or SET RESOURCE GROUP";
    return;
  }
  bool global = false;
  for (std::size_t i = 1; i < tokens_.size();) i = read_assignment(i, global);
}

void Reader::read_set_charset() {
  for (const auto* name : {"character_set_client", "character_set_results",
                           "character_set_connection", "collation_connection"}) {
    effects_.session_variables.emplace_back(name);
  }
}

/// Reads one `[scope] name = value` at `i` and returns where the next one begins.
std::size_t Reader::read_assignment(std::size_t i, bool& global) {
  const std::size_t end = next_comma(i);
  if (at(i).kind == TokenKind::user_variable) return end + 1;
  if (at(i).is("NAMES") || at(i).is("CHARSET") || words(i, "CHARACTER", "SET") ||
      words(i, "CHAR", "SET")) {
    read_set_charset();
    return end + 1;
  }
  const bool dotted = at(i).kind == TokenKind::at_at;
  if (dotted) ++i;
  bool session = at(i).is("SESSION") || at(i).is("LOCAL");
  const bool wide = at(i).is("GLOBAL") || at(i).is("PERSIST") || at(i).is("PERSIST_ONLY");
  bool this_global = dotted ? false : global;
  if (session || wide) {
    this_global = wide;
    // Without @@ the scope also holds for the assignments that follow without one.
    if (!dotted) global = wide;
    i += dotted ? 2 : 1;
  }
  const Token& name = at(i);
  const bool named = name.kind == TokenKind::word || name.kind == TokenKind::quoted_name;
  const bool assigned = at(i + 1).is_symbol('=') || at(i + 1).text == ":=";
  if (!named || !assigned) {
    effects_.unclassified = "a SET statement that flyover does not understand";
    return tokens_.size();
  }
  if (!this_global) record_variable(lower(name.text), i + 2, dotted && !session);
  return end + 1;
}

void Reader::record_variable(const std::string& name, std::size_t value_at, bool one_shot) {
  const auto is = [&](std::string_view other) { return name == other; };
  const bool transaction =
      std::any_of(kTransactionVariables.begin(), kTransactionVariables.end(), is);
  if (transaction && one_shot) {
    // SET @@transaction_isolation means the next transaction only.
    effects_.next_transaction_only = true;
    return;
  }
  const bool to_default = at(value_at).is("DEFAULT");
  if (name == "gtid_next" && at(value_at).text == "AUTOMATIC") return;
  if (std::any_of(kUnreadable.begin(), kUnreadable.end(), is)) {
    effects_.unclassified = "SET " + name;
    return;
  }
  if (name == "last_insert_id" || name == "identity") return;
  const bool clock_again = name == "timestamp" && (to_default || at(value_at).text == "0");
  (to_default || clock_again ? effects_.session_variables_reset : effects_.session_variables)
      .push_back(name);
}

/// The possibly qualified name at `i`, which is moved behind it.
std::string Reader::table_name(std::size_t& i) const {
  std::string name = lower(at(i++).text);
  if (at(i).is_symbol('.')) {
    name += '.' + lower(at(i + 1).text);
    i += 2;
  }
  return name;
}

void Reader::read_create() {
  if (!at(1).is("TEMPORARY") || !at(2).is("TABLE")) return;
  std::size_t i = words(3, "IF", "NOT") ? 6 : 3;
  effects_.temporary_tables_created.push_back(table_name(i));
}

void Reader::read_drop() {
  if (at(1).is("PREPARE")) {
    effects_.statements_deallocated.push_back(lower(at(2).text));
    return;
  }
  std::size_t i = at(1).is("TEMPORARY") ? 2 : 1;
  if (!at(i).is("TABLE") && !at(i).is("TABLES")) return;
  // IF EXISTS succeeds without having dropped anything, but then nothing is left either.
  i += words(i + 1, "IF", "EXISTS") ? 3 : 1;
  while (i < tokens_.size()) {
    effects_.tables_dropped.push_back(table_name(i));
    if (!at(i).is_symbol(',')) break;
    ++i;
  }
}

void Reader::read_handler() {
  std::size_t i = 1;
  const std::string name = table_name(i);
  if (at(i).is("OPEN")) {
    const std::size_t alias = at(i + 1).is("AS") ? i + 2 : i + 1;
    std::string opened = alias < tokens_.size() ? lower(at(alias).text) : name;
    if (alias >= tokens_.size() && opened.find('.') != std::string::npos) {
      opened = opened.substr(opened.find('.') + 1);
    }
    effects_.handlers_opened.push_back(std::move(opened));
  } else if (at(i).is("CLOSE")) {
    effects_.handlers_closed.push_back(name);
  }
}

void Reader::read_kill() {
  const std::size_t i = at(1).is("QUERY") || at(1).is("CONNECTION") ? 2 : 1;
  const Token& number = at(i);
  if (number.kind != TokenKind::number || tokens_.size() != i + 1) return;
  StatementEffects::Kill kill;
  const auto [end, error] = std::from_chars(
      number.text.data(), number.text.data() + number.text.size(), kill.connection_id);
  if (error != std::errc() || end != number.text.data() + number.text.size()) return;
  kill.at = static_cast<std::size_t>(number.text.data() - text_.data());
  kill.size = number.text.size();
  effects_.kill = kill;
}

/// Statements inside a stored program's definition are no statements of the session.
bool defines_program(Tokens tokens) {
  static constexpr std::array<std::string_view, 4> kPrograms = {"PROCEDURE", "FUNCTION", "TRIGGER",
                                                                "EVENT"};
  if (tokens.empty() || (!tokens[0].is("CREATE") && !tokens[0].is("ALTER"))) return false;
  const auto head = tokens.first(std::min<std::size_t>(tokens.size(), 16));
  return std::any_of(head.begin(), head.end(), [](const Token& t) { return is_any(t, kPrograms); });
}

}  // namespace

bool StatementEffects::leaves_state_alone() const {
  return session_variables.empty() && session_variables_reset.empty() && user_variables.empty() &&
         temporary_tables_created.empty() && tables_dropped.empty() && handlers_opened.empty() &&
         handlers_closed.empty() && statements_prepared.empty() && statements_deallocated.empty() &&
         locks_taken.empty() && locks_released.empty() && !all_locks_released && !locks_tables &&
         !unlocks_tables && !next_transaction_only && !ends_transaction_setting && !begins_xa &&
         !ends_xa && !calls_routine && unclassified.empty();
}

StatementEffects read_statement(std::string_view text, bool backslash_escapes) {
  StatementEffects effects;
  std::vector<Token> tokens;
  tokens.reserve(64);
  tokenize(text, backslash_escapes, tokens);
  const Tokens all(tokens);
  if (defines_program(all)) return effects;
  std::size_t begin = 0;
  bool first = true;
  while (begin < all.size()) {
    std::size_t end = begin;
    while (end < all.size() && !all[end].is_symbol(';')) ++end;
    // An empty statement, as after a final semicolon, is none.
    if (end > begin) {
      if (!first) effects.single = false;
      Reader(all.subspan(begin, end - begin), text, first, effects).read();
      first = false;
    }
    begin = end + 1;
  }
  if (!effects.single) effects.only_reads_diagnostics = false;
  return effects;
}

}  // namespace flyover::proxy
