// A prepared XA transaction holds locks and rows that are neither committed nor gone.

#include <fmt/format.h>

#include "assess/registry.h"

namespace flyover::assess {

void check_prepared_transactions(CheckContext& context) {
  const db::Table rows = context.source.connection.query("XA RECOVER");
  if (rows.empty()) return;
  context.blocker("source",
                  fmt::format("{} XA transactions are prepared and neither committed nor rolled "
                              "back",
                              rows.rows.size()),
                  "XA RECOVER; then XA COMMIT or XA ROLLBACK for each, by whoever owns them");
}

}  // namespace flyover::assess
