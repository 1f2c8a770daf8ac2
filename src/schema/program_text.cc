#include "schema/program_text.h"

#include <fmt/format.h>

#include <set>

#include "base/error.h"
#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

// Walks the tokens that carry meaning.
class Reader {
 public:
  explicit Reader(const Program& program)
      : program_(program),
        tokens_(tokenize(program.create_sql,
                         program.sql_mode.find("ANSI_QUOTES") != std::string::npos)) {
    skip();
  }

  bool done() const { return at_ == tokens_.size(); }
  const Token& token() const {
    if (done()) fail();
    return tokens_[at_];
  }
  bool at_word(std::string_view word) const { return !done() && is_word(tokens_[at_], word); }
  void next() {
    token();
    ++at_;
    skip();
  }
  // A name of one or two parts.
  void name() {
    next();
    if (!done() && token().text == ".") {
      next();
      next();
    }
  }
  std::string_view text_between(std::size_t from, std::size_t to) const {
    return std::string_view(program_.create_sql).substr(from, to - from);
  }
  std::size_t offset() const {
    return done() ? program_.create_sql.size()
                  : static_cast<std::size_t>(tokens_[at_].text.data() - program_.create_sql.data());
  }
  // Offset behind the previous meaningful token.
  std::size_t end_of_previous() const { return end_of_previous_; }

  [[noreturn]] void fail() const {
    base::throw_error({.code = "schema.unknown_program_text",
                       .message = fmt::format("the definition of {} can not be read: {}",
                                              program_.name.to_string(), program_.create_sql)});
  }

 private:
  void skip() {
    if (at_ > 0) {
      const std::string_view last = tokens_[at_ - 1].text;
      end_of_previous_ =
          static_cast<std::size_t>(last.data() + last.size() - program_.create_sql.data());
    }
    while (at_ < tokens_.size() &&
           (tokens_[at_].kind == TokenKind::space || tokens_[at_].kind == TokenKind::comment)) {
      ++at_;
    }
  }

  const Program& program_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t end_of_previous_ = 0;
};

std::string_view kind_word(ProgramKind kind) {
  switch (kind) {
    case ProgramKind::procedure:
      return "PROCEDURE";
    case ProgramKind::function:
      return "FUNCTION";
    case ProgramKind::trigger:
      return "TRIGGER";
    case ProgramKind::event:
      return "EVENT";
  }
  return "";
}

void skip_to_name(Reader& reader, ProgramKind kind) {
  if (!reader.at_word("CREATE")) reader.fail();
  while (!reader.at_word(kind_word(kind))) reader.next();
  reader.next();
  if (reader.at_word("IF")) {
    reader.next();
    reader.next();
    reader.next();
  }
}

// From behind the name to the table's name.
std::string read_until_table(Reader& reader) {
  const std::size_t begin = reader.end_of_previous();
  while (!reader.at_word("ON")) reader.next();
  reader.next();
  std::string text(reader.text_between(begin, reader.offset()));
  reader.name();
  return text;
}

// From behind the name to the status. ON COMPLETION NOT PRESERVE is what an event has anyway, and
// new servers do not read it where the sql_mode has HIGH_NOT_PRECEDENCE.
std::string read_until_status(Reader& reader) {
  const std::size_t begin = reader.end_of_previous();
  std::size_t default_from = 0;
  while (!reader.at_word("ENABLE") && !reader.at_word("DISABLE")) {
    if (reader.at_word("DO")) reader.fail();
    const std::size_t before = reader.end_of_previous();
    const bool on = reader.at_word("ON");
    reader.next();
    if (!on || !reader.at_word("COMPLETION")) continue;
    reader.next();
    if (reader.at_word("NOT")) default_from = before;
  }
  const std::string_view text =
      reader.text_between(begin, default_from > 0 ? default_from : reader.offset());
  const bool disable = reader.at_word("DISABLE");
  reader.next();
  if (disable && reader.at_word("ON")) {
    reader.next();
    reader.next();
  }
  return std::string(text) + (default_from > 0 ? " " : "");
}

// The server prints these literals with backslashes even for a program whose sql_mode takes a
// backslash as it stands. As such a session reads it.
std::string without_backslashes(std::string_view literal) {
  std::string out = "'";
  for (const char c : unquote_string(literal)) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

// Characters of two bytes, whose second may be a quote or a backslash, as letters.
std::string without_wide_characters(std::string_view text, std::string_view charset) {
  const bool shift_jis = charset == "sjis" || charset == "cp932";
  if (!shift_jis && charset != "big5" && charset != "gbk" && charset != "gb18030") {
    return std::string(text);
  }
  std::string out(text);
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    const auto lead = static_cast<unsigned char>(out[i]);
    const bool wide = lead > 0x80 && lead < 0xff && !(shift_jis && lead > 0x9f && lead < 0xe0);
    if (!wide || static_cast<unsigned char>(out[i + 1]) < 0x40) continue;
    out[i] = out[i + 1] = 'x';
    ++i;
  }
  return out;
}

