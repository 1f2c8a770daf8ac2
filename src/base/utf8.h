#pragma once
// Bytes that may be text.

#include <string>
#include <string_view>

namespace flyover::base {

/// True when the bytes are well-formed UTF-8.
bool is_utf8(std::string_view bytes);

/// At most `bytes_max` of the bytes as UTF-8 text for messages and logs; an ellipsis stands for the
/// rest. Control characters, and all bytes outside of ASCII where they are not UTF-8, come as \xNN.
std::string excerpt(std::string_view bytes, std::size_t bytes_max);

}  // namespace flyover::base
