#pragma once
// How many sessions a bulk job should use, found by trying: one more, or one fewer, and a look at
// what passes.

namespace flyover::base {

/// A hill climber. Pure: time and rates come from outside. Not thread-safe.
class LaneController {
 public:
  /// Begins with `least` lanes and stays between it and `most`.
  LaneController(unsigned least, unsigned most);

  /// How many lanes should work now.
  unsigned lanes() const { return lanes_; }
  /// What passed in an interval in which lanes() worked, in any unit per second.
  void observe(double rate);

 private:
  enum class Trial { none, more, fewer };

  void begin_trial(double rate);
  void keep(double rate);
  void go_back();

  const unsigned least_;
  const unsigned most_;
  unsigned lanes_;
  Trial trial_ = Trial::none;
  bool more_next_ = true;
  double before_ = 0;  ///< the rate before the trial
  unsigned rest_ = 0;  ///< intervals until the next trial
  unsigned patience_ = 1;
};

}  // namespace flyover::base
