#pragma once
// Values in reports, for people.

#include <optional>
#include <string>
#include <string_view>

namespace flyover::verify {

/// A value shortened to a few dozen bytes from `from` on: 'text' when it is printable UTF-8, else
/// 0x…, with its length when something was left out; "NULL".
std::string value_text(const std::optional<std::string_view>& value, std::size_t from = 0);

/// Where both begin to differ; 0 when one is NULL.
std::size_t first_difference(const std::optional<std::string_view>& a,
                             const std::optional<std::string_view>& b);

}  // namespace flyover::verify
