#pragma once
// What a thread knows of the parallel loop that it works in.

#include <pupil/core/cpp20.hpp>

namespace pupil::detail {

struct ThisThread {
  int threads = 0;  ///< how many its loops use; 0: as many as the process has at first
  int number = 0;   ///< which of the loop's threads it is
  bool inside = false;
};

inline constinit thread_local ThisThread this_thread;

/// The calling thread is one of a loop's threads for as long as this lives.
class InsideLoop {
 public:
  InsideLoop(int threads, int number) { this_thread = {threads, number, true}; }
  ~InsideLoop() { this_thread = before_; }
  InsideLoop(const InsideLoop&) = delete;
  InsideLoop& operator=(const InsideLoop&) = delete;

 private:
  ThisThread before_ = this_thread;
};

}  // namespace pupil::detail
