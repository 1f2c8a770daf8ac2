#pragma once
// The parts of what SHOW CREATE PROCEDURE, FUNCTION, TRIGGER and EVENT print.

#include <string>
#include <string_view>
#include <vector>

#include "schema/model.h"

namespace flyover::schema {

struct ProgramText {
  /// Triggers: from behind the name to the table's name. Events: to the status (ENABLE, DISABLE).
  std::string before_target{};
  /// What follows: behind the name, the table's name or the status.
  std::string rest{};
};

/// Takes the statement apart. Throws when it is not what SHOW CREATE prints for that kind.
ProgramText read_program(const Program& program);

/// The parameters of a routine whose types do not say a character set or a collation.
std::vector<std::string> plain_parameters(const Program& routine);

/// "A,B" as {"A", "B"}.
std::vector<std::string> split_modes(std::string_view sql_mode);

}  // namespace flyover::schema
