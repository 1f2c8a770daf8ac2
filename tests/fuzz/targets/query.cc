// The body of a query event with its status variables, and what its text means for transactions.

#include "binlog/control_events.h"
#include "fuzz_target.h"
#include "stream/statement_kind.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(query) {
  const bool load = (fuzz::take_byte(input) & 1) != 0;
  const auto query =
      load ? binlog::parse_execute_load_query(input, {}) : binlog::parse_query(input, {});
  if (!query) return;
  fuzz::touch(query->schema);
  fuzz::touch(query->context.time_zone);
  fuzz::touch(query->context.catalog);
  fuzz::touch(query->context.invoker_user);
  fuzz::touch(query->context.invoker_host);
  const stream::Statement statement = stream::classify_statement(query->sql);
  FLYOVER_EXPECT(statement.name.size() <= query->sql.size());
}
