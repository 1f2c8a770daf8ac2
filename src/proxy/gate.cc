#include "proxy/gate.h"

#include <fmt/format.h>

namespace flyover::proxy {
namespace {

base::Error stale(std::uint64_t asked, std::uint64_t ours, base::Side side) {
  return {.code = "proxy.stale_epoch",
          .side = base::Side::endpoint,
          .action = base::Action::fail,
          .message = fmt::format("the endpoint is at epoch {} ({}), the request is for epoch {}",
                                 ours, base::to_string(side), asked),
          .hint = "read the route again; somebody else changed it"};
}

}  // namespace

base::Result<bool> Gate::hold(std::uint64_t epoch, Clock::time_point now,
                              std::chrono::milliseconds limit, std::chrono::milliseconds max_hold) {
  if (epoch != epoch_) return stale(epoch, epoch_, active_);
  if (!holding_) held_since_ = now;
  holding_ = true;
  limit_at_ = now + limit;
  expires_at_ = now + max_hold;
  return true;
}

base::Result<bool> Gate::release(base::Side side, std::uint64_t epoch) {
  if (epoch < epoch_ || (epoch == epoch_ && side != active_)) return stale(epoch, epoch_, active_);
  active_ = side;
  epoch_ = epoch;
  holding_ = false;
  return true;
}

}  // namespace flyover::proxy
