#include "base/lane_controller.h"

#include <algorithm>

namespace flyover::base {
namespace {

// One more has to bring this much, because each costs both servers a session.
constexpr double kGain = 1.08;
// One fewer may cost this much.
constexpr double kLoss = 0.98;
constexpr unsigned kPatienceMax = 16;

}  // namespace

LaneController::LaneController(unsigned least, unsigned most)
    : least_(std::max(1U, least)), most_(std::max(least_, most)), lanes_(least_) {}

void LaneController::observe(double rate) {
  switch (trial_) {
    case Trial::none:
      if (rest_ > 0) {
        --rest_;
      } else {
        begin_trial(rate);
      }
      break;
    case Trial::more:
      rate >= before_* kGain ? keep(rate) : go_back();
      break;
    case Trial::fewer:
      rate >= before_* kLoss ? keep(rate) : go_back();
      break;
  }
}

void LaneController::begin_trial(double rate) {
  if (least_ == most_) return;
  // Nothing passed: the job waits for something else.
  if (rate <= 0) return;
  const bool more = lanes_ == least_ || (more_next_ && lanes_ < most_);
  before_ = rate;
  trial_ = more ? Trial::more : Trial::fewer;
  more ? ++lanes_ : --lanes_;
}

/// And goes on in the same direction, from here.
void LaneController::keep(double rate) {
  more_next_ = trial_ == Trial::more;
  trial_ = Trial::none;
  patience_ = 1;
  begin_trial(rate);
}

void LaneController::go_back() {
  trial_ == Trial::more ? --lanes_ : ++lanes_;
  more_next_ = trial_ != Trial::more;
  trial_ = Trial::none;
  rest_ = patience_;
  patience_ = std::min(patience_ * 2, kPatienceMax);
}

}  // namespace flyover::base
