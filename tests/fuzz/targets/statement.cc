// A statement of the application, as the endpoint reads it. Input: options, the text.

#include "proxy/statement.h"

#include "fuzz_target.h"
#include "proxy/tokenizer.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(statement) {
  const std::uint8_t options = fuzz::take_byte(input);
  const bool backslash_escapes = (options & 1) != 0;
  std::vector<proxy::Token> tokens;
  proxy::tokenize(input, backslash_escapes, tokens);
  for (const proxy::Token& token : tokens) {
    fuzz::touch(token.text);
    FLYOVER_EXPECT(token.text.empty() ||
                   (token.text.data() >= input.data() &&
                    token.text.data() + token.text.size() <= input.data() + input.size()));
  }
  const proxy::StatementEffects effects = proxy::read_statement(input, backslash_escapes);
  if (effects.kill) FLYOVER_EXPECT(effects.kill->at + effects.kill->size <= input.size());
  // Pieces of a long text tell the same as the whole.
  proxy::LongTextScanner whole(backslash_escapes);
  whole.feed(input);
  proxy::LongTextScanner pieces(backslash_escapes);
  const std::size_t step = 1 + (options >> 1U);
  for (std::string_view left = input; !left.empty();) pieces.feed(fuzz::take(left, step));
  FLYOVER_EXPECT(whole.suspicious() == pieces.suspicious());
}
