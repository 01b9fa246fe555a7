#include "ranks.hpp"

#include <algorithm>
#include <cstdlib>

#include <pupil/core/parallel.hpp>

#include "../common/interruption.hpp"

namespace captioner {

void share_processors(const Ranks& ranks) {
  if (std::getenv("OMP_NUM_THREADS") != nullptr) return;
  const auto sharing = static_cast<int>(ranks.sharing_processors());
  if (sharing > 1) pupil::set_num_threads(std::max(1, pupil::num_threads() / sharing));
}

void stop_together(const Ranks& ranks) {
  const int signal = std::ranges::max(gather_values(ranks, std::vector{noted_interruption()}));
  if (signal == 0) return;  // one that has come meanwhile is for the next time: the others do not know of it
  note_interruption(signal);
  throw Interrupted();
}

}  // namespace captioner
