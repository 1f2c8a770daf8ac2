#pragma once
// What a statement of the application does to its session, as far as a move must know. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flyover::proxy {

/// Names are in lower case, except those of user locks. A list may hold too much (a variable that
/// is only read), never too little; what could not be understood is in `unclassified`.
struct StatementEffects {
  bool single = true;  ///< one statement only; false for a text with several

  std::vector<std::string> session_variables{};        ///< set, to be carried by value
  std::vector<std::string> session_variables_reset{};  ///< set to DEFAULT
  std::vector<std::string> user_variables{};

  std::vector<std::string> temporary_tables_created{};
  std::vector<std::string> tables_dropped{};
  std::vector<std::string> handlers_opened{};
  std::vector<std::string> handlers_closed{};
  std::vector<std::string> statements_prepared{};  ///< PREPARE name FROM
  std::vector<std::string> statements_deallocated{};
  std::vector<std::string> locks_taken{};  ///< GET_LOCK(); "" when the name is not a literal
  std::vector<std::string> locks_released{};
  bool all_locks_released = false;
  bool locks_tables = false;
  bool unlocks_tables = false;

  bool next_transaction_only = false;  ///< SET TRANSACTION without SESSION
  bool ends_transaction_setting = false;
  bool begins_xa = false;
  bool ends_xa = false;
  bool calls_routine = false;

  /// Needs FOUND_ROWS(), ROW_COUNT(), warnings or the diagnostics area of the statement before.
  bool reads_diagnostics = false;
  /// ... and does nothing else, so that it may run on the old server.
  bool only_reads_diagnostics = false;
  /// Leaves something that such a statement would ask for.
  bool leaves_diagnostics = false;

  std::string unclassified{};  ///< why the session can not be moved any more

  /// KILL [CONNECTION|QUERY] <number>: where the number stands in the text.
  struct Kill {
    std::uint64_t connection_id = 0;
    std::size_t at = 0;
    std::size_t size = 0;
  };
  std::optional<Kill> kill{};

  /// True when a session is the same after it as before.
  bool leaves_state_alone() const;
};

/// `backslash_escapes`: false in a session with NO_BACKSLASH_ESCAPES.
StatementEffects read_statement(std::string_view text, bool backslash_escapes);

}  // namespace flyover::proxy