std::size_t parameters_end(std::string_view text, bool ansi_quotes) {
  int depth = 0;
  for (const Token& token : tokenize(text, ansi_quotes)) {
    if (token.text == "(") ++depth;
    if (token.text == ")" && --depth == 0) {
      return static_cast<std::size_t>(token.text.data() + 1 - text.data());
    }
  }
  return text.size();
}

// The server prints a result and each characteristic behind the parameters, one to a line and
// indented; the body begins a line of its own.
std::size_t body_begin(std::string_view text, bool ansi_quotes) {
  int depth = 0;
  for (const Token& token : tokenize(text, ansi_quotes)) {
    if (token.text == "(") ++depth;
    if (token.text == ")") --depth;
    const bool line = token.kind == TokenKind::space && token.text.starts_with('\n');
    if (depth == 0 && line && !token.text.starts_with("\n    ")) {
      return static_cast<std::size_t>(token.text.data() - text.data());
    }
  }
  return text.size();
}

std::size_t find_do(std::string_view text, bool ansi_quotes) {
  for (const Token& token : tokenize(text, ansi_quotes)) {
    if (is_word(token, "DO")) return static_cast<std::size_t>(token.text.data() - text.data());
  }
  return text.size();
}

bool has_mode(const Program& program, std::string_view mode) {
  return program.sql_mode.find(mode) != std::string::npos;
}

std::string printed_as_parsed(std::string_view printed, const Program& program) {
  if (!has_mode(program, "NO_BACKSLASH_ESCAPES")) return std::string(printed);
  std::string out;
  for (const Token& token : tokenize(printed)) {
    out +=
        token.kind == TokenKind::string ? without_backslashes(token.text) : std::string(token.text);
  }
  return out;
}

}  // namespace

ProgramText read_program(const Program& program) {
  Reader reader(program);
  skip_to_name(reader, program.kind);
  reader.name();
  ProgramText text;
  const bool ansi_quotes = has_mode(program, "ANSI_QUOTES");
  const std::string_view sql = program.create_sql;
  switch (program.kind) {
    case ProgramKind::trigger:
      text.before_target = read_until_table(reader);
      text.body = " " + std::string(sql.substr(reader.offset()));
      break;
    case ProgramKind::event: {
      text.before_target = read_until_status(reader);
      const std::string_view rest = sql.substr(reader.offset());
      const std::size_t body = find_do(rest, ansi_quotes);
      text.printed = " " + printed_as_parsed(rest.substr(0, body), program);
      text.body = rest.substr(body);
      break;
    }
    case ProgramKind::procedure:
    case ProgramKind::function: {
      const std::string_view rest = sql.substr(reader.end_of_previous());
      const std::string narrow = without_wide_characters(rest, program.client_charset);
      text.parameters = rest.substr(0, parameters_end(narrow, ansi_quotes));
      const std::string_view behind = rest.substr(text.parameters.size());
      const std::size_t body = body_begin(behind, ansi_quotes);
      text.printed = printed_as_parsed(behind.substr(0, body), program);
      text.body = behind.substr(body);
      break;
    }
  }
  return text;
}

std::vector<std::string> plain_parameters(const Program& routine) {
  static const std::set<std::string> kDirections = {"IN", "OUT", "INOUT"};
  static const std::set<std::string> kCharsets = {"CHARACTER", "CHARSET", "COLLATE", "ASCII",
                                                  "UNICODE",   "BYTE",    "BINARY",  "NATIONAL",
                                                  "NCHAR",     "NVARCHAR"};
  const std::string parameters = read_program(routine).parameters;
  std::vector<std::string> names;
  std::string name;
  bool plain = true;
  int depth = 0;
  const auto end_parameter = [&] {
    if (!name.empty() && plain) names.push_back(name);
    name.clear();
    plain = true;
  };
  for (const Token& token : tokenize(parameters, has_mode(routine, "ANSI_QUOTES"))) {
    if (token.kind == TokenKind::space || token.kind == TokenKind::comment) continue;
    const bool word = token.kind == TokenKind::word;
    if (token.text == "(") {
      ++depth;
    } else if (token.text == ")") {
      if (--depth == 0) break;
    } else if (depth == 1 && token.text == ",") {
      end_parameter();
    } else if (name.empty()) {
      if (!word || !kDirections.contains(to_upper(token.text))) name = token_name(token);
    } else if (word && kCharsets.contains(to_upper(token.text))) {
      plain = false;
    }
  }
  end_parameter();
  return names;
}

std::vector<std::string> split_modes(std::string_view sql_mode) {
  std::vector<std::string> modes;
  for (std::size_t at = 0; at < sql_mode.size();) {
    const std::size_t end = std::min(sql_mode.find(',', at), sql_mode.size());
    if (end > at) modes.emplace_back(sql_mode.substr(at, end - at));
    at = end + 1;
  }
  return modes;
}

}  // namespace flyover::schema
