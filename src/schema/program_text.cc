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
  // Everything from byte `from` to the current token, and from the current token to the end.
  std::string_view text_from(std::size_t from) const {
    return std::string_view(program_.create_sql).substr(from, offset() - from);
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

ProgramText read_trigger(Reader& reader) {
  const std::size_t begin = reader.end_of_previous();
  while (!reader.at_word("ON")) reader.next();
  reader.next();
  ProgramText text;
  text.before_target = reader.text_from(begin);
  reader.name();
  text.rest = std::string(1, ' ');
  return text;
}

ProgramText read_event(Reader& reader) {
  const std::size_t begin = reader.end_of_previous();
  while (!reader.at_word("ENABLE") && !reader.at_word("DISABLE")) {
    if (reader.at_word("DO")) reader.fail();
    reader.next();
  }
  ProgramText text;
  text.before_target = reader.text_from(begin);
  const bool disable = reader.at_word("DISABLE");
  reader.next();
  if (disable && reader.at_word("ON")) {
    reader.next();
    reader.next();
  }
  text.rest = std::string(1, ' ');
  return text;
}

}  // namespace

ProgramText read_program(const Program& program) {
  Reader reader(program);
  skip_to_name(reader, program.kind);
  reader.name();
  ProgramText text;
  if (program.kind == ProgramKind::trigger) text = read_trigger(reader);
  if (program.kind == ProgramKind::event) text = read_event(reader);
  const std::size_t offset = text.rest.empty() ? reader.end_of_previous() : reader.offset();
  text.rest += std::string_view(program.create_sql).substr(offset);
  return text;
}

std::vector<std::string> plain_parameters(const Program& routine) {
  static const std::set<std::string> kDirections = {"IN", "OUT", "INOUT"};
  static const std::set<std::string> kCharsets = {"CHARACTER", "CHARSET", "COLLATE", "ASCII",
                                                  "UNICODE",   "BYTE",    "BINARY",  "NATIONAL",
                                                  "NCHAR",     "NVARCHAR"};
  const std::string rest = read_program(routine).rest;
  const bool ansi_quotes = routine.sql_mode.find("ANSI_QUOTES") != std::string::npos;
  std::vector<std::string> names;
  std::string name;
  bool plain = true;
  int depth = 0;
  const auto end_parameter = [&] {
    if (!name.empty() && plain) names.push_back(name);
    name.clear();
    plain = true;
  };
  for (const Token& token : tokenize(rest, ansi_quotes)) {
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
