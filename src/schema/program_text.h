#pragma once
// The parts of what SHOW CREATE PROCEDURE, FUNCTION, TRIGGER and EVENT print.

#include <string>
#include <string_view>
#include <vector>

#include "schema/model.h"

namespace flyover::schema {

/// All but the definer, the names and an event's status. The server prints names and its own words
/// in UTF-8; what the user wrote is in the program's character set.
struct ProgramText {
  /// Triggers: from behind the name to the table's name. Events: to the status (ENABLE, DISABLE).
  std::string before_target{};
  std::string parameters{};  ///< routines, in parentheses, as the user wrote them
  /// Printed by the server: a routine's result and characteristics, an event's comment.
  std::string printed{};
  std::string body{};  ///< as the user wrote it, from FOR EACH ROW or DO on
};

/// Takes the statement apart. Throws when it is not what SHOW CREATE prints for that kind.
ProgramText read_program(const Program& program);

/// The parameters of a routine whose types do not say a character set or a collation.
std::vector<std::string> plain_parameters(const Program& routine);

/// "A,B" as {"A", "B"}.
std::vector<std::string> split_modes(std::string_view sql_mode);

}  // namespace flyover::schema
