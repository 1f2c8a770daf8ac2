#pragma once
// The options as data: the parser, the help text and the reference page all come from this table.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace flyover::config {

enum class OptionType { text, integer, text_list, secret, choice, users };

/// One key of the configuration file.
struct Option {
  std::string key{};  ///< "section.key", or "key" at the top
  OptionType type = OptionType::text;
  std::string unit{};           ///< "ms", "bytes", "" …
  std::string default_value{};  ///< as it would stand in the file; "" with required = false: empty
  bool required = false;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
  bool or_zero = false;  ///< 0 is below the minimum and has a meaning of its own
  std::vector<std::string> choices{};
  std::string doc{};

  /// Where the value goes; the alternative in use follows from `type`.
  std::variant<std::function<std::string&(Config&)>, std::function<std::int64_t&(Config&)>,
               std::function<std::vector<std::string>&(Config&)>,
               std::function<base::Secret&(Config&)>,
               std::function<std::vector<ProxyUser>&(Config&)>>
      field{};
};

const std::vector<Option>& options();

/// "1 to 64 ms", "1 to 64, or 0": of an integer.
std::string range_text(const Option& option);

/// The reference of all options, for people: one paragraph each, grouped by section.
std::string reference();

}  // namespace flyover::config
