#include <fmt/format.h>

#include "assess/lost_functions.h"
#include "assess/registry.h"

namespace flyover::assess {

void check_functions(CheckContext& context) {
  LostFunctions functions(context.source.connection, context.target.connection);
  for (const schema::Program& program : context.catalog.programs) {
    for (const std::string& name : functions.called_by(program)) {
      context.blocker(
          program.name.to_string(),
          fmt::format("it calls {}(), which the target does not have; it would fail when it runs",
                      name),
          fmt::format("rewrite or drop it on the source, exclude it in [tables], or add {}() to "
                      "the target (MD5(), SHA() and SHA1() by INSTALL COMPONENT "
                      "'file://component_classic_hashing')",
                      name));
    }
  }
}

}  // namespace flyover::assess
