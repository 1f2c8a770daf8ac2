#pragma once
// A password. Prints as "***"; reveal() is the only way to the text, so every use can be found.

#include <ostream>
#include <string>
#include <utility>

namespace flyover::base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) {
  return out << "***";
}

}  // namespace flyover::base
