// A server does not tell how much room its disk has, so this says what will be needed.

#include <fmt/format.h>

#include "assess/registry.h"
#include "base/units.h"

namespace flyover::assess {

void check_space(CheckContext& context) {
  const std::uint64_t data = context.data_bytes();
  const std::uint64_t indexes = context.index_bytes();
  const std::string logs =
      context.target.is_on("log_bin")
          ? fmt::format(" and about {} for its binary log of the load", base::format_bytes(data))
          : std::string();
  context.notice("target",
                 fmt::format("the selected {} tables hold {} of rows and {} of indexes on the "
                             "source, as it estimates them; the target needs about that{}. How "
                             "much room its disk has can not be asked over SQL",
                             context.catalog.tables.size(), base::format_bytes(data),
                             base::format_bytes(indexes), logs),
                 fmt::format("compare with the free space of {}",
                             context.target.variable("datadir").value_or("its data directory")));
}

}  // namespace flyover::assess
