#pragma once
// The route on disk: which side the application's endpoint leads to. Written by the controller at
// the flip and by the proxy when a hold takes too long; compare-and-set decides between the two.

#include <cstdint>
#include <filesystem>

#include "base/error.h"
#include "base/result.h"

namespace flyover::net {

/// `epoch` grows by one with every change; `active` is Side::source or Side::target.
struct Route {
  std::uint64_t epoch = 0;
  base::Side active = base::Side::source;
  bool operator==(const Route&) const = default;
};

/// `<state_dir>/route.json`, {"epoch":n,"active":"source"|"target"}. Stateless: any number of
/// processes and threads may use the same directory.
class RouteFile {
 public:
  explicit RouteFile(std::filesystem::path state_dir);

  /// The route; {0, source} when there is no file yet.
  /// Errors: "route.unreadable" when the file can not be read or is malformed.
  base::Result<Route> read() const;

  /// Durably replaces the route by {expected_epoch + 1, active} if its epoch is `expected_epoch`.
  /// Returns the new route. Errors: "route.conflict" (the epoch is another one; nothing was
  /// changed), "route.unreadable", "route.unwritable" (unknown whether it was changed: read()).
  base::Result<Route> compare_and_set(std::uint64_t expected_epoch, base::Side active) const;

 private:
  std::filesystem::path directory_;
  std::filesystem::path file_;
};

}  // namespace flyover::net
