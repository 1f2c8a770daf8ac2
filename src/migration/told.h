#pragma once
// How work that waits for something tells the status so.

#include <functional>
#include <string>
#include <utility>

namespace flyover::migration {

/// Called with what is waited for and, where somebody can, how to end it; and with the empty string
/// when nothing is waited for any more. May be null. Must not throw.
using Told = std::function<void(const std::string&)>;

/// Takes back at its end what was told.
class Telling {
 public:
  explicit Telling(Told told) : told_(std::move(told)) {}
  ~Telling() {
    if (telling_) told_("");
  }
  Telling(const Telling&) = delete;
  Telling& operator=(const Telling&) = delete;

  void tell(const std::string& what) {
    if (!told_) return;
    telling_ = true;
    told_(what);
  }

 private:
  Told told_;
  bool telling_ = false;
};

}  // namespace flyover::migration
